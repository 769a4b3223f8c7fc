import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { run, temporaryFolder } from '@viaduct/testing';
import type { StudyPlan, WrittenStudy } from '@viaduct/testing';

/** An instance as DCMTK reads it. */
export interface Dump {
  readonly file: string;
  /** Values of each tag (`gggg,eeee`) in their order, those in sequences included. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** SHA-256 of each fragment of the pixel data, or of all of it. */
  readonly pixels: readonly string[];
}

const ELEMENT = /^\s*\((?<tag>[\da-f]{4},[\da-f]{4})\) (?<vr>\w\w) (?:\[(?<value>.*)\]|=(?<raw>\/.*?))\s+#\s*\d+,/;
const sha256 = async (file: string) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

/** Reads files with dcmdump, its raw pixel data included. Their base names must differ. */
export async function dump(files: readonly string[]): Promise<Dump[]> {
  await using folder = await temporaryFolder('viaduct-dump-');
  const options = ['--quiet', '--print-filename', '--load-all', '--no-uid-names', '--print-all'];
  const { code, stdout } = await run('dcmdump', [...options, '--write-pixel', folder.path, ...files]);
  expect(code).toBe(0);
  const dumps: Dump[] = [];
  for (const [index, text] of stdout
    .split(/^# dcmdump \(\d+\/\d+\): .*$/m)
    .slice(1)
    .entries()) {
    const values = new Map<string, string[]>();
    const pixels: string[] = [];
    for (const line of text.split('\n')) {
      const { tag, value, raw } = ELEMENT.exec(line)?.groups ?? {};
      if (raw) pixels.push(await sha256(raw));
      else if (tag) values.set(tag, [...(values.get(tag) ?? []), value ?? '']);
    }
    dumps.push({ file: files[index] ?? '', values, pixels });
  }
  return dumps;
}

const TAG = {
  patientName: '0010,0010',
  patientId: '0010,0020',
  study: '0020,000d',
  series: '0020,000e',
  instance: '0008,0018',
  seriesNumber: '0020,0011',
  instanceNumber: '0020,0013',
  reference: '0008,1155',
  identityRemoved: '0012,0062',
} as const;
const first = (dump: Dump, tag: keyof typeof TAG) => dump.values.get(TAG[tag])?.[0] ?? '';
const placeOf = (dump: Dump) => `${first(dump, 'seriesNumber')}/${first(dump, 'instanceNumber')}`;

/** Words of the patient and of the study that must be nowhere in what was sent. */
function tokensOf({ patient, accessionNumber, date, referringPhysician }: StudyPlan): string[] {
  const names = [patient.name, referringPhysician].flatMap((name) => name.split(/[\^= ]+/));
  return [...names, patient.id, patient.birthDate, accessionNumber, date].filter((token) => token.length > 3);
}

/** How many files hold one of the tokens, in any of the encodings a hospital writes. */
async function filesWith(files: readonly string[], tokens: readonly string[]): Promise<string[]> {
  const needles = tokens.flatMap((token) => [Buffer.from(token, 'utf8'), Buffer.from(token, 'latin1')]);
  const found: string[] = [];
  for (const file of files) {
    const bytes = await readFile(file);
    if (needles.some((needle) => bytes.includes(needle))) found.push(file);
  }
  return found;
}

/**
 * Expects of files that they are a study pseudonymized: every instance once, pixel bytes as they were, the pseudonym
 * as patient, new UIDs to which all references agree, and no trace of patient or original UIDs.
 */
export async function expectPseudonymized(original: WrittenStudy, files: readonly string[], pseudonym: string) {
  const before = await dump(original.instances.map((instance) => instance.path));
  const after = new Map((await dump(files)).map((each) => [placeOf(each), each]));
  expect(files).toHaveLength(before.length);
  expect([...after.keys()].sort()).toEqual(before.map(placeOf).sort());

  const renamed = new Map<string, string>();
  const pairs = before.flatMap((old) => {
    const now = after.get(placeOf(old));
    return now ? [{ old, now }] : [];
  });
  for (const { old, now } of pairs) {
    for (const tag of ['study', 'series', 'instance'] as const) {
      const [from, to] = [first(old, tag), first(now, tag)];
      expect(renamed.get(from) ?? to).toBe(to);
      renamed.set(from, to);
    }
  }
  expect(new Set(renamed.values()).size).toBe(renamed.size);
  for (const { old, now } of pairs) {
    expect(now.pixels).toEqual(old.pixels);
    expect([first(now, 'patientName'), first(now, 'patientId')]).toEqual([pseudonym, pseudonym]);
    expect(first(now, 'identityRemoved')).toBe('YES');
    expect(now.values.get(TAG.reference)).toEqual(old.values.get(TAG.reference)?.map((uid) => renamed.get(uid)));
  }
  expect(await filesWith(files, [...renamed.keys(), ...tokensOf(original.plan)])).toEqual([]);
}

/** Fetches what a PACS holds of a patient with DCMTK's findscu and getscu: the files received, below `folder`. */
export async function fetchPatient(
  peer: { readonly aeTitle: string; readonly port: number },
  patientId: string,
  folder: string,
) {
  const ask = async (
    program: 'findscu' | 'getscu',
    into: string,
    keys: readonly string[],
    more: readonly string[] = [],
  ) => {
    const output = path.join(folder, into);
    await mkdir(output);
    const address = ['-aec', peer.aeTitle, '127.0.0.1', String(peer.port)];
    const asked = ['QueryRetrieveLevel=STUDY', ...keys].flatMap((key) => ['-k', key]);
    const { code, stderr } = await run(program, ['-S', ...more, '-od', output, ...asked, ...address]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return (await readdir(output)).map((name) => path.join(output, name));
  };
  const answers = await ask('findscu', 'found', [`PatientID=${patientId}`, 'StudyInstanceUID'], ['-X']);
  const [study, ...others] = await dump(answers);
  expect(others).toEqual([]);
  return ask('getscu', 'got', [`StudyInstanceUID=${study ? first(study, 'study') : ''}`]);
}
