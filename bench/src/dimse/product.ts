import type { ViaductClient } from '@viaduct/client';
import { startOrthanc, waitFor } from '@viaduct/testing';
import type { Orthanc } from '@viaduct/testing';
import { createJob, createNode, createProject, jobNow, signIn, startProduct } from '@viaduct/testing/product';
import type { Product } from '@viaduct/testing/product';
import type { BenchStudy } from './data.ts';

/** The whole product between the scene's Orthanc and another one. */
export interface MeasuredProduct {
  /** Its worker, which moves the bytes. */
  readonly workerPid: number;
  readonly target: Orthanc;
  /** Lets the destination forget everything. */
  emptyTarget(): Promise<void>;
  /**
   * A selective transfer of a study, started through the API. @returns the time from the request to `success`, in s
   * @throws Error when it ends otherwise, or without every instance verified
   */
  transfer(study: BenchStudy, pseudonymize: boolean): Promise<number>;
}

/** Starts Viaduct as a user starts it, and its destination; both are added to the stack. */
export async function startMeasuredProduct(source: Orthanc, stack: AsyncDisposableStack): Promise<MeasuredProduct> {
  const target = stack.use(await startOrthanc({ aeTitle: 'TARGET' }));
  const product: Product = stack.use(await startProduct());
  const client = await signIn(product);
  const node = async ({ aeTitle, dicomPort: port }: Orthanc) =>
    createNode(client, {
      kind: 'server',
      name: aeTitle,
      aeTitle,
      host: '127.0.0.1',
      port,
      maxAssociations: 4,
      retrieveMethod: 'c-get',
    });
  const [from, to] = [await node(source), await node(target)];
  const project = await createProject(client, 'Bench');
  return {
    workerPid: product.pid('worker'),
    target,
    async emptyTarget() {
      const patients = (await (await target.request('/patients')).json()) as string[];
      for (const id of patients) await target.request(`/patients/${id}`, { method: 'DELETE' });
    },
    async transfer(study, pseudonymize) {
      const began = Date.now();
      const job = await createJob(client, {
        kind: 'selective',
        projectId: project.id,
        destinationId: to.id,
        pseudonymize,
        urgent: false,
        studies: [{ sourceId: from.id, studyInstanceUid: study.studyInstanceUID }],
      });
      return (await endOf(client, job.id, study.files.length)) / 1000 - began / 1000;
    },
  };
}

/** When a job ended, as it says itself, ms since 1970. Asked so rarely that the asking does not count. */
async function endOf(client: ViaductClient, id: string, instances: number): Promise<number> {
  const ended = async () => {
    const now = await jobNow(client, id);
    return now.endedAt === null ? undefined : now;
  };
  const job = await waitFor(ended, { deadlineMs: 300_000, intervalMs: 1_000, what: 'the job to end' });
  if (job.state !== 'success' || job.instances.verified !== instances)
    throw new Error(`the job ended ${job.state} with ${job.instances.verified} verified`);
  return Date.parse(job.endedAt ?? '');
}
