import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Job, ScheduleInput, ViaductClient } from '@viaduct/client';
import { spawnPacs, temporaryFolder, writeStudy } from '@viaduct/testing';
import type { Faults, SpawnedPacs, TestStudyOptions, WrittenStudy } from '@viaduct/testing';
import { createJob, createNode, createProject, signIn, startProduct } from '@viaduct/testing/product';
import type { Product, ProductOptions } from '@viaduct/testing/product';

export interface SceneOptions {
  readonly studies: readonly TestStudyOptions[];
  readonly source?: Faults;
  readonly destination?: Faults;
  readonly retrieveMethod?: 'c-get' | 'c-move';
  readonly product?: ProductOptions;
}

/** The product between two scripted PACS, with their nodes and a project. */
export interface Scene extends AsyncDisposable {
  product: Product;
  client: ViaductClient;
  readonly source: SpawnedPacs;
  /** Folder of the source; `rescan` it after writing studies there. */
  readonly sourceFolder: string;
  readonly destination: SpawnedPacs;
  readonly studies: readonly WrittenStudy[];
  readonly sourceId: string;
  readonly destinationId: string;
  readonly projectId: string;
  /** Starts a job of the given studies (all by default). */
  transfer(options?: {
    readonly pseudonymize?: boolean;
    readonly studies?: readonly WrittenStudy[];
    readonly pseudonym?: string;
    readonly schedule?: ScheduleInput;
  }): Promise<Job>;
}

/** Sets the stage; everything ends when it is disposed of. */
export async function setScene(options: SceneOptions): Promise<Scene> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder('viaduct-scene-'));
  const at = (name: string) => path.join(folder.path, name);
  await mkdir(at('source'), { recursive: true });
  const studies: WrittenStudy[] = [];
  for (const study of options.studies) studies.push(await writeStudy(at('source'), study));
  const product = await startProduct(options.product);
  const source = stack.use(
    await spawnPacs({
      dir: at('source'),
      aeTitle: 'SOURCE',
      faults: options.source,
      destinations: { VIADUCT_RX: { host: '127.0.0.1', port: product.receiverPort } },
    }),
  );
  const destination = stack.use(
    await spawnPacs({ dir: at('destination'), aeTitle: 'DESTINATION', faults: options.destination }),
  );
  const client = await signIn(product);
  const server = { kind: 'server' as const, host: '127.0.0.1', maxAssociations: 4 };
  const sourceNode = await createNode(client, {
    ...server,
    name: 'Source',
    aeTitle: 'SOURCE',
    port: source.port,
    retrieveMethod: options.retrieveMethod ?? 'c-get',
  });
  const destinationNode = await createNode(client, {
    ...server,
    name: 'Destination',
    aeTitle: 'DESTINATION',
    port: destination.port,
  });
  const project = await createProject(client, 'Scene');
  const scene: Scene = {
    product,
    client,
    source,
    sourceFolder: at('source'),
    destination,
    studies,
    sourceId: sourceNode.id,
    destinationId: destinationNode.id,
    projectId: project.id,
    transfer: ({ pseudonymize = true, studies: chosen = studies, pseudonym, schedule } = {}) =>
      createJob(scene.client, {
        kind: 'selective',
        projectId: project.id,
        destinationId: destinationNode.id,
        pseudonymize,
        pseudonym,
        urgent: false,
        schedule,
        studies: chosen.map((study) => ({ sourceId: sourceNode.id, studyInstanceUid: study.studyInstanceUID })),
      }),
    [Symbol.asyncDispose]: async () => {
      await scene.product[Symbol.asyncDispose]();
      await stack.disposeAsync();
    },
  };
  return scene;
}

/** How many instances were counted more than `times` times. */
export function countedMoreThan(counts: Readonly<Record<string, number>>, times: number): number {
  return Object.values(counts).filter((count) => count > times).length;
}
