import { elementOf, groupOf, keywordOf, tagOf, vrOf } from '@viaduct/dicom/dictionary';
import { find, type Identifier, type QueryLevel } from '@viaduct/dicom/dimse';
import { defineCommand, integer } from '../command.ts';
import { UsageError } from '../failure.ts';
import { jsonAnswer } from '../json.ts';
import { counted, line, note, Progress } from '../output.ts';
import { PEER_OPTIONS, readPeer } from '../peer.ts';

/** What is asked for at each level without being told. */
const DEFAULT_KEYS: Readonly<Record<QueryLevel, readonly string[]>> = {
  PATIENT: ['PatientID', 'PatientName', 'PatientBirthDate', 'PatientSex', 'NumberOfPatientRelatedStudies'],
  STUDY: [
    ...['StudyInstanceUID', 'PatientID', 'PatientName', 'StudyDate', 'StudyTime', 'AccessionNumber'],
    ...['StudyDescription', 'ModalitiesInStudy', 'NumberOfStudyRelatedSeries', 'NumberOfStudyRelatedInstances'],
  ],
  SERIES: ['SeriesInstanceUID', 'Modality', 'SeriesNumber', 'SeriesDescription', 'NumberOfSeriesRelatedInstances'],
  IMAGE: ['SOPInstanceUID', 'SOPClassUID', 'InstanceNumber'],
};

/** The keyword of `PatientID`, `0010,0020` or `(0010,0020)`. @throws UsageError */
function keyword(text: string): string {
  const [, group, element] = /^\(?([0-9a-f]{4}),([0-9a-f]{4})\)?$/i.exec(text) ?? [];
  const found = group && element ? keywordOf(Number.parseInt(group + element, 16)) : text;
  try {
    const tag = tagOf(found ?? '');
    if (vrOf(tag) === 'SQ') throw new UsageError(`${text} is a sequence; only attributes with text can be asked for`);
    if (groupOf(tag) === 0x0008 && elementOf(tag) === 0x0052) throw new UsageError('the level is said by --level');
    return found ?? '';
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`there is no attribute ${text}`);
    throw error;
  }
}

/** Reads `KEY=VALUE` or `KEY`; several values of a key are separated by a backslash. */
function readKeys(texts: readonly string[]): Identifier {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name = '', value = ''] = /^([^=]+)=?(.*)$/s.exec(text) ?? [];
      return [keyword(name), value.includes('\\') ? value.split('\\') : value];
    }),
  );
}

function readLevel(text: string): QueryLevel {
  const level = text.toUpperCase();
  if (level !== 'PATIENT' && level !== 'STUDY' && level !== 'SERIES' && level !== 'IMAGE') {
    throw new UsageError(`--level must be PATIENT, STUDY, SERIES or IMAGE, not ${text}`);
  }
  return level;
}

export default defineCommand({
  usage: 'find HOST:PORT [KEY=VALUE …] [options]',
  help: `Queries a peer (C-FIND) and prints each answer as one line of DICOM JSON. A key is a keyword or tag: PatientID=4711,
0010,0010='Doe^J*', StudyDate=20260101-20260131; without a value it is only asked for. Below STUDY the peer wants
the unique keys of the levels above: StudyInstanceUID, SeriesInstanceUID.`,
  positionals: [1, Infinity],
  options: {
    ...PEER_OPTIONS,
    level: { type: 'string', value: 'LEVEL', default: 'STUDY', help: 'PATIENT, STUDY, SERIES or IMAGE' },
    limit: { type: 'string', value: 'N', help: 'cancels the query after so many answers' },
    only: { type: 'boolean', help: 'asks for the given keys only, not for the usual ones as well' },
    json: { type: 'boolean', help: 'for symmetry: the answers are JSON in any case' },
  },
  async run({ positionals: [address = '', ...texts], values, signal }) {
    const peer = await readPeer(address, values);
    const level = readLevel(values.level);
    const usual = Object.fromEntries((values.only ? [] : DEFAULT_KEYS[level]).map((name) => [name, '']));
    const keys = { ...usual, ...readKeys(texts) };
    const limit = values.limit === undefined ? undefined : integer('--limit', values.limit, 1, 1e9);
    let answers = 0;
    {
      using progress = new Progress();
      for await (const answer of find(peer, level, keys, { signal, limit })) {
        await line(JSON.stringify(jsonAnswer(answer)));
        progress.show(counted(++answers, 'answer'));
      }
    }
    if (process.stderr.isTTY) note(counted(answers, 'answer'));
  },
});
