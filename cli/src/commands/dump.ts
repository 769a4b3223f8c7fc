import { open } from 'node:fs/promises';
import { EXPLICIT_VR_LITTLE_ENDIAN, walkFile, walkStream, type WalkedToken } from '@viaduct/dicom/part10';
import { defineCommand } from '../command.ts';
import { dumpJson } from '../dumpJson.ts';
import { dumpLines } from '../dumpText.ts';
import { line, write } from '../output.ts';

/** Preamble and prefix (PS3.10 §7.1). */
const PREFIX_BYTES = 132;
/** Longest value that `--full` shows, in bytes. */
const FULL_BYTES = 16 * 1024 * 1024;

/** The elements of the file meta information; none where a file has none. */
async function* metaTokens(path: string): AsyncGenerator<WalkedToken> {
  for await (const first of walkFile(path)) {
    if (first.kind !== 'meta' || first.dataSetOffset <= PREFIX_BYTES) return;
    await using file = await open(path, 'r');
    const stream = file.createReadStream({ start: PREFIX_BYTES, end: first.dataSetOffset - 1, autoClose: false });
    yield* walkStream(stream, { transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN });
    return;
  }
}

export default defineCommand({
  usage: 'dump FILE [--json]',
  help: `Prints the file meta information and the data set of a DICOM file as it reads it: of a broken file, what comes before the
break. Long values are passed over, their place is said.`,
  positionals: [1, 1],
  options: {
    full: { type: 'boolean', help: 'prints values of up to 16 MB whole' },
    json: { type: 'boolean', help: 'prints the data set in the DICOM JSON Model (PS3.18 §F)' },
  },
  async run({ positionals: [file = ''], values: { full, json }, signal }) {
    const tokens = walkFile(file, { signal, ...(full && { maxValueBytes: FULL_BYTES }) });
    if (json) {
      for await (const text of dumpJson(tokens, file)) await write(text);
      return;
    }
    for await (const text of dumpLines(metaTokens(file), { full })) await line(text);
    await line('');
    for await (const text of dumpLines(tokens, { full })) await line(text);
  },
});
