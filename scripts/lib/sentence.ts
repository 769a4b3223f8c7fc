/** Something a person has to mend, said in one sentence; ends the command without a stack trace. */
export class Sentence extends Error {
  override readonly name = 'Sentence';
}

/** Runs a command's main function and turns its failures into one line on the terminal. */
export async function command(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Sentence ? `viaduct: ${error.message}` : error);
    process.exitCode = 1;
  } finally {
    // The channel to the bootstrap would keep this process alive.
    process.disconnect?.();
  }
}

/** Progress on the terminal. */
export function say(line: string): void {
  console.log(`viaduct: ${line}`);
}
