import { formatAhead, formatBytes, formatCount, formatDay, formatDuration, formatRelative } from '../format.ts';
import type { Ending, Forecast } from '../forms/start.ts';
import { bytesOf, imagesIn, type Experience } from '../forms/volume.ts';
import type { BasketItem, SearchSource } from '../types.ts';
import { countOf, images, patients, seriesOf, studies } from './count.ts';

/** What a basket holds. `atLeast`: some source did not say how many. */
export interface BasketFigures {
  readonly studies: number;
  readonly patients: number;
  readonly series: number;
  readonly images: number;
  readonly atLeast: boolean;
  /** About; absent where it cannot be known. */
  readonly bytes?: number | undefined;
}

/** Adds up a basket; with what was learned from past transfers, about how large it is. */
export function figuresOf(basket: readonly BasketItem[], experience: Experience = []): BasketFigures {
  const seriesIn = (item: BasketItem) => item.seriesInstanceUids.length || item.study.numberOfSeries;
  return {
    studies: basket.length,
    patients: new Set(basket.map(({ study }) => study.patientId)).size,
    series: basket.reduce((sum, item) => sum + (seriesIn(item) ?? 0), 0),
    images: basket.reduce((sum, item) => sum + (imagesIn(item) ?? 0), 0),
    atLeast: basket.some((item) => seriesIn(item) === null || imagesIn(item) === null),
    bytes: bytesOf(basket, experience),
  };
}

/** `12 studies of 3 patients, 43 series, 9,310 images, about 4.9 GB`. */
export function basketSentence(figures: BasketFigures): string {
  const least = figures.atLeast ? 'at least ' : '';
  const parts = [`${studies(figures.studies)} of ${patients(figures.patients)}`];
  if (figures.series) parts.push(`${least}${seriesOf(figures.series)}`);
  if (figures.images) parts.push(`${least}${images(figures.images)}`);
  if (figures.bytes) parts.push(`about ${formatBytes(figures.bytes)}`);
  return parts.join(', ');
}

/** The choices that the summary names. */
export interface Choices {
  readonly destination: string | undefined;
  readonly project: string | undefined;
  readonly pseudonymize: boolean;
  readonly pseudonym: string;
  /** Name of the profile by which the project pseudonymizes. */
  readonly profile?: string | undefined;
  readonly urgent: boolean;
  /** When it begins, as a sentence. */
  readonly when: string;
  /** When it ends, as `endSentence` says it; absent where nobody can know. */
  readonly ends?: string | undefined;
}

/** When a transfer begins: `starts now`, `starts today 22:00, in 3 h 12 min (hours of PACS A)`. */
export function startSentence(forecast: Forecast, now: number, zone: string): string {
  if (forecast.open)
    return forecast.closesAt === null ? 'starts now' : `starts now, stops ${formatDay(forecast.closesAt, now, zone)}`;
  const { node, opensAt } = forecast;
  if (opensAt === null) return node ? `waits: ${node} is suspended or never open` : 'waits: none of its hours is open';
  const why = node ? ` (hours of ${node})` : '';
  return `starts ${formatDay(opensAt, now, zone)}, in ${formatAhead(opensAt, now)}${why}`;
}

/** When a transfer ends: `done about tomorrow 02:40`, or that others of its servers’ work make it later. */
export function endSentence({ at, shared }: Ending, now: number, zone: string): string {
  const about = `done about ${formatDay(at, now, zone)}`;
  return shared ? `${about} at the earliest, since other jobs use the same source` : about;
}

/** The plain sentence before the button: what goes where, how, and when. */
export function summaryOf(figures: BasketFigures, choices: Choices): string {
  const name = choices.pseudonym ? `as ${choices.pseudonym}` : 'with generated pseudonyms';
  const how = choices.pseudonymize
    ? `pseudonymized ${name}${choices.profile ? ` under ${choices.profile}` : ''}`
    : 'with patients’ names, not pseudonymized';
  const where = choices.destination ? `to ${choices.destination}` : 'to a destination you have not chosen yet';
  const frame = choices.project ? ` in ${choices.project}` : '';
  const first = choices.urgent ? ', before others' : '';
  const ends = choices.ends ? `, ${choices.ends}` : '';
  return `${basketSentence(figures)}; ${where}${frame}, ${how}; ${choices.when}${first}${ends}.`;
}

/** What one source has answered so far, or why it did not. `now` in ms since 1970. */
export function sourceSentence(name: string, source: SearchSource, now: number): string {
  switch (source.state) {
    case 'searching':
      return source.count
        ? `${name} still searching, ${formatCount(source.count)} so far`
        : `${name} still searching …`;
    case 'done':
      return source.retrievedAt
        ? `${name} answered ${formatCount(source.count)} from what was found ${formatRelative(Date.parse(source.retrievedAt), now)}`
        : `${name} answered ${formatCount(source.count)} in ${formatDuration(source.ms)}`;
    case 'capped':
      return `${name}: the first ${formatCount(source.count)}, more exist`;
    case 'stopped':
      return `${name} stopped after ${formatCount(source.count)}`;
    case 'failed':
      return source.sentence ?? `${name} did not answer`;
  }
}

export const transfer = {
  title: 'Transfer',
  search: {
    title: 'Search',
    sources: 'Sources',
    noSources: 'No node may be a source yet.',
    toNodes: 'Add one',
    patientId: 'Patient ID',
    patientName: 'Patient name',
    wildcards: 'Names as Last, First. * stands for anything, ? for one character.',
    birthDate: 'Birth date',
    from: 'Study date from',
    until: 'Study date until',
    modalities: 'Modality',
    accession: 'Accession number',
    description: 'Study description',
    uid: 'Study Instance UID',
    act: 'Search',
    again: 'Ask again',
    stop: 'Stop',
    clear: 'Clear',
    noSource: 'Choose at least one source.',
    noCriterion: 'Enter at least one thing to look for.',
    badDate: 'Write the date as 2026-11-21.',
    badRange: 'The range ends before it begins.',
    badUid: 'A unique identifier has digits and dots only.',
    badModality: 'Write modalities as CT, MR.',
  },
  results: {
    title: 'Results',
    caption: 'Studies found, newest first',
    idleTitle: 'Find studies to transfer',
    idle: 'Choose the sources, say what you look for, and search. Results appear here as the servers answer.',
    searching: 'Searching …',
    none: 'No study matches',
    noneHelp: 'Try fewer criteria, or wildcards: Doe*',
    found: (count: number) => countOf(count, 'study found', 'studies found'),
    capped: 'More studies exist than are shown. Narrow the search.',
    lost: 'The connection to the search was lost. Search again.',
    add: 'Add to basket',
    addPicked: 'Add selected to basket',
    select: 'Select',
    inBasket: 'In the basket',
    open: 'Show series',
    close: 'Hide series',
    series: 'Series of this study',
    noSeries: 'The server names no series.',
    columns: {
      date: 'Study date',
      patient: 'Patient',
      modalities: 'Modality',
      description: 'Description',
      accession: 'Accession no.',
      amount: 'Series / images',
      source: 'Source',
    },
    seriesColumns: { number: 'Number', modality: 'Modality', description: 'Description', images: 'Images' },
  },
  basket: {
    title: 'Basket',
    empty: 'Nothing chosen yet. Select studies in the results; the basket keeps them across searches.',
    remove: 'Remove',
    removeAll: 'Empty the basket',
    removed: (count: number) => `${studies(count)} taken out of the basket.`,
    someSeries: (count: number) => `${seriesOf(count)} only`,
  },
  options: {
    title: 'Transfer',
    destination: 'Destination',
    project: 'Project',
    choose: 'Choose …',
    noProjects: 'There is no project yet.',
    createProject: 'Create a project',
    pseudonymize: 'Pseudonymize',
    pseudonymizeMust: 'You may transfer pseudonymized data only.',
    pseudonym: 'Pseudonym',
    pseudonymHelp: 'Empty: one is generated per patient.',
    trialId: 'Trial ID',
    trialName: 'Trial name',
    trialHelp: 'Empty: as the project says.',
    excludeModalities: 'Leave out modalities',
    excludeModalitiesHelp: 'Presentation states (PR) and reports (SR) are mostly text that names people.',
    when: 'When',
    summarize: 'Update this summary',
    closed: (name: string, gate: string) => `${name} – ${gate}`,
    urgent: 'Urgent: goes before others',
    act: (count: number) => (count ? `Start transfer of ${studies(count)}` : 'Start transfer'),
    started: (number: number) => `Job ${number} is on its way.`,
    noDestination: 'Choose where the studies go.',
    noProject: 'Choose the project they belong to.',
    nothing: 'Add at least one study to the basket.',
    manyPatients: (count: number) =>
      `One pseudonym stands for one patient, the basket has ${count}. Leave it empty or transfer each patient alone.`,
    badPseudonym: 'Use letters, digits, dot, hyphen, underscore and space only, at most 64.',
    tooLong: 'At most 64 characters.',
  },
} as const;
