import { readFile } from 'node:fs/promises';
import type { Dependencies } from '../dependencies.ts';
import { profileOf } from '../pseudonymize/profile.ts';
import type { TaskFacts } from '../record/tasks.ts';

let version: Promise<string> | undefined;

/** Version of this software, from the package it was started from. */
function softwareVersion(): Promise<string> {
  version ??= readFile(new URL('../../package.json', import.meta.url), 'utf8').then(
    (text) => (JSON.parse(text) as { version: string }).version,
  );
  return version;
}

/** What the manifest of a task says beside its instances: nodes, profile, software, operator. Nothing about the patient. */
export async function manifestHead(dependencies: Dependencies, task: TaskFacts): Promise<Record<string, unknown>> {
  const { database } = dependencies;
  const [source, destination, owner] = await Promise.all([
    database.client.node.findUnique({ where: { id: task.sourceId } }),
    database.client.node.findUnique({ where: { id: task.destinationId } }),
    database.client.user.findUnique({ where: { id: task.ownerId }, select: { id: true, name: true } }),
  ]);
  const nodeFacts = (node: typeof source) =>
    node && { id: node.id, name: node.name, kind: node.kind, aeTitle: node.aeTitle, path: node.path };
  return {
    jobId: task.jobId,
    taskNo: task.taskNo,
    source: nodeFacts(source),
    destination: nodeFacts(destination),
    studyInstanceUid: task.studyInstanceUid,
    profile: task.pseudonymize ? await profileFacts(dependencies, task) : null,
    software: { name: 'Viaduct', version: await softwareVersion() },
    operator: owner,
    writtenAt: new Date().toISOString(),
  };
}

async function profileFacts(dependencies: Dependencies, task: TaskFacts): Promise<Record<string, unknown>> {
  const { profile, hash } = await profileOf(dependencies, task);
  return { id: profile.id, version: profile.version, hash };
}
