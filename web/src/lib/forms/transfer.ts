import type { JobInput } from '@viaduct/client';
import type { BasketItem, Series, Study } from '../types.ts';
import { textOf } from './field.ts';
import { checkSchedule, scheduleIn, scheduleOf, scheduleValues, type ScheduleValues } from './schedule.ts';
import { figuresOf, transfer } from '../words/transfer.ts';

const text = transfer.options;
/** (0012,0040) and Patient ID of the output: VR LO without wildcards, path separators or controls. */
const PSEUDONYM = /^[\p{L}\p{N}._ -]{1,64}$/u;

/** (0008,0060), VR CS. */
const MODALITY = /^[A-Z0-9_]{1,16}$/;

/** How a transfer is to be done. */
export interface Options {
  readonly destinationId: string;
  readonly projectId: string;
  readonly pseudonymize: boolean;
  readonly pseudonym: string;
  readonly trialId: string;
  readonly trialName: string;
  /** Modalities that are left out, separated by commas. */
  readonly excludeModalities: string;
  readonly urgent: boolean;
  readonly schedule: ScheduleValues;
  /** The reader's time zone, in which dates of the schedule are meant. */
  readonly zone: string;
}

/** The fields of the form in which the API’s fields stand. */
export const JOB_FIELDS = {
  studies: 'basket',
  'schedule.notBefore': 'notBefore',
  'schedule.windows': 'windows',
} as const;

/** What the options are before anybody has chosen, in the reader's time zone. */
export const noOptions = (zone: string): Options => ({
  destinationId: '',
  projectId: '',
  pseudonymize: true,
  pseudonym: '',
  trialId: '',
  trialName: '',
  excludeModalities: 'PR, SR',
  urgent: false,
  schedule: scheduleValues(null, zone),
  zone,
});

/** The options that a posted form carries. */
export function optionsOf(form: FormData, mayIdentify: boolean): Options {
  const field = (name: string) => textOf(form, name).trim();
  return {
    destinationId: field('destinationId'),
    projectId: field('projectId'),
    // An unticked box is not sent, and one that may not be unticked neither.
    pseudonymize: !mayIdentify || form.has('pseudonymize'),
    pseudonym: field('pseudonym'),
    trialId: field('trialId'),
    trialName: field('trialName'),
    excludeModalities: field('excludeModalities'),
    urgent: form.has('urgent'),
    schedule: scheduleIn(form),
    zone: field('zone') || 'UTC',
  };
}

/** What is wrong with a transfer, by field; empty when it can start. */
export function checkTransfer(basket: readonly BasketItem[], options: Options): Record<string, string> {
  const errors: Record<string, string> = {};
  if (basket.length === 0) errors['basket'] = text.nothing;
  if (!options.destinationId) errors['destinationId'] = text.noDestination;
  if (!options.projectId) errors['projectId'] = text.noProject;
  if (options.pseudonymize && options.pseudonym) {
    const { patients } = figuresOf(basket);
    const problem = pseudonymProblem(options.pseudonym);
    if (problem) errors['pseudonym'] = problem;
    else if (patients > 1) errors['pseudonym'] = text.manyPatients(patients);
  }
  const odd = options.pseudonymize ? modalitiesProblem(modalitiesOf(options.excludeModalities)) : undefined;
  if (odd) errors['excludeModalities'] = odd;
  Object.assign(errors, checkSchedule(options.schedule, options.zone));
  if (options.trialId.length > 64) errors['trialId'] = text.tooLong;
  if (options.trialName.length > 64) errors['trialName'] = text.tooLong;
  return errors;
}

/** Modalities as they are typed, separated by commas or spaces. */
export function modalitiesOf(text: string): string[] {
  return text
    .toUpperCase()
    .split(/[\s,;]+/)
    .filter(Boolean);
}

/** What is wrong with modalities that are to be left out; undefined when nothing is. */
export function modalitiesProblem(modalities: readonly string[]): string | undefined {
  return modalities.every((each) => MODALITY.test(each)) ? undefined : transfer.search.badModality;
}

/** Pseudonyms are written into (0012,0040) and Patient ID: what is wrong with one, undefined when nothing is. */
export function pseudonymProblem(pseudonym: string): string | undefined {
  return PSEUDONYM.test(pseudonym) ? undefined : text.badPseudonym;
}

/** The job that the basket and the options describe. */
export function jobInputOf(basket: readonly BasketItem[], options: Options): JobInput {
  const { projectId, destinationId, pseudonymize, pseudonym, trialId, trialName, urgent } = options;
  const excludeModalities = pseudonymize ? modalitiesOf(options.excludeModalities) : [];
  return {
    kind: 'selective',
    projectId,
    destinationId,
    pseudonymize,
    ...(pseudonymize && pseudonym ? { pseudonym } : {}),
    ...(trialId ? { trialId } : {}),
    ...(trialName ? { trialName } : {}),
    excludeModalities,
    urgent,
    schedule: scheduleOf(options.schedule, options.zone),
    studies: basket.map(({ study, seriesInstanceUids }) => ({
      sourceId: study.nodeId,
      studyInstanceUid: study.studyInstanceUid,
      ...(seriesInstanceUids.length > 0 ? { seriesInstanceUids: [...seriesInstanceUids] } : {}),
    })),
  };
}

/** What is ticked in the results, put into the basket: whole studies (`node|study`) and single series (`node|study|series`). */
export function withPicked(
  basket: readonly BasketItem[],
  studies: readonly Study[],
  picked: readonly string[],
  seriesOf: (key: string) => readonly Series[] | undefined,
): BasketItem[] {
  let next = [...basket];
  for (const study of studies) {
    const key = keyOf(study);
    const some = picked.filter((pick) => pick.startsWith(`${key}|`)).map((pick) => pick.slice(key.length + 1));
    if (some.length > 0) {
      const known = seriesOf(key)?.filter((series) => some.includes(series.seriesInstanceUid)) ?? [];
      const counts = known.map((series) => series.numberOfInstances);
      const sum = counts.reduce<number | null>((all, each) => (all === null || each === null ? null : all + each), 0);
      const chosenInstances = known.length === some.length ? sum : null;
      next = withItem(next, { study, seriesInstanceUids: some, chosenInstances });
    } else if (picked.includes(key)) next = withItem(next, { study, seriesInstanceUids: [], chosenInstances: null });
  }
  return next;
}

/** What tells studies apart: the same study may lie on two servers. */
export function keyOf(study: Pick<Study, 'nodeId' | 'studyInstanceUid'>): string {
  return `${study.nodeId}|${study.studyInstanceUid}`;
}

/** A basket with an item put in; one of the same study is replaced. */
export function withItem(basket: readonly BasketItem[], item: BasketItem): BasketItem[] {
  const key = keyOf(item.study);
  const at = basket.findIndex((each) => keyOf(each.study) === key);
  return at < 0 ? [...basket, item] : basket.with(at, item);
}

/** A basket that a form or the tab's storage has kept; anything malformed is an empty one. */
export function readBasket(kept: string | null): BasketItem[] {
  if (!kept) return [];
  try {
    const items: unknown = JSON.parse(kept);
    return Array.isArray(items) ? items.filter(isItem) : [];
  } catch {
    return [];
  }
}

function isItem(item: unknown): item is BasketItem {
  const { study, seriesInstanceUids } = (item ?? {}) as Partial<BasketItem>;
  return (
    typeof study?.nodeId === 'string' && typeof study.studyInstanceUid === 'string' && Array.isArray(seriesInstanceUids)
  );
}

/** Newest first; studies without a date come last. */
export function byNewest(a: Study, b: Study): number {
  return (
    `${b.studyDate} ${b.studyTime}`.localeCompare(`${a.studyDate} ${a.studyTime}`) || keyOf(a).localeCompare(keyOf(b))
  );
}
