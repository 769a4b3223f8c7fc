/** What the folder of a study is named after; dates and times as the output carries them (VR DA and TM). */
export interface StudyPlace {
  readonly project: string;
  readonly jobNumber: number;
  /** Day on which the job was entered, VR DA. */
  readonly jobDate: string;
  readonly user: string;
  /** Pseudonym, or patient ID where the job runs identified. */
  readonly patient: string;
  readonly studyDate: string;
  readonly studyTime: string;
  readonly modalities: readonly string[];
  /** Set when another study of the job would have the same folder: its end tells them apart. */
  readonly studyInstanceUid?: string;
}

/** What the folder of a series is named after. */
export interface SeriesPlace {
  readonly seriesInstanceUid: string;
  readonly seriesNumber: string;
  readonly seriesDescription: string;
}

/** Longest part of a path in bytes of UTF-8, so that whole paths stay below what file systems take. */
const MAX_NAME_BYTES = 80;
const SUFFIX_LENGTH = 8;
/** Names that Windows keeps for devices, with or without an extension. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$/i;

/**
 * One part of a path that every common file system takes (Windows, macOS, Linux, SMB): no separators, control or
 * reserved characters, no dot or space at its ends, no device name, at most 80 bytes, never empty.
 */
export function cleanName(text: string): string {
  const plain = text
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>:"/\\|?*]/gu, '_')
    .replace(/\s+/gu, ' ');
  const trimmed = shorten(plain.replace(/^[. ]+/u, '')).replace(/[. ]+$/u, '');
  if (trimmed === '') return '_';
  return RESERVED.test(trimmed) ? `_${trimmed}` : trimmed;
}

function shorten(text: string): string {
  let bytes = 0;
  let short = '';
  for (const character of text) {
    bytes += utf8Length(character);
    if (bytes > MAX_NAME_BYTES) break;
    short += character;
  }
  return short;
}

function utf8Length(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/**
 * The folder of a study below its destination, as parts of a path:
 * `<project>/<job number>_<date>_<user>/<patient>/<YYYYMMDD-HHMMSS>-<modalities>`.
 */
export function studyFolder(place: StudyPlace): readonly string[] {
  const date = digits(place.studyDate, 8) || 'undated';
  const time = digits(place.studyTime, 6);
  const moment = time ? `${date}-${time.padEnd(6, '0')}` : date;
  const modalities = [...new Set(place.modalities)].toSorted().join('-');
  const suffix = place.studyInstanceUid === undefined ? '' : `_${uidEnd(place.studyInstanceUid)}`;
  return [
    cleanName(place.project),
    cleanName(`${place.jobNumber}_${place.jobDate}_${place.user}`),
    cleanName(place.patient),
    withSuffix(modalities ? `${moment}-${modalities}` : moment, suffix),
  ];
}

/**
 * The folders of the series of one study, `<series number>-<series description>`, by Series Instance UID. Series whose
 * folders would be the same, also in other case, are told apart by the end of their UIDs.
 */
export function seriesFolders(series: readonly SeriesPlace[]): ReadonlyMap<string, string> {
  const named = series.map((each) => ({ uid: each.seriesInstanceUid, name: seriesName(each) }));
  const count = new Map<string, number>();
  for (const { name } of named) count.set(fold(name), (count.get(fold(name)) ?? 0) + 1);
  const taken = new Set<string>();
  const folders = new Map<string, string>();
  for (const { uid, name } of named) {
    const alone = count.get(fold(name)) === 1 && !taken.has(fold(name));
    const folder = alone ? cleanName(name) : free(name, uid, taken);
    taken.add(fold(folder));
    folders.set(uid, folder);
  }
  return folders;
}

/** The file of an instance below the folder of its series. */
export function instanceFile(sopInstanceUid: string): string {
  return `${cleanName(sopInstanceUid)}.dcm`;
}

function seriesName({ seriesNumber, seriesDescription }: SeriesPlace): string {
  const number = seriesNumber.trim();
  const description = seriesDescription.trim();
  return cleanName([number, description].filter((part) => part !== '').join('-') || 'series');
}

/** A name with as much of the UID's end as it takes to be free. */
function free(name: string, uid: string, taken: ReadonlySet<string>): string {
  for (let length = SUFFIX_LENGTH; ; length += SUFFIX_LENGTH) {
    const folder = withSuffix(name, `_${uidEnd(uid, length)}`);
    if (!taken.has(fold(folder)) || length >= uid.length) return folder;
  }
}

const withSuffix = (name: string, suffix: string) => {
  let short = cleanName(name);
  while (utf8(short) + suffix.length > MAX_NAME_BYTES) short = [...short].slice(0, -1).join('');
  return cleanName(short + suffix);
};
const utf8 = (text: string) => [...text].reduce((sum, character) => sum + utf8Length(character), 0);
const fold = (name: string) => name.toLowerCase().normalize('NFC');
const uidEnd = (uid: string, length = SUFFIX_LENGTH) => uid.slice(-length).replaceAll('.', '-');
const digits = (text: string, most: number) => text.replace(/\D.*$/, '').slice(0, most);
