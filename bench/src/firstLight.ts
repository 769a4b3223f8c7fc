/**
 * 500 CT images from Orthanc to Orthanc: DCMTK's getscu and then dcmsend beside Viaduct's whole job, without and with
 * pseudonymization, in one run. Prints wall times, ratios and the peak memory of each process.
 *
 *   node bench/src/firstLight.ts [--instances 500] [--bytes 524288] [--rounds 3]
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Job, ViaductClient } from '@viaduct/client';
import { run, startOrthanc, temporaryFolder, writeStudy } from '@viaduct/testing';
import type { Orthanc } from '@viaduct/testing';
import { createJob, createNode, createProject, jobWhen, signIn, startProduct } from '@viaduct/testing/product';
import type { Product } from '@viaduct/testing/product';

const { values } = parseArgs({
  options: {
    instances: { type: 'string', default: '500' },
    bytes: { type: 'string', default: '524288' },
    rounds: { type: 'string', default: '3' },
  },
});
const instances = Number(values.instances);

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function forget(orthanc: Orthanc): Promise<void> {
  const patients = (await (await orthanc.request('/patients')).json()) as string[];
  for (const id of patients) await orthanc.request(`/patients/${id}`, { method: 'DELETE' });
}

async function dcmtk(source: Orthanc, target: Orthanc, study: string): Promise<{ get: number; send: number }> {
  await using folder = await temporaryFolder('viaduct-bench-');
  const called = ['-aec', source.aeTitle, '127.0.0.1', String(source.dicomPort)];
  const must = async (command: string, args: string[]) => {
    const { code, stderr } = await run(command, args, { deadlineMs: 120_000 });
    if (code !== 0) throw new Error(`${command}: ${stderr}`);
  };
  const keys = ['-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${study}`];
  const get = await timed(() => must('getscu', ['-S', '+B', '-od', folder.path, ...keys, ...called]));
  const send = await timed(() =>
    must('dcmsend', ['-aec', target.aeTitle, '127.0.0.1', String(target.dicomPort), '+sd', folder.path]),
  );
  return { get, send };
}

async function viaduct(
  client: ViaductClient,
  nodes: { source: string; target: string; project: string },
  study: string,
  pseudonymize: boolean,
): Promise<number> {
  return timed(async () => {
    const studies = [{ sourceId: nodes.source, studyInstanceUid: study }];
    const job = await createJob(client, {
      kind: 'selective',
      projectId: nodes.project,
      destinationId: nodes.target,
      pseudonymize,
      urgent: false,
      studies,
    });
    const ended = await jobWhen(client, job.id, (now: Job) => now.endedAt !== null, 'the job to end', 300_000);
    if (ended.state !== 'success' || ended.instances.verified !== instances)
      throw new Error(`the job ended ${ended.state} with ${ended.instances.verified} verified`);
  });
}

/** Peak resident memory of each process of the product in MB (VmHWM). */
function peaks(product: Product): Record<string, number> {
  const folder = path.join(product.home, 'run');
  const entries = readdirSync(folder).map((file) => {
    const { pid } = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as { pid: number };
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return [path.basename(file, '.json'), Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)] as const;
  });
  return Object.fromEntries(entries);
}

await using folder = await temporaryFolder('viaduct-bench-study-');
const study = await writeStudy(folder.path, { label: 'bench', instances, bytesPerInstance: Number(values.bytes) });
await using source = await startOrthanc({ aeTitle: 'SOURCE' });
await using target = await startOrthanc({ aeTitle: 'TARGET' });
await run('dcmsend', ['-aec', 'SOURCE', '127.0.0.1', String(source.dicomPort), '+sd', '+r', folder.path], {
  deadlineMs: 120_000,
});
await using product = await startProduct();
const client = await signIn(product);
const server = { kind: 'server' as const, host: '127.0.0.1', maxAssociations: 4, retrieveMethod: 'c-get' as const };
const nodes = {
  source: (await createNode(client, { ...server, name: 'Source', aeTitle: 'SOURCE', port: source.dicomPort })).id,
  target: (await createNode(client, { ...server, name: 'Target', aeTitle: 'TARGET', port: target.dicomPort })).id,
  project: (await createProject(client, 'Bench')).id,
};
console.log(`npm start to ready: ${(product.readyAfterMs / 1000).toFixed(1)} s`);
for (let round = 1; round <= Number(values.rounds); round++) {
  const peer = await dcmtk(source, target, study.studyInstanceUID);
  await forget(target);
  const plain = await viaduct(client, nodes, study.studyInstanceUID, false);
  await forget(target);
  const pseudonymized = await viaduct(client, nodes, study.studyInstanceUID, true);
  await forget(target);
  const sum = peer.get + peer.send;
  console.log(
    `round ${round}: getscu ${peer.get.toFixed(2)} s + dcmsend ${peer.send.toFixed(2)} s = ${sum.toFixed(2)} s; ` +
      `Viaduct ${plain.toFixed(2)} s (${(plain / sum).toFixed(2)}×), pseudonymized ${pseudonymized.toFixed(2)} s (${(pseudonymized / sum).toFixed(2)}×)`,
  );
}
console.log('peak memory, MB:', peaks(product));
