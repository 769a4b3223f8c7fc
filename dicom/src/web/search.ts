import { keywordOf } from '../dictionary/index.ts';
import type { Answer, Identifier, QueryLevel } from '../dimse/types.ts';
import { withoutTrailing } from '../part10/index.ts';
import type { RequestOptions, WebClient } from './client.ts';
import { WebError } from './errors.ts';
import { textOfBody } from './http.ts';

/** Answers that are asked for at a time; servers may give fewer. */
const PAGE = 1_000;
/** Longest answer to one request, in bytes. */
const MAX_PAGE_LENGTH = 64 * 1024 * 1024;
const RESOURCE: Readonly<Record<QueryLevel, string>> = {
  PATIENT: 'patients',
  STUDY: 'studies',
  SERIES: 'series',
  IMAGE: 'instances',
};

/** How a search is made. */
export interface SearchOptions extends RequestOptions {
  /** Answers after which it ends. */
  readonly limit?: number;
  readonly fuzzyNames?: boolean;
}

/**
 * Searches a server (QIDO-RS, PS3.18 §10.6) page by page and gives each answer, in the shape of a C-FIND's. Study and series of the
 * identifier become the path, keys with values filters, empty ones `includefield`.
 * @throws WebError
 */
export async function* search(
  client: WebClient,
  level: QueryLevel,
  identifier: Identifier,
  { limit = Infinity, fuzzyNames = false, ...options }: SearchOptions = {},
): AsyncGenerator<Answer, void, undefined> {
  const { path, query, isBelowStudy } = resourceOf(level, identifier);
  if (fuzzyNames) query.append('fuzzymatching', 'true');
  let given = 0;
  for (;;) {
    const page = new URLSearchParams(query);
    page.append('limit', String(Math.min(PAGE, limit - given)));
    if (given > 0) page.append('offset', String(given));
    const headers = { accept: 'application/dicom+json' };
    const request = { method: 'GET', url: client.url('qido', path, page), headers } as const;
    // 404 where the path names a study: there is no such study (PS3.18 §10.6.3.1).
    const accepted = isBelowStudy ? [200, 204, 206, 404] : [200, 204, 206];
    const response = await client.request(request, accepted, options);
    const isEmpty = response.status === 204 || response.status === 404;
    const answers = parseAnswers(isEmpty ? '' : await textOfBody(response, MAX_PAGE_LENGTH));
    if (isEmpty) response.close();
    for (const answer of answers) {
      if (given >= limit) return;
      given += 1;
      yield answer;
    }
    // A server that gives smaller pages says that there are more (PS3.18 §8.3.4.4).
    const isLast = answers.length < PAGE && !/^299\b/.test(response.headers['warning'] ?? '');
    if (isLast || answers.length === 0 || given >= limit) return;
  }
}

function resourceOf(
  level: QueryLevel,
  identifier: Identifier,
): { path: string; query: URLSearchParams; isBelowStudy: boolean } {
  const query = new URLSearchParams();
  const parents: string[] = [];
  const single = (keyword: string) => {
    const value = identifier[keyword];
    return typeof value === 'string' && value !== '' && !/[*?\\]/.test(value) ? value : undefined;
  };
  const inPath = new Set<string>();
  if (level === 'SERIES' || level === 'IMAGE') {
    const study = single('StudyInstanceUID');
    const series = level === 'IMAGE' && study !== undefined ? single('SeriesInstanceUID') : undefined;
    if (study !== undefined) parents.push('studies', study);
    if (series !== undefined) parents.push('series', series);
    if (study !== undefined) inPath.add('StudyInstanceUID');
    if (series !== undefined) inPath.add('SeriesInstanceUID');
  }
  for (const [keyword, value] of Object.entries(identifier)) {
    const text = typeof value === 'string' ? value : value.join(',');
    if (keyword === 'SpecificCharacterSet' || inPath.has(keyword)) continue;
    if (text === '') query.append('includefield', keyword);
    else query.append(keyword, text);
  }
  return {
    path: `/${[...parents.map(encodeURIComponent), RESOURCE[level]].join('/')}`,
    query,
    isBelowStudy: parents.length > 0,
  };
}

/** @throws WebError `protocol-violation` */
function parseAnswers(text: string): Answer[] {
  try {
    const list: unknown = text === '' ? [] : JSON.parse(text);
    if (Array.isArray(list)) return list.map(answerOf);
  } catch {
    // Reported below, like any other text that is no list.
  }
  throw new WebError('protocol-violation', { what: 'answer' });
}

/** Attributes of the DICOM JSON Model (PS3.18 §F) as text by keyword; sequences and binary values are left out. */
function answerOf(dataSet: unknown): Answer {
  const answer: Record<string, readonly string[]> = {};
  for (const [tag, element] of Object.entries(dataSet ?? {})) {
    const keyword = keywordOf(Number.parseInt(tag, 16));
    const { vr, Value: values } = element as { vr?: unknown; Value?: unknown };
    if (keyword === undefined || vr === 'SQ') continue;
    answer[keyword] = Array.isArray(values) ? values.map(textOfValue) : [];
  }
  return answer;
}

function textOfValue(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return '';
  const { Alphabetic = '', Ideographic = '', Phonetic = '' } = value as Record<string, string>;
  return withoutTrailing([Alphabetic, Ideographic, Phonetic].join('='), '=');
}
