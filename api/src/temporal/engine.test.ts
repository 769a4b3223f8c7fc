import { randomBytes, randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { testTemporal, waitFor } from '@viaduct/testing';
import { jobWorkflowId } from '@viaduct/workflows/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineError, openEngine, type Engine } from './engine.ts';

const TOKEN = `TOKEN-${randomUUID()}`;
let connection: Connection;
let client: Client;
let engine: Engine;
beforeAll(async () => {
  const { address, namespace } = await testTemporal();
  connection = await Connection.connect({ address });
  client = new Client({ connection, namespace });
  engine = openEngine({ address, namespace, payloadKey: randomBytes(32) });
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await connection.close();
});

const input = () => ({ jobId: randomUUID(), runNo: 1, priorityKey: 3 as const });
const history = async (workflowId: string) =>
  (await client.workflow.getHandle(workflowId).fetchHistory()).events?.map(({ eventType }) => eventType) ?? [];

test('a run is started once, also when it is asked for again', async () => {
  const run = input();
  const id = jobWorkflowId(run.jobId, 1);
  await engine.start(run);
  const { runId } = await client.workflow.getHandle(id).describe();
  await engine.start(run);
  expect((await client.workflow.getHandle(id).describe()).runId).toBe(runId);
  await client.workflow.getHandle(id).terminate();
  await engine.start(run); // also when it has ended
  expect(await engine.describe(id)).toBe('failed');
});

test('signals and cancellation are kept while no worker runs, and the payload is not readable', async () => {
  const run = input();
  const id = jobWorkflowId(run.jobId, 1);
  await engine.start(run);
  expect(await engine.signal(id, 'pause', { requestId: TOKEN })).toBe(true);
  expect(await engine.cancel(id)).toBe(true);
  expect(await history(id)).toHaveLength(4);
  const raw = JSON.stringify(await client.workflow.getHandle(id).fetchHistory());
  expect(raw).not.toContain(TOKEN);
  expect(raw).not.toContain(Buffer.from(TOKEN).toString('base64').slice(0, 30));
  expect(await engine.describe(id)).toBe('running');
  await client.workflow.getHandle(id).terminate();
});

test('what is not there, or has ended, is told apart from a server that does not answer', async () => {
  const run = input();
  const id = jobWorkflowId(run.jobId, 1);
  expect(await engine.describe(id)).toBe('unknown');
  expect(await engine.signal(id, 'pause', {})).toBe(false);
  expect(await engine.cancel(id)).toBe(false);
  await engine.start(run);
  await client.workflow.getHandle(id).terminate();
  expect(await engine.signal(id, 'pause', {})).toBe(false);
  expect(await engine.cancel(id)).toBe(true); // the server takes it, and does nothing

  await using absent = openEngine({ address: '127.0.0.1:1', namespace: 'dicom', payloadKey: randomBytes(32) });
  const error: unknown = await absent.check(500).catch((caught: unknown) => caught);
  expect(engineError(error)).toMatch(/^grpc \d+$/);
});

async function listed(id: string): Promise<boolean> {
  for await (const running of engine.running()) if (running === id) return true;
  return false;
}

test('running workflows are listed', async () => {
  const run = input();
  const id = jobWorkflowId(run.jobId, 1);
  await engine.start(run);
  await waitFor(() => listed(id));
  await client.workflow.getHandle(id).terminate();
});

test('the server is asked when it is checked', async () => {
  await expect(engine.check(3_000)).resolves.toBeUndefined();
});
