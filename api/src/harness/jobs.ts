import { randomUUID } from 'node:crypto';
import type { Job, JobInput } from '@viaduct/client';
import type { TestPerson, TestServer } from './testServer.ts';

/** The ids of what a job needs. */
export interface JobGround {
  readonly sourceId: string;
  readonly destinationId: string;
  readonly projectId: string;
}

/** A source, a destination and a project. */
export async function jobGround({ database: { client } }: TestServer): Promise<JobGround> {
  const source = { kind: 'server', name: 'PACS A', aeTitle: 'A', host: 'x', port: 104 };
  const destination = { kind: 'server', name: 'PACS B', aeTitle: 'B', host: 'x', port: 105 };
  const project = { name: 'Trial', trialProtocolId: 'T-1', sealedKey: new Uint8Array(61) };
  return {
    sourceId: (await client.node.create({ data: source })).id,
    destinationId: (await client.node.create({ data: destination })).id,
    projectId: (await client.project.create({ data: project })).id,
  };
}

/** The body of a job of so many studies. */
export function jobBody({ sourceId, destinationId, projectId }: JobGround, studies = 1): JobInput {
  return {
    kind: 'selective',
    projectId,
    destinationId,
    pseudonymize: true,
    studies: Array.from({ length: studies }, (_x, n) => ({ sourceId, studyInstanceUid: `1.2.${n + 1}` })),
  };
}

/** Sends a job under a key of its own. */
export function postJob(person: TestPerson, body: JobInput, key: string = randomUUID()) {
  return person.client.POST('/api/v1/jobs', { params: { header: { 'idempotency-key': key } }, body });
}

/** A job that was created. */
export async function createdJob(person: TestPerson, body: JobInput): Promise<Job> {
  const { data, error } = await postJob(person, body);
  if (!data) throw new Error(error.detail);
  return data;
}
