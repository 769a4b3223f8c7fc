import { z } from 'zod';
import { uid, uuid } from '../schemas/common.ts';
import {
  search,
  searchCreated,
  searchDone,
  searchInput,
  searchSource,
  seriesList,
  study,
} from '../schemas/searches.ts';
import { operation } from './operation.ts';

const params = z.object({ id: uuid });
const access = ['search', 'view-identified'] as const;
const unknown = { 404: 'No such search in this session, or it has expired' };

export const createSearch = operation({
  id: 'createSearch',
  method: 'post',
  path: '/searches',
  tag: 'Searches',
  summary: 'Search one or several servers for studies',
  description: 'A session has one search at a time: a new one ends the one before, also at the servers.',
  access,
  body: searchInput,
  answer: { kind: 'json', status: 201, schema: searchCreated },
});

export const getSearch = operation({
  id: 'getSearch',
  method: 'get',
  path: '/searches/{id}',
  tag: 'Searches',
  summary: 'A search as it stands',
  access,
  params,
  query: z.object({
    wait: z.coerce
      .number()
      .int()
      .min(0)
      .max(60_000)
      .default(0)
      .meta({ description: 'Wait up to so many ms for its end' }),
  }),
  answer: { kind: 'json', status: 200, schema: search },
  problems: unknown,
});

export const streamSearch = operation({
  id: 'streamSearch',
  method: 'get',
  path: '/searches/{id}/events',
  tag: 'Searches',
  summary: 'Studies as they come; what came before is repeated first',
  access,
  params,
  answer: { kind: 'events', events: { study, source: searchSource, done: searchDone } },
  problems: unknown,
});

export const stopSearch = operation({
  id: 'stopSearch',
  method: 'delete',
  path: '/searches/{id}',
  tag: 'Searches',
  summary: 'Stop a search, also at the servers; what was found stays readable',
  access,
  params,
  answer: { kind: 'empty', status: 204 },
  problems: unknown,
});

export const listSeries = operation({
  id: 'listSeries',
  method: 'get',
  path: '/studies/{nodeId}/{studyInstanceUid}/series',
  tag: 'Searches',
  summary: 'The series of a study, asked of its server',
  access,
  params: z.object({ nodeId: uuid, studyInstanceUid: uid }),
  answer: { kind: 'json', status: 200, schema: seriesList },
  problems: { 404: 'No such node', 502: 'The server did not answer as it should' },
});
