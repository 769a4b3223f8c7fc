import { letterSeries, reportSeries } from './documents.ts';
import { crSeries, ctSeries, mrSeries, reference, screenshotSeries, ultrasoundSeries } from './images.ts';
import { SOP_CLASS, type Patient, type SeriesPlan, type StudyPlan } from './plan.ts';
import { writePlan, type WrittenStudy } from './write.ts';

/** People who do not exist, in the character sets that hospitals use. */
const PATIENTS = {
  sorensen: patient('Sørensen^Bjørn Ærlend', 'D-10001', '19570312', 'M', 'ISO_IR 100', 'SORENSEN BJORN'),
  mueller: patient('Müller-Łąka^Zoë^^Dr.', 'D-10002', '19840229', 'F', 'ISO_IR 192', 'MUELLER ZOE'),
  yamada: patient(
    'Yamada^Tarou=山田^太郎=やまだ^たろう',
    'D-10003',
    '19690704',
    'M',
    ['', 'ISO 2022 IR 87'],
    'YAMADA TAROU',
  ),
  wang: patient('Wang^XiaoDong=王^小东', 'D-10004', '19910918', 'M', 'GB18030', 'WANG XIAODONG'),
  hong: patient('Hong^Gildong=洪^吉洞=홍^길동', 'D-10005', '19780101', 'M', ['', 'ISO 2022 IR 149'], 'HONG GILDONG'),
  ivanov: patient('Иванов^Пётр', 'D-10006', '19490509', 'M', 'ISO_IR 144', 'IVANOV PJOTR'),
  doe: patient('Doe^Jane', 'D-10007', '20010611', 'F', '', 'DOE JANE'),
  oneill: patient("O'Neill^Aoife^Mary", 'D-10008', '19651224', 'F', 'ISO_IR 100', 'ONEILL AOIFE'),
  unknown: patient('Unknown^Newborn', 'D-10009', '', '', '', 'UNKNOWN NEWBORN'),
} as const;

function patient(
  name: string,
  id: string,
  birthDate: string,
  sex: Patient['sex'],
  characterSet: Patient['characterSet'],
  plainName: string,
): Patient {
  return { name, id, issuer: 'GENERAL', birthDate, sex, characterSet, plainName };
}

type Facts = Pick<StudyPlan, 'label' | 'patient' | 'date' | 'time' | 'description'>;

/** A study whose accession number and study ID follow from its label (`demo-07` and the like). */
function study(facts: Facts, series: (facts: Facts) => readonly SeriesPlan[]): StudyPlan {
  const number = facts.label.replace(/\D/g, '');
  return {
    ...facts,
    accessionNumber: `ACC${facts.date.slice(2)}${number}`,
    id: `S${number}`,
    referringPhysician: 'Example^Referrer',
    series: series(facts),
  };
}

const labels = (series: string, indexes: readonly number[]) => indexes.map((index) => `${series}/${index}`);

const CHEST_CT = study(
  { label: 'demo-01', patient: PATIENTS.sorensen, date: '20260311', time: '081530', description: 'CT thorax' },
  ({ label, patient }) => [
    ctSeries({
      label: `${label}.2`,
      number: 2,
      patient,
      description: 'Thorax 2.0 B31f',
      slices: 120,
      compression: 'none',
    }),
    reportSeries({
      label: `${label}.900`,
      number: 900,
      studyLabel: label,
      patient,
      text: 'Mr. Sørensen: round lesion of 4 mm in the right upper lobe. Control after 3 months.',
      evidence: {
        seriesLabel: `${label}.2`,
        sopClassUID: SOP_CLASS.ct,
        instanceLabels: labels(`${label}.2`, [40, 41, 42]),
      },
    }),
  ],
);

const CHEST_CT_CONTROL = study(
  { label: 'demo-02', patient: PATIENTS.sorensen, date: '20260615', time: '101200', description: 'CT thorax control' },
  ({ label, patient }) => [
    ctSeries({ label: `${label}.2`, number: 2, patient, description: 'Thorax RLE', slices: 30, compression: 'rle' }),
    screenshotSeries({
      label: `${label}.99`,
      number: 99,
      patient,
      date: '20260615',
      source: reference(SOP_CLASS.ct, `${label}.2/10`),
    }),
  ],
);

const HEAD_MR = study(
  { label: 'demo-03', patient: PATIENTS.mueller, date: '20260402', time: '134501', description: 'MR Schädel' },
  ({ label }) => [
    mrSeries({
      label: `${label}.1`,
      number: 1,
      description: 'T1 axial',
      slices: 110,
      compression: 'implicit',
      weighting: 'T1',
    }),
    mrSeries({
      label: `${label}.2`,
      number: 2,
      description: 'T2 axial',
      slices: 110,
      compression: 'implicit',
      weighting: 'T2',
    }),
  ],
);

const HEAD_MR_EARLIER = study(
  {
    label: 'demo-04',
    patient: PATIENTS.mueller,
    date: '20240118',
    time: '090000',
    description: 'MR Schädel Vorbefund',
  },
  ({ label }) => [
    mrSeries({
      label: `${label}.1`,
      number: 1,
      description: 'T1 deflated',
      slices: 24,
      compression: 'deflated',
      weighting: 'T1',
    }),
  ],
);

const HEART_ULTRASOUND = study(
  { label: 'demo-05', patient: PATIENTS.yamada, date: '20260520', time: '151015', description: 'Echocardiography' },
  ({ label, patient, date }) => [
    ultrasoundSeries({ label: `${label}.1`, number: 1, patient, date, frames: 40, compression: 'none' }),
    ultrasoundSeries({ label: `${label}.2`, number: 2, patient, date, frames: 20, compression: 'rle' }),
  ],
);

const CHEST_CR = study(
  { label: 'demo-06', patient: PATIENTS.wang, date: '20260107', time: '072200', description: 'Chest X-ray' },
  ({ label, patient }) => [
    crSeries({ label: `${label}.1`, number: 1, description: 'Chest', views: ['PA', 'LL'], compression: 'none' }),
    reportSeries({
      label: `${label}.2`,
      number: 2,
      studyLabel: label,
      patient,
      text: '王小东: no infiltrate, heart of normal size.',
      evidence: { seriesLabel: `${label}.1`, sopClassUID: SOP_CLASS.cr, instanceLabels: labels(`${label}.1`, [0, 1]) },
    }),
  ],
);

const CHEST_CR_JPEG = study(
  { label: 'demo-07', patient: PATIENTS.hong, date: '20260212', time: '113355', description: 'Chest X-ray' },
  ({ label, patient, date }) => [
    crSeries({ label: `${label}.1`, number: 1, description: 'Chest JPEG', views: ['AP'], compression: 'jpegLossless' }),
    screenshotSeries({
      label: `${label}.2`,
      number: 2,
      patient,
      date,
      source: reference(SOP_CLASS.cr, `${label}.1/0`),
    }),
  ],
);

const LETTER = study(
  { label: 'demo-08', patient: PATIENTS.ivanov, date: '20260630', time: '160000', description: 'Discharge letter' },
  ({ label, patient }) => [letterSeries({ label: `${label}.1`, number: 1, patient, title: 'Discharge letter' })],
);

const ABDOMEN_CT = study(
  { label: 'demo-09', patient: PATIENTS.doe, date: '20260701', time: '030415', description: 'CT trauma' },
  ({ label, patient }) => [
    ctSeries({
      label: `${label}.3`,
      number: 3,
      patient,
      description: 'Trauma JPEG',
      slices: 30,
      compression: 'jpegLossless',
    }),
  ],
);

const SPINE_MR = study(
  { label: 'demo-10', patient: PATIENTS.oneill, date: '20250922', time: '121212', description: 'MR head' },
  ({ label }) => [
    mrSeries({
      label: `${label}.1`,
      number: 1,
      description: 'T2 explicit',
      slices: 40,
      compression: 'none',
      weighting: 'T2',
    }),
  ],
);

const CR_OF_ONEILL = study(
  { label: 'demo-11', patient: PATIENTS.oneill, date: '20250923', time: '080001', description: 'Chest X-ray bedside' },
  ({ label }) => [
    crSeries({ label: `${label}.1`, number: 1, description: 'Bedside', views: ['AP'], compression: 'implicit' }),
  ],
);

const NEWBORN_ULTRASOUND: StudyPlan = {
  ...study(
    { label: 'demo-12', patient: PATIENTS.unknown, date: '20260718', time: '', description: '' },
    ({ label, patient, date }) => [
      ultrasoundSeries({ label: `${label}.1`, number: 1, patient, date, frames: 1, compression: 'none' }),
    ],
  ),
  accessionNumber: '',
  referringPhysician: '',
};

const LOW_DOSE_CT = study(
  { label: 'demo-13', patient: PATIENTS.doe, date: '20260702', time: '101500', description: 'CT low dose' },
  ({ label, patient }) => [
    ctSeries({
      label: `${label}.1`,
      number: 1,
      patient,
      description: 'Low dose',
      slices: 24,
      compression: 'none',
      size: 256,
    }),
  ],
);

const PRIOR_OF_IVANOV = study(
  { label: 'demo-14', patient: PATIENTS.ivanov, date: '20231105', time: '093000', description: 'Chest X-ray' },
  ({ label }) => [
    crSeries({ label: `${label}.1`, number: 1, description: 'Chest RLE', views: ['PA', 'LL'], compression: 'rle' }),
  ],
);

/** What the two demo PACS hold: A is where people search, B holds little and receives. */
export const DEMO_STUDIES: Readonly<Record<'A' | 'B', readonly StudyPlan[]>> = {
  A: [
    CHEST_CT,
    CHEST_CT_CONTROL,
    HEAD_MR,
    HEAD_MR_EARLIER,
    HEART_ULTRASOUND,
    CHEST_CR,
    CHEST_CR_JPEG,
    LETTER,
    ABDOMEN_CT,
    SPINE_MR,
    CR_OF_ONEILL,
    NEWBORN_ULTRASOUND,
  ],
  B: [LOW_DOSE_CT, PRIOR_OF_IVANOV],
};

/** Writes the studies of a demo PACS as Part 10 files below `dir`: the same bytes every time. */
export async function writeDemoStudies(dir: string, pacs: 'A' | 'B'): Promise<WrittenStudy[]> {
  const written: WrittenStudy[] = [];
  for (const plan of DEMO_STUDIES[pacs]) written.push(await writePlan(dir, plan));
  return written;
}
