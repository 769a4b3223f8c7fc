import { once } from 'node:events';
import { testDatabase, waitFor, type TestDatabase } from '@viaduct/testing';
import type { SearchInput } from '@viaduct/client';
import type { StudyAnswer } from '@viaduct/pacs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakePacs, studyAnswer } from '../harness/fakes.ts';
import { readEvents } from '../harness/readEvents.ts';
import { startTestServer, type TestPerson, type TestServer } from '../harness/testServer.ts';
import { forgetAnswers } from './catalogue.ts';

let postgres: TestDatabase;
let server: TestServer;
let person: TestPerson;
/** What the servers answer, by name. */
let answers: Record<string, (signal: AbortSignal) => AsyncIterable<StudyAnswer> | StudyAnswer[]>;
const stopped: string[] = [];
const ids: Record<string, string> = {};

beforeEach(async () => {
  postgres = await testDatabase();
  answers = {};
  stopped.length = 0;
  server = await startTestServer(postgres.connectionString, {
    pacs: () =>
      fakePacs((nodeId, signal) => {
        const name = Object.keys(ids).find((known) => ids[known] === nodeId) ?? '';
        return answers[name]?.(signal) ?? [];
      }),
  });
  person = await server.person('researcher');
  for (const [index, name] of ['A', 'B'].entries()) {
    const data = { kind: 'server', name, aeTitle: name, host: 'x', port: 104 + index };
    ids[name] = (await server.database.client.node.create({ data })).id;
  }
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const sources = (...names: string[]) => names.map((name) => ids[name] ?? '');
const start = async (who: TestPerson, ...names: string[]) => begin(who, { sourceIds: sources(...names) });
const begin = async (who: TestPerson, body: SearchInput) => {
  const { data } = await who.client.POST('/api/v1/searches', { body });
  return data?.id ?? '';
};
/** Lets server A count how often it is asked. */
const counting = () => {
  let times = 0;
  answers['A'] = () => {
    times += 1;
    return [studyAnswer({ numberOfSeries: times })];
  };
  return () => times;
};
const read = async (who: TestPerson, id: string, wait = 5_000) => {
  const { data } = await who.client.GET('/api/v1/searches/{id}', { params: { path: { id }, query: { wait } } });
  return data;
};
const many = (count: number, day: (n: number) => string) =>
  Array.from({ length: count }, (_x, n) => studyAnswer({ studyInstanceUid: `1.2.${n + 1}`, studyDate: day(n) }));
/** Gives one study, then nothing until it is stopped. */
async function* hanging(name: string, signal: AbortSignal): AsyncGenerator<StudyAnswer> {
  yield studyAnswer({ studyInstanceUid: '1.9' });
  if (!signal.aborted) await once(signal, 'abort');
  stopped.push(name);
}

test('several servers are asked at once; the newest study comes first, and all go to the catalogue', async () => {
  answers['A'] = () => [studyAnswer({ studyInstanceUid: '1.1', studyDate: '20200101' })];
  answers['B'] = () => [studyAnswer({ studyInstanceUid: '1.2', studyDate: '20240101', numberOfSeries: null })];
  const search = await read(person, await start(person, 'A', 'B'));
  expect(search).toMatchObject({ state: 'done', capped: false });
  expect(search?.studies.map(({ studyInstanceUid }) => studyInstanceUid)).toEqual(['1.2', '1.1']);
  expect(search?.studies[0]).toMatchObject({
    nodeId: ids['B'],
    studyDate: '2024-01-01',
    studyTime: '10:15',
    patientBirthDate: '1960-02-03',
    numberOfSeries: null,
  });
  expect(search?.sources).toEqual([
    expect.objectContaining({ nodeId: ids['A'], state: 'done', count: 1 }),
    expect.objectContaining({ nodeId: ids['B'], state: 'done', count: 1 }),
  ]);
  const kept = await server.database.client.catalogueStudy.findMany({ orderBy: { studyInstanceUid: 'asc' } });
  expect(kept.map(({ studyInstanceUid, studyDate, modalities }) => [studyInstanceUid, studyDate, modalities])).toEqual([
    ['1.1', '20200101', ['CT']],
    ['1.2', '20240101', ['CT']],
  ]);
});

test('of many studies the 200 newest are listed, and it says that more exist', async () => {
  answers['A'] = () => many(350, (n) => `2024${String((n % 12) + 1).padStart(2, '0')}01`);
  const search = await read(person, await start(person, 'A'));
  expect(search).toMatchObject({ capped: true, sources: [{ state: 'done', count: 350 }] });
  expect(search?.studies).toHaveLength(200);
  const dates = search?.studies.map(({ studyDate }) => studyDate) ?? [];
  expect(dates).toEqual([...dates].sort().reverse());
});

test('a server that does not stop answering is stopped', async () => {
  answers['A'] = async function* () {
    try {
      for (let n = 1; ; n++) yield studyAnswer({ studyInstanceUid: `1.2.${n}` });
    } finally {
      stopped.push('A');
    }
  };
  const search = await read(person, await start(person, 'A'));
  expect(search).toMatchObject({ capped: true, sources: [{ state: 'capped', count: 2_000 }] });
  expect(stopped).toEqual(['A']);
});

test('one server that fails does not harm the others', async () => {
  answers['A'] = async function* () {
    yield studyAnswer();
    throw new Error('A does not answer.');
  };
  answers['B'] = () => [studyAnswer({ studyInstanceUid: '1.5' })];
  const search = await read(person, await start(person, 'A', 'B'));
  expect(search?.state).toBe('done');
  expect(search?.sources[0]).toMatchObject({ state: 'failed', count: 1, sentence: 'A does not answer.' });
  expect(search?.studies).toHaveLength(2);
});

test('an answer that a server repeats is listed once', async () => {
  answers['A'] = () => [studyAnswer(), studyAnswer()];
  expect((await read(person, await start(person, 'A')))?.studies).toHaveLength(1);
});

test('a new search of the same session ends the one before at the server', async () => {
  answers['A'] = (signal) => hanging('A', signal);
  const first = await start(person, 'A');
  await waitFor(async () => (await read(person, first, 0))?.studies.length === 1);
  const second = await start(person, 'B');
  await waitFor(() => stopped.includes('A'));
  expect(await read(person, first, 0)).toBeUndefined();
  expect(await read(person, second)).toMatchObject({ state: 'done' });
});

test('stopping keeps what was found and shows the source as stopped', async () => {
  answers['A'] = (signal) => hanging('A', signal);
  const id = await start(person, 'A');
  await waitFor(async () => (await read(person, id, 0))?.studies.length === 1);
  await person.client.DELETE('/api/v1/searches/{id}', { params: { path: { id } } });
  expect(await read(person, id)).toMatchObject({ state: 'stopped', sources: [{ state: 'stopped' }], studies: [{}] });
  await waitFor(() => stopped.includes('A'));
});

test('a search belongs to its session', async () => {
  const id = await start(person, 'A');
  const other = await server.person('administrator');
  expect(await read(other, id)).toBeUndefined();
});

test('the stream repeats what came before, goes on, and ends with done', async () => {
  let more = (_study: StudyAnswer) => {};
  answers['A'] = async function* () {
    yield studyAnswer({ studyInstanceUid: '1.1' });
    yield await new Promise<StudyAnswer>((resolve) => (more = resolve));
  };
  const id = await start(person, 'A');
  await waitFor(async () => (await read(person, id, 0))?.studies.length === 1);
  const events = readEvents(await server.fetch(`/api/v1/searches/${id}/events`, { headers: person.headers }));
  expect((await events.next()).value).toMatchObject({ event: 'source', data: { state: 'searching' } });
  expect((await events.next()).value).toMatchObject({ event: 'study', data: { studyInstanceUid: '1.1' } });
  more(studyAnswer({ studyInstanceUid: '1.2' }));
  expect((await events.next()).value).toMatchObject({ event: 'study', data: { studyInstanceUid: '1.2' } });
  expect((await events.next()).value).toMatchObject({ event: 'source', data: { state: 'done', count: 2 } });
  expect((await events.next()).value).toMatchObject({ event: 'done', data: { state: 'done', capped: false } });
  expect((await events.next()).done).toBe(true);
});

test('folders, suspended servers and unknown ones are refused by name of the field', async () => {
  await server.database.client.node.update({ where: { id: ids['B'] }, data: { suspended: true } });
  const { error } = await person.client.POST('/api/v1/searches', { body: { sourceIds: sources('A', 'B') } });
  expect(error).toMatchObject({ status: 422, errors: [{ path: 'sourceIds.1', message: 'B is suspended.' }] });
});

test('the series of a study are asked of its server', async () => {
  const params = { path: { nodeId: ids['A'] ?? '', studyInstanceUid: '1.2.3' } };
  const { data } = await person.client.GET('/api/v1/studies/{nodeId}/{studyInstanceUid}/series', { params });
  expect(data?.items).toMatchObject([{ seriesInstanceUid: '1.2.3.1', modality: 'CT' }]);
});

describe('a question that was answered lately', () => {
  const ct = () => ({ sourceIds: sources('A'), modalities: ['CT', 'MR'] });

  test('is answered from what was found then, and says when that was', async () => {
    const times = counting();
    await read(person, await begin(person, ct()));
    const other = await server.person('operator');
    const again = await read(other, await begin(other, { ...ct(), patientName: '', modalities: ['MR', 'CT'] }));
    expect(again).toMatchObject({ studies: [{ numberOfSeries: 1 }], sources: [{ state: 'done', count: 1 }] });
    expect(Date.parse(again?.sources[0]?.retrievedAt ?? '')).toBeLessThanOrEqual(Date.now());
    expect(times()).toBe(1);
  });

  test('is asked again on request, and when it differs', async () => {
    const times = counting();
    await read(person, await begin(person, ct()));
    const fresh = await read(person, await begin(person, { ...ct(), fresh: true }));
    expect(fresh).toMatchObject({ studies: [{ numberOfSeries: 2 }] });
    expect(fresh?.sources[0]?.retrievedAt).toBeUndefined();
    await read(person, await begin(person, { ...ct(), modalities: ['CT'] }));
    expect(times()).toBe(3);
  });

  test.each([
    ['the answer is too old', `UPDATE catalogue_question SET retrieved_at = now() - interval '11 minutes'`],
    ['the server was changed since', `UPDATE node SET updated_at = now() + interval '1 s'`],
    ['a study of the answer is not kept any more', 'DELETE FROM catalogue_study'],
  ])('is asked again when %s', async (_why, sql) => {
    const times = counting();
    await read(person, await begin(person, ct()));
    await server.database.pool.query(sql);
    await read(person, await begin(person, ct()));
    expect(times()).toBe(2);
  });

  test('is asked again when it was not answered in full', async () => {
    const ask = async () => read(person, await begin(person, ct()));
    answers['A'] = () => many(2_001, () => '20240101');
    await ask();
    answers['A'] = async function* () {
      yield studyAnswer();
      throw new Error('A broke off.');
    };
    await ask();
    answers['A'] = (signal) => hanging('A', signal);
    const id = await begin(person, ct());
    await waitFor(async () => (await read(person, id, 0))?.studies.length === 1);
    await person.client.DELETE('/api/v1/searches/{id}', { params: { path: { id } } });
    await waitFor(() => stopped.includes('A'));
    answers['A'] = () => [];
    expect(await ask()).toMatchObject({ studies: [], sources: [{ state: 'done', count: 0 }] });
    expect((await ask())?.sources[0]?.retrievedAt).toBeDefined();
  });

  test('is asked once for two who ask it at the same time', async () => {
    let answerNow = () => {};
    let times = 0;
    answers['A'] = async function* () {
      times += 1;
      await new Promise<void>((resolve) => (answerNow = resolve));
      yield studyAnswer();
    };
    const other = await server.person('operator');
    const first = await begin(person, ct());
    await waitFor(() => times === 1);
    const second = await begin(other, ct());
    answerNow();
    expect(await read(person, first)).toMatchObject({ studies: [{}] });
    expect(await read(other, second)).toMatchObject({ studies: [{}] });
    expect(times).toBe(1);
  });

  test('is forgotten when it is too old, and so are studies', async () => {
    const { pool, client } = server.database;
    answers['A'] = () => [studyAnswer()];
    await read(person, await begin(person, ct()));
    await forgetAnswers(pool, { freshMinutes: 10, days: 30 });
    expect([await client.catalogueQuestion.count(), await client.catalogueStudy.count()]).toEqual([1, 1]);
    await pool.query(`UPDATE catalogue_question SET retrieved_at = now() - interval '11 minutes'`);
    await pool.query(`UPDATE catalogue_study SET retrieved_at = now() - interval '31 days'`);
    await forgetAnswers(pool, { freshMinutes: 10, days: 30 });
    expect([await client.catalogueQuestion.count(), await client.catalogueStudy.count()]).toEqual([0, 0]);
  });
});
