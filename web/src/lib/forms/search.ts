import type { SearchInput } from '@viaduct/client';
import type { Values } from '../types.ts';
import { transfer } from '../words/transfer.ts';

const text = transfer.search;

/** The criteria of a search form, in their order on the page. */
export const CRITERIA = [
  'patientId',
  'patientName',
  'birthDate',
  'studyDateFrom',
  'studyDateUntil',
  'modalities',
  'accessionNumber',
  'studyDescription',
  'studyInstanceUid',
] as const;
export type Criterion = (typeof CRITERIA)[number];

/** The fields of the form in which the API’s fields stand. */
export const SEARCH_FIELDS = { sourceIds: 'sources' } as const;

/** A calendar date as people write it (`2026-11-21`, `20261121`, `21.11.2026`) as `YYYY-MM-DD`, or undefined. */
export function readDate(written: string): string | undefined {
  const match =
    /^(?<y>\d{4})-(?<m>\d{1,2})-(?<d>\d{1,2})$/.exec(written) ??
    /^(?<y>\d{4})(?<m>\d{2})(?<d>\d{2})$/.exec(written) ??
    /^(?<d>\d{1,2})\.(?<m>\d{1,2})\.(?<y>\d{4})$/.exec(written);
  const { y, m, d } = match?.groups ?? {};
  if (!y || !m || !d) return undefined;
  const date = new Date(Date.UTC(Number(y), Number(m) - 1, Number(d)));
  const text = date.toISOString().slice(0, 10);
  return text === `${y}-${m.padStart(2, '0')}-${d.padStart(2, '0')}` ? text : undefined;
}

/** `CT, mr` as a list. */
export function readModalities(written: string): string[] {
  return written
    .toUpperCase()
    .split(/[\s,;/]+/)
    .filter(Boolean);
}

const value = (values: Values, name: Criterion) => (values[name] ?? '').trim();
const DATES = ['birthDate', 'studyDateFrom', 'studyDateUntil'] as const;

/** What is wrong with criteria as they are written, by field. */
export function criteriaProblems(values: Values): Record<string, string> {
  const errors: Record<string, string> = {};
  const [from, until] = [value(values, 'studyDateFrom'), value(values, 'studyDateUntil')].map(readDate);
  if (from && until && until < from) errors['studyDateUntil'] = text.badRange;
  for (const name of DATES) {
    if (value(values, name) && !readDate(value(values, name))) errors[name] = text.badDate;
  }
  if (readModalities(value(values, 'modalities')).some((modality) => !/^[A-Z0-9]{1,16}$/.test(modality)))
    errors['modalities'] = text.badModality;
  if (value(values, 'studyInstanceUid') && !/^[\d.]{1,64}$/.test(value(values, 'studyInstanceUid')))
    errors['studyInstanceUid'] = text.badUid;
  return errors;
}

/** What a search form asks for, or what is wrong with it by field. */
export function readSearch(
  sourceIds: readonly string[],
  values: Values,
): { input: SearchInput } | { errors: Record<string, string> } {
  const errors = criteriaProblems(values);
  if (sourceIds.length === 0) errors['sources'] = text.noSource;
  if (CRITERIA.every((name) => !value(values, name))) errors['patientId'] = text.noCriterion;
  if (Object.keys(errors).length > 0) return { errors };

  const given = (name: Criterion) => (value(values, name) ? { [name]: value(values, name) } : {});
  const date = (name: (typeof DATES)[number]) => {
    const read = readDate(value(values, name));
    return read ? { [name]: read } : {};
  };
  const modalities = readModalities(value(values, 'modalities'));
  return {
    input: {
      sourceIds: [...sourceIds],
      ...given('patientId'),
      ...given('patientName'),
      ...date('birthDate'),
      ...date('studyDateFrom'),
      ...date('studyDateUntil'),
      ...(modalities.length > 0 ? { modalities } : {}),
      ...given('accessionNumber'),
      ...given('studyDescription'),
      ...given('studyInstanceUid'),
    },
  };
}
