import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  DeidError,
  type InstanceRecord,
  type Profile,
  changeRecorder,
  previewer,
  profileWarnings,
  reportPage,
  studyReports,
} from '@viaduct/deid';
import { Part10Error } from '@viaduct/dicom/part10';
import { type Call, defineCommand, required } from '../command.ts';
import { Deidentifier } from '../deidentify/deidentifier.ts';
import { profileOf, secretOf } from '../deidentify/settings.ts';
import { writeInstance } from '../deidentify/writeInstance.ts';
import { Failure, UsageError, sentenceOf } from '../failure.ts';
import { filesOf } from '../files.ts';
import { outFolder } from '../incoming.ts';
import { Progress, counted, line, note } from '../output.ts';

const OPTIONS = {
  out: { type: 'string', value: 'DIR', help: 'folder for the new files; made if it is missing' },
  profile: {
    type: 'string',
    value: 'NAME|FILE',
    default: 'research',
    help: 'basic, research, full-dates, minimal, adit-compatible, or a profile in JSON',
  },
  secret: { type: 'string', value: 'HEX', help: "the project's secret, at least 16 bytes" },
  'secret-file': {
    type: 'string',
    value: 'FILE',
    help: 'the same, in a file: others cannot see it in the process list',
  },
  pseudonym: { type: 'string', value: 'ID', help: 'pseudonym of the one patient; default: made from the patient ID' },
  report: { type: 'string', value: 'FILE', help: 'writes what was done, without values; a page if it ends with .html' },
  preview: { type: 'string', value: 'FILE', help: 'prints before, after and rule for each element of a file instead' },
  json: { type: 'boolean', help: 'prints one JSON object per file' },
} as const;
type DeidCall = Call<typeof OPTIONS>;

/** What became of an input. */
type Result =
  | { readonly file: string; readonly out: string; readonly sopInstanceUID: string; readonly outcome: 'written' }
  | { readonly file: string; readonly outcome: 'held' | 'excluded' | 'quarantined'; readonly cause: string };

export default defineCommand({
  usage: 'deid PATH … --out DIR [options]',
  help: `De-identifies files and folders (PS3.15 Annex E) as a job with the same secret and profile does. Each file comes out once, as
<SOPInstanceUID>.dcm in the folder that it was in, whose name stays: see that it names nobody. What cannot be read, and images in which names may be burned, are named and not written.`,
  positionals: [0, Number.MAX_SAFE_INTEGER],
  options: OPTIONS,
  async run(call) {
    const { positionals, values, signal } = call;
    const profile = await profileOf(values.profile);
    for (const warning of profileWarnings(profile)) note(`profile ${profile.id}: ${warning}`);
    const deidentifier = new Deidentifier(
      await secretOf(values.secret, values['secret-file']),
      profile,
      values.pseudonym,
    );
    if (values.preview !== undefined) return preview(values.preview, deidentifier, call);
    if (positionals.length === 0) throw new UsageError('an argument is missing');
    const out = await outFolder(required('--out', values.out));
    const run = new Run(deidentifier, out, values.report !== undefined, signal);
    using progress = new Progress();
    for await (const file of inputsOf(positionals)) {
      signal.throwIfAborted();
      const result = await run.take(file);
      if (result === undefined) continue;
      if (values.json) await line(JSON.stringify(result));
      else if (result.outcome === 'written') await line(result.out);
      if (result.outcome !== 'written') note(`${result.file}: ${result.outcome}: ${result.cause}`);
      progress.show(`${run.written} written, ${run.left} not`);
    }
    if (values.report !== undefined) await writeReport(values.report, run.records, profile);
    note(`${counted(run.written, 'file')} written, ${run.left} not; profile ${profile.id} ${profile.version}`);
    if (run.left > 0) throw new Failure(`${counted(run.left, 'file')} not written`);
    if (run.written === 0) throw new Failure('no DICOM file there');
  },
});

interface Input {
  readonly path: string;
  /** Folder relative to what was named. */
  readonly folder: string;
  readonly isNamed: boolean;
}

async function* inputsOf(paths: readonly string[]): AsyncGenerator<Input> {
  for (const given of paths) {
    for await (const { path: file, isNamed } of filesOf([given])) {
      yield { path: file, isNamed, folder: isNamed ? '' : path.dirname(path.relative(given, file)) };
    }
  }
}

class Run {
  readonly records: InstanceRecord[] = [];
  written = 0;
  left = 0;
  readonly #deidentifier: Deidentifier;
  readonly #out: string;
  readonly #isRecorded: boolean;
  readonly #signal: AbortSignal;
  readonly #names = new Map<string, number>();

  /** @param isRecorded - whether each change is kept for a report */
  constructor(deidentifier: Deidentifier, out: string, isRecorded: boolean, signal: AbortSignal) {
    this.#deidentifier = deidentifier;
    this.#out = out;
    this.#isRecorded = isRecorded;
    this.#signal = signal;
  }

  /** De-identifies a file; undefined for what is passed over: in folders, files that are no DICOM, and DICOMDIR. */
  async take(input: Input): Promise<Result | undefined> {
    const file = input.path;
    try {
      const { observe, changes } = changeRecorder();
      const made = await this.#deidentifier.file(file, this.#isRecorded ? observe : undefined, this.#signal);
      const { pixels } = made.report;
      if (pixels.do === 'review' || pixels.do === 'exclude') {
        const cause = `a name may be burned in (${pixels.risks.join(', ')})`;
        return this.#leave({ file, outcome: pixels.do === 'exclude' ? 'excluded' : 'held', cause });
      }
      const out = this.#name(input.folder, made.sopInstanceUID || 'instance');
      await writeInstance(file, made, out);
      const { sopInstanceUID, studyInstanceUID, report } = made;
      if (this.#isRecorded) this.records.push({ sopInstanceUID, studyInstanceUID, changes, report });
      this.written += 1;
      return { file, out, sopInstanceUID, outcome: 'written' };
    } catch (error) {
      if (!(error instanceof Part10Error || error instanceof DeidError || error instanceof Failure)) throw error;
      const reason = error instanceof Failure ? '' : error.reason;
      if (!input.isNamed && (reason === 'not-part10' || reason === 'media-directory')) return undefined;
      return this.#leave({ file, outcome: 'quarantined', cause: sentenceOf(error) });
    }
  }

  #leave(result: Result): Result {
    this.left += 1;
    return result;
  }

  /** Instances that come twice in a folder are both written. */
  #name(folder: string, uid: string): string {
    const name = path.join(this.#out, folder, uid);
    const count = (this.#names.get(name) ?? 0) + 1;
    this.#names.set(name, count);
    return count === 1 ? `${name}.dcm` : `${name}-${count}.dcm`;
  }
}

async function writeReport(file: string, records: readonly InstanceRecord[], profile: Profile): Promise<void> {
  const studies = studyReports(records, profile);
  const instances = records.map(({ sopInstanceUID, studyInstanceUID, changes }) => ({
    sopInstanceUID,
    studyInstanceUID,
    changes,
  }));
  const json = (): string => `${JSON.stringify({ studies, instances }, undefined, 1)}\n`;
  await writeFile(file, file.endsWith('.html') ? reportPage(studies) : json());
}

const WIDTHS = { path: 44, vr: 3, outcome: 9, before: 30, after: 30 };

async function preview(file: string, deidentifier: Deidentifier, { values, signal }: DeidCall): Promise<void> {
  const { observe, rows } = previewer();
  const { report } = await deidentifier.file(file, observe, signal);
  for (const row of rows()) {
    if (values.json) {
      await line(JSON.stringify(row));
      continue;
    }
    const cells = Object.entries(WIDTHS).map(([key, width]) => row[key as keyof typeof WIDTHS].padEnd(width));
    await line(`${cells.join(' ')} ${row.rule}${row.keyword && ` [${row.keyword}]`}`);
  }
  note(`pixels: ${report.pixels.do}${report.pixels.risks.length > 0 ? ` (${report.pixels.risks.join(', ')})` : ''}`);
}
