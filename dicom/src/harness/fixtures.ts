import {
  type ModelElement,
  type ModelItem,
  type ModelSyntax,
  SYNTAX_UIDS,
  dataSetBytes,
  elementBytes,
  fileBytes,
  metaBytes,
} from './model.ts';

/** A file that is made, not found: the same bytes on every machine (deflated ones as the platform's zlib makes them). */
export interface Fixture {
  readonly name: string;
  readonly bytes: Buffer;
}

const text = (tag: number, vr: string, value: string): ModelElement => {
  const bytes = Buffer.from(value, 'latin1');
  const pad = vr === 'UI' ? '\0' : ' ';
  return { tag, vr, value: bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(pad)]) };
};
const bytes = (tag: number, vr: string, hex: string): ModelElement => ({ tag, vr, value: Buffer.from(hex, 'hex') });
const sequence = (tag: number, items: readonly ModelItem[], isUndefined = false, vr = 'SQ'): ModelElement => ({
  ...{ tag, vr, items, isUndefined },
});
const item = (...elements: ModelElement[]): ModelItem => ({ elements });
const openItem = (...elements: ModelElement[]): ModelItem => ({ elements, isUndefined: true });

/** One element of every VR, with values that show a change of bytes; all registered, so that implicit VR reads them alike. */
const EVERY_VR: readonly ModelElement[] = [
  text(0x00080005, 'CS', 'ISO_IR 100'),
  text(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
  text(0x00080018, 'UI', '1.2.826.0.1.3680043.2.1'),
  text(0x00080020, 'DA', '20260102'),
  text(0x0008002a, 'DT', '20260102030405.123456+0100'),
  text(0x00080030, 'TM', '030405.1'),
  text(0x00080054, 'AE', 'ARCHIVE\\ARCHIVE2'),
  text(0x00080070, 'LO', ''),
  text(0x00080080, 'LO', 'M\xfcller Klinik'),
  text(0x00080081, 'ST', 'a street, back\\slash'),
  text(0x00080119, 'UC', 'unlimited characters'),
  text(0x00080120, 'UR', 'https://example.org/?a=b'),
  bytes(0x00081163, 'FD', '000000000000f03f0000000000000040'),
  text(0x00100010, 'PN', 'M\xfcller^J\xfcrgen=='),
  text(0x00101010, 'AS', '042Y'),
  text(0x00101030, 'DS', '80.0000'),
  text(0x001021b0, 'LT', ' leading space kept'),
  bytes(0x00186020, 'SL', 'ffffffff'),
  bytes(0x00189219, 'SS', 'feff'),
  text(0x00200013, 'IS', '+007'),
  bytes(0x00209165, 'AT', '10005400'),
  bytes(0x00280010, 'US', '0400'),
  bytes(0x00280011, 'US', ''),
  bytes(0x00281201, 'OW', '0102030405060708'),
  text(0x00400280, 'ST', ''),
  text(0x0040a160, 'UT', 'unlimited text'),
  bytes(0x00660023, 'OW', '0000'),
  bytes(0x00660016, 'OF', '0000803f00000040'),
  bytes(0x00660040, 'OL', '0100000002000000'),
  bytes(0x00720082, 'SV', 'feffffffffffffff'),
  bytes(0x00720083, 'UV', '0100000000000000'),
  bytes(0x00720073, 'OD', '000000000000f03f'),
  bytes(0x00720076, 'FL', '0000803f'),
  bytes(0x00720078, 'UL', '01000000'),
  bytes(0x00720081, 'OV', '0100000000000000'),
].sort((a, b) => a.tag - b.tag);

const CODE = item(text(0x00080100, 'SH', 'T-A0100'), text(0x00080102, 'SH', 'SRT'), text(0x00080104, 'LO', 'Brain'));
const NESTED: readonly ModelElement[] = [
  ...EVERY_VR.slice(0, 3),
  sequence(0x00081140, [item(text(0x00081150, 'UI', '1.2'), text(0x00081155, 'UI', '1.2.3'))]),
  sequence(0x00081199, [], true),
  text(0x00100010, 'PN', 'Outer^Name'),
  sequence(0x00400555, [item(), openItem(), item(text(0x00100010, 'PN', 'Inner^Name'))]),
  sequence(
    0x0040a730,
    [
      openItem(sequence(0x0040a043, [CODE]), text(0x0040a123, 'PN', 'Observer^One')),
      item(sequence(0x0040a730, [openItem(sequence(0x0040a043, [CODE], true)), item()], true)),
    ],
    true,
  ),
];
const PRIVATE: readonly ModelElement[] = [
  ...EVERY_VR.slice(0, 3),
  text(0x00090010, 'LO', 'MAKER ONE'),
  text(0x00090011, 'LO', 'MAKER TWO'),
  text(0x00091001, 'PN', 'Private^Name'),
  bytes(0x00091102, 'OB', '00ff'),
  sequence(0x00091103, [openItem(text(0x00090010, 'LO', 'MAKER TWO'), text(0x00091001, 'LO', 'inner'))], true),
  text(0x00100010, 'PN', 'Outer^Name'),
];
const UNKNOWN: readonly ModelElement[] = [
  ...EVERY_VR.slice(0, 3),
  { tag: 0x00080060, vr: 'UN', value: Buffer.from('CT') },
  sequence(0x00081140, [item(text(0x00081155, 'UI', '1.2.3'))], false, 'UN'),
  sequence(0x00081199, [openItem(text(0x00081155, 'UI', '1.2.4'))], true, 'UN'),
  text(0x00090010, 'LO', 'MAKER ONE'),
  sequence(0x00091001, [item(text(0x00100010, 'PN', 'In^Unknown'))], false, 'UN'),
  sequence(0x00091002, [openItem(sequence(0x00091003, [item(text(0x00100010, 'PN', 'Deep^Unknown'))]))], true, 'UN'),
  bytes(0x00091004, 'UN', 'feff00e0ffff0000'),
  bytes(0x00091005, 'UN', 'feff00e0'),
  text(0x00100010, 'PN', 'Outer^Name'),
];
const GROUP_LENGTHS: readonly ModelElement[] = [
  bytes(0x00080000, 'UL', '1c000000'),
  bytes(0x00080001, 'UL', '40000000'),
  ...EVERY_VR.slice(1, 3),
  bytes(0x00100000, 'UL', '12000000'),
  text(0x00100010, 'PN', 'Group^Length'),
  bytes(0x00200000, 'UL', '00000000'),
  text(0x0020000d, 'UI', '1.2.3.4'),
];

const PIXELS = Buffer.from(Array.from({ length: 64 }, (_, at) => (at * 7) & 0xff));
const image = (...pixels: ModelElement[]): ModelElement[] => [...EVERY_VR, ...pixels].sort((a, b) => a.tag - b.tag);
const encapsulated = (...fragments: Buffer[]): ModelElement => ({ tag: 0x7fe00010, vr: 'OB', fragments });
const ICON = sequence(0x00880200, [openItem({ ...encapsulated(Buffer.alloc(0), Buffer.from('ffd8ffd9', 'hex')) })]);

const ESC = '1b';
const KANJI = `${ESC}2442`;
const ASCII = `${ESC}2842`;
const KOREAN = `${ESC}242943`;
const CHINESE = `${ESC}242941`;
/** Names in each kind of character set; those with code extensions are the examples of PS3.5 annexes H, I, J and K. */
export const NAMES: readonly { readonly terms: string; readonly hex: string; readonly name: string }[] = [
  { terms: 'ISO_IR 100', hex: '4275635e4ae972f46d65', name: 'Buc^Jérôme' },
  { terms: 'ISO_IR 144', hex: 'b8d2d0dd', name: 'Иван' },
  {
    terms: '\\ISO 2022 IR 87',
    hex:
      `59616d6164615e5461726f753d${KANJI}3b334544${ASCII}5e${KANJI}42404f3a${ASCII}` +
      `3d${KANJI}2464245e2440${ASCII}5e${KANJI}243f246d2426${ASCII}`,
    name: 'Yamada^Tarou=山田^太郎=やまだ^たろう',
  },
  {
    terms: '\\ISO 2022 IR 149',
    hex: `486f6e675e47696c646f6e673d${KOREAN}fbf35e${KOREAN}d1ced4d73d${KOREAN}c8ab5e${KOREAN}b1e6b5bf`,
    name: 'Hong^Gildong=洪^吉洞=홍^길동',
  },
  {
    terms: '\\ISO 2022 IR 58',
    hex: `5a68616e675e5869616f446f6e673d${CHINESE}d5c55e${CHINESE}d0a1b6ab3d`,
    name: 'Zhang^XiaoDong=张^小东=',
  },
  { terms: 'GB18030', hex: '57616e675e5869616f446f6e673dcdf55ed0a1b6ab3d', name: 'Wang^XiaoDong=王^小东=' },
  { terms: 'GBK', hex: '57616e675e5869616f446f6e673dcdf55ed0a1b6ab3d', name: 'Wang^XiaoDong=王^小东=' },
  { terms: 'ISO_IR 192', hex: '57616e673de78e8b5ee5b08fe4b89c3df09f9982', name: 'Wang=王^小东=🙂' },
];

/** A sequence and an item of defined length that end with delimiters all the same. */
const SURPLUS = Buffer.from(
  '0800401153510000' +
    '22000000' +
    'feff00e012000000' +
    '0800551155490200' +
    '3100' +
    'feff0de000000000' +
    'feffdde000000000',
  'hex',
);

function made(name: string, elements: readonly ModelElement[], syntaxes: readonly ModelSyntax[]): Fixture[] {
  return syntaxes.map((syntax) => ({
    name: `${name}, ${syntax}`,
    bytes: fileBytes(dataSetBytes(elements, syntax), SYNTAX_UIDS[syntax]),
  }));
}

const ALL: readonly ModelSyntax[] = ['explicit', 'implicit', 'big', 'deflated'];
const RLE = '1.2.840.10008.1.2.5';
const explicit = (elements: readonly ModelElement[]): Buffer => elementBytes(elements, 'explicit');
const large = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, (_, at) => (at * 31) & 0xff));

/** One file for each way in which a data set can be written. All of them can be read, and come through an edit of nothing unchanged. */
export function fixtures(): Fixture[] {
  const native = { tag: 0x7fe00010, vr: 'OW', value: PIXELS };
  const compressed = (...pixels: ModelElement[]): Buffer => fileBytes(explicit(image(...pixels)), RLE);
  return [
    ...made('every VR', EVERY_VR, ALL),
    ...made('nested sequences of either length style, empty items', NESTED, ALL),
    ...made('private blocks', PRIVATE, ['explicit', 'implicit', 'big']),
    ...made('VR UN with and without items', UNKNOWN, ['explicit', 'big']),
    ...made('group lengths', GROUP_LENGTHS, ['explicit', 'implicit']),
    ...made('native pixel data', image(native), ALL),
    ...made('float pixel data', image({ tag: 0x7fe00008, vr: 'OF', value: PIXELS }), ['explicit']),
    ...made('a document', image({ tag: 0x00420011, vr: 'OB', value: large(100_000) }), ['explicit', 'implicit']),
    ...made(
      'large private data behind pixel data',
      image(native, { tag: 0x7fe11010, vr: 'OB', value: large(90_000) }),
      ALL,
    ),
    ...made(
      'waveform data in a sequence',
      image(sequence(0x54000100, [item({ tag: 0x54001010, vr: 'OW', value: large(80_000) })])),
      ALL,
    ),
    ...made(
      'padding and signatures behind pixel data',
      image(native, sequence(0xfffafffa, [item()]), { tag: 0xfffcfffc, vr: 'OB', value: Buffer.alloc(10) }),
      ['explicit', 'implicit'],
    ),
    ...NAMES.flatMap(({ terms, hex }) =>
      made(
        `character set ${terms}`,
        [text(0x00080005, 'CS', terms), ...EVERY_VR.slice(1, 3), bytes(0x00100010, 'PN', hex)],
        ['explicit'],
      ),
    ),
    ...made(
      'a character set of an item',
      [
        ...EVERY_VR.slice(0, 3),
        sequence(0x00081140, [
          item(text(0x00080005, 'CS', 'ISO_IR 192'), { tag: 0x00100010, vr: 'PN', value: Buffer.from('Müller ') }),
        ]),
      ],
      ['explicit'],
    ),
    ...made(
      'odd lengths',
      [...EVERY_VR.slice(0, 3), { tag: 0x00100010, vr: 'PN', value: Buffer.from('odd') }, native],
      ['explicit', 'implicit'],
    ),
    {
      name: 'encapsulated, empty offset table',
      bytes: compressed(encapsulated(Buffer.alloc(0), PIXELS, PIXELS.subarray(0, 8))),
    },
    {
      name: 'encapsulated, offset table, more fragments than frames',
      bytes: compressed(encapsulated(Buffer.from('0000000050000000', 'hex'), PIXELS, PIXELS, PIXELS)),
    },
    {
      name: 'encapsulated, extended offset table',
      bytes: compressed(
        bytes(0x7fe00001, 'OV', '0000000000000000'),
        bytes(0x7fe00002, 'OV', '4000000000000000'),
        encapsulated(Buffer.alloc(0), PIXELS),
      ),
    },
    { name: 'encapsulated icon in an item', bytes: compressed(ICON, encapsulated(Buffer.alloc(0), PIXELS)) },
    {
      name: 'encapsulated, a delimiter inside a fragment',
      bytes: compressed(encapsulated(Buffer.alloc(0), Buffer.from('feffdde000000000', 'hex'))),
    },
    { name: 'no preamble', bytes: Buffer.concat([metaBytes(SYNTAX_UIDS.explicit), explicit(EVERY_VR)]) },
    { name: 'no file meta information, explicit', bytes: explicit(EVERY_VR) },
    { name: 'no file meta information, implicit', bytes: elementBytes(EVERY_VR, 'implicit') },
    { name: 'no file meta information, big', bytes: elementBytes(EVERY_VR, 'big') },
    { name: 'no transfer syntax', bytes: fileBytes(elementBytes(EVERY_VR, 'implicit'), '') },
    {
      name: 'private information in the file meta information',
      bytes: Buffer.concat([
        Buffer.alloc(128),
        Buffer.from('DICM'),
        metaBytes(SYNTAX_UIDS.explicit, [
          text(0x00020100, 'UI', '1.2'),
          { tag: 0x00020102, vr: 'OB', value: Buffer.alloc(5000) },
        ]),
        explicit(EVERY_VR),
      ]),
    },
    {
      name: 'zeros behind the data set',
      bytes: fileBytes(Buffer.concat([explicit(image(native)), Buffer.alloc(501)]), SYNTAX_UIDS.explicit),
    },
    {
      name: 'delimiters at the end of defined lengths',
      bytes: fileBytes(Buffer.concat([explicit(EVERY_VR.slice(0, 3)), SURPLUS]), SYNTAX_UIDS.explicit),
    },
  ];
}
