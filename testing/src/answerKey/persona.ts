import { createRandom, uidOf } from '../studies/random.ts';

/** Somebody who is nobody, with everything by which a patient could be recognised. Each word has a rare stem, so that bytes can be searched. */
export interface Persona {
  readonly seed: string;
  /** Specific Character Set of the persona's files. */
  readonly characterSet: readonly string[];
  /** Component groups as PN has them. */
  readonly name: string;
  readonly patientId: string;
  readonly accessionNumber: string;
  /** YYYYMMDD */
  readonly birthDate: string;
  readonly studyDate: string;
  readonly street: string;
  readonly phone: string;
  readonly mail: string;
  readonly physician: string;
  readonly operator: string;
  readonly institution: string;
  readonly serialNumber: string;
  /** Every word of the persona that must not be found in what comes out. */
  readonly tokens: readonly string[];
  /** An original UID of the persona. */
  uid(label: string): string;
}

const STEMS = ['Qzorvek', 'Wexhalm', 'Vujkrat', 'Zbynolf', 'Kvortam', 'Yxbredt', 'Jaqmund', 'Pfylzan'];
/** Names in the letters of a character set, with that set's terms. */
const SCRIPTS: readonly { readonly terms: readonly string[]; readonly name: (stem: string) => string }[] = [
  { terms: ['ISO_IR 100'], name: (stem) => `${stem}^Ärne` },
  { terms: ['ISO_IR 144'], name: (stem) => `${stem}^Жужэлица` },
  { terms: ['', 'ISO 2022 IR 149'], name: (stem) => `${stem}^Gildong=洪洞^吉洞=홍길^길동` },
  { terms: ['ISO_IR 192'], name: (stem) => `${stem}^Jürgn=王慧^小冬` },
  { terms: ['GB18030'], name: (stem) => `${stem}^Xiao=王慧^小冬` },
];

const digits = (number: number, count: number): string => String(number).padStart(count, '0');

/** Makes the persona of a seed: the same every time. */
export function personaOf(seed: number): Persona {
  const random = createRandom(`persona ${seed}`);
  const stem = (): string =>
    `${STEMS[random.integer(0, STEMS.length - 1)]}${String.fromCharCode(97 + random.integer(0, 25))}x`;
  const date = (from: number, until: number): string =>
    `${random.integer(from, until)}${digits(random.integer(1, 12), 2)}${digits(random.integer(1, 28), 2)}`;
  const script = SCRIPTS[seed % SCRIPTS.length] ?? { terms: [], name: (word: string) => word };
  const family = stem();
  const persona = {
    name: script.name(family),
    patientId: `MRN${random.integer(10_000_000, 99_999_999)}`,
    accessionNumber: `ACC${random.integer(1_000_000, 9_999_999)}`,
    birthDate: date(1931, 1999),
    studyDate: date(2010, 2024),
    street: `${stem()}gasse 7`,
    phone: `0${random.integer(100, 999)} ${random.integer(1_000_000, 9_999_999)}`,
    mail: `${stem().toLowerCase()}@example.org`,
    physician: `${stem()}^Dr`,
    operator: `${stem()}^Op`,
    institution: `${stem()} Klinik`,
    serialNumber: `SN${random.integer(100_000, 999_999)}`,
  };
  const names = [persona.name, persona.physician, persona.operator]
    .flatMap((name) => name.split(/[\^=]/))
    .filter((word) => word.length > 1 && !['Dr', 'Op'].includes(word));
  return {
    seed: String(seed),
    characterSet: script.terms,
    ...persona,
    tokens: [
      ...names,
      ...[persona.patientId, persona.accessionNumber, persona.phone, persona.mail],
      ...[persona.street.split(' ')[0] ?? '', persona.institution.split(' ')[0] ?? ''],
    ],
    uid: (label) => uidOf(`answer key ${seed} ${label}`),
  };
}
