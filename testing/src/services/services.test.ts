import pg from 'pg';
import { expect, test } from 'vitest';
import { accepts, INSTALL_COMMAND, run, startOrthanc, startPostgres, startStorescp, startTemporal } from './index.ts';

test('a database is created as a copy of a prepared template', async () => {
  await using postgres = await startPostgres();
  const prepare = async (connectionString: string) => {
    const client = new pg.Client({ connectionString });
    await client.connect();
    await client.query('CREATE TABLE word (text text); INSERT INTO word VALUES ($$ready$$)');
    await client.end();
  };
  const template = await postgres.template('prepared', prepare);
  expect(await postgres.template('prepared', () => Promise.reject(new Error('prepared twice')))).toBe(template);
  const client = new pg.Client({ connectionString: await postgres.createDatabase('first', template) });
  await client.connect();
  const { rows } = await client.query('SELECT text, current_setting($$timezone$$) AS zone FROM word');
  await client.end();
  expect(rows).toEqual([{ text: 'ready', zone: 'UTC' }]);
});

test('a kept PostgreSQL folder survives a kill and a survivor of it is replaced', async () => {
  await using temporary = await startPostgres();
  const dir = `${temporary.dir}-kept`;
  const password = 'kept';
  const first = await startPostgres({ dir, password });
  await first.createDatabase('kept');
  await using second = await startPostgres({ dir, password });
  expect(await accepts(first.port)).toBe(false);
  await second.dropDatabase('kept');
  await second.stop();
  await run('rm', ['-rf', dir]);
});

test('Temporal serves its namespace', async () => {
  await using temporal = await startTemporal();
  expect(await accepts(temporal.port)).toBe(true);
  expect(temporal.namespace).toBe('dicom');
});

test('Orthanc answers C-ECHO and its REST API', async () => {
  await using orthanc = await startOrthanc({ peers: [{ aeTitle: 'STORESCP', port: 4 }] });
  const echo = await run('echoscu', ['-aec', 'ORTHANC', '127.0.0.1', String(orthanc.dicomPort)]);
  expect(echo).toMatchObject({ code: 0 });
  expect(await orthanc.instances()).toEqual([]);
  expect(await orthanc.studies()).toEqual([]);
  await orthanc.addPeer({ aeTitle: 'OTHER', port: 5 });
  expect(await (await orthanc.request('/modalities')).json()).toEqual(['OTHER', 'STORESCP']);
});

test('storescp answers C-ECHO and is gone afterwards', async () => {
  const storescp = await startStorescp();
  await using owned = storescp;
  expect(await run('echoscu', ['127.0.0.1', String(owned.port)])).toMatchObject({ code: 0 });
  expect(await owned.files()).toEqual([]);
  await owned.stop();
  expect(await accepts(storescp.port)).toBe(false);
});

test('a missing program is named together with the command that installs it', async () => {
  await expect(run('no-such-program', [])).rejects.toThrow(INSTALL_COMMAND);
});

test('a program that does not end is killed at its deadline', async () => {
  await expect(run('sleep', ['30'], { deadlineMs: 100 })).rejects.toThrow('sleep did not end within 100 ms');
});
