import { readFileSync } from 'node:fs';
import { COMMANDS } from './commands.ts';
import { sentenceOf, UsageError } from './failure.ts';
import { note } from './output.ts';

const EXIT = { done: 0, failed: 1, misused: 2 } as const;

function overview(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(9)}${summary}`);
  return `Usage: viaduct COMMAND …\n\n${rows.join('\n')}\n\nMore about one: viaduct COMMAND --help\n`;
}

function version(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** SIGINT and SIGTERM ask a command to end in order; the second one ends it at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

async function main([name = '--help', ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === 'help') {
    process.stdout.write(overview());
    return process.argv.length > 2 ? EXIT.done : EXIT.misused;
  }
  if (name === '--version') {
    process.stdout.write(`${version()}\n`);
    return EXIT.done;
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) {
    note(`viaduct: there is no command ${name}\n\n${overview()}`);
    return EXIT.misused;
  }
  const command = (await entry.load()).default;
  try {
    await command.run(args, stopSignal());
    return EXIT.done;
  } catch (error) {
    note(`viaduct ${name}: ${sentenceOf(error)}`);
    if (!(error instanceof UsageError)) return EXIT.failed;
    note(`Usage: viaduct ${command.usage}`);
    return EXIT.misused;
  }
}

// The reader of a pipe has gone (`viaduct find … | head`): nobody is left to tell.
process.stdout.on('error', () => process.exit(EXIT.failed));
const code = await main(process.argv.slice(2));
// What lingers after the end, a socket that waits for the last word of a peer, shall keep nobody waiting; what has been
// written has to go out before.
process.stdout.write('', () => process.exit(code));
