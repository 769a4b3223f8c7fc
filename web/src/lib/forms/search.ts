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

/** What a search form asks for, or what is wrong with it by field. */
export function readSearch(
  sourceIds: readonly string[],
  values: Values,
): { input: SearchInput } | { errors: Record<string, string> } {
  const errors: Record<string, string> = {};
  const value = (name: Criterion) => (values[name] ?? '').trim();
  const dates: { [Name in 'birthDate' | 'studyDateFrom' | 'studyDateUntil']?: string } = {};
  for (const name of ['birthDate', 'studyDateFrom', 'studyDateUntil'] as const) {
    if (!value(name)) continue;
    const date = readDate(value(name));
    if (date) dates[name] = date;
    else errors[name] = text.badDate;
  }
  const modalities = readModalities(value('modalities'));
  if (sourceIds.length === 0) errors['sources'] = text.noSource;
  if (CRITERIA.every((name) => !value(name))) errors['patientId'] = text.noCriterion;
  if (dates.studyDateFrom && dates.studyDateUntil && dates.studyDateUntil < dates.studyDateFrom)
    errors['studyDateUntil'] = text.badRange;
  if (modalities.some((modality) => !/^[A-Z0-9]{1,16}$/.test(modality))) errors['modalities'] = text.badModality;
  if (value('studyInstanceUid') && !/^[\d.]{1,64}$/.test(value('studyInstanceUid')))
    errors['studyInstanceUid'] = text.badUid;
  if (Object.keys(errors).length > 0) return { errors };

  const given = (name: Criterion) => (value(name) ? { [name]: value(name) } : {});
  return {
    input: {
      sourceIds: [...sourceIds],
      ...given('patientId'),
      ...given('patientName'),
      ...dates,
      ...(modalities.length > 0 ? { modalities } : {}),
      ...given('accessionNumber'),
      ...given('studyDescription'),
      ...given('studyInstanceUid'),
    },
  };
}
