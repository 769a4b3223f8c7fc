import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Database } from '@viaduct/prisma';
import type { PacsPort } from '../gateway/pacsPort.ts';
import { ApiProblem } from '../http/problems.ts';
import { requestSignal } from '../http/requestSignal.ts';
import { route, type Route } from '../http/route.ts';
import { createPreview } from '../operations/previews.ts';
import { makePreview, previewFrame } from './preview.ts';

/** The longest that a source may take to give one image, ms. */
const WITHIN_MS = 120_000;

/** Previews: an image is fetched into a folder of its own below `previewFolder`, which is gone when the answer is made. */
export function previewRoutes(
  database: Database,
  masterKey: Uint8Array,
  { sample, source }: Pick<PacsPort, 'sample' | 'source'>,
  previewFolder: string,
): Route[] {
  return [
    route(createPreview, async ({ ctx, body }) => {
      const frame = await previewFrame(database, masterKey, body);
      const folder = await mkdtemp(path.join(previewFolder, 'preview-'));
      try {
        const signal = AbortSignal.any([requestSignal(ctx), AbortSignal.timeout(WITHIN_MS)]);
        const { sourceId, ...study } = body;
        const fetched = await sample(sourceId, study, folder, signal).catch(async (error: unknown) => {
          if (error instanceof ApiProblem) throw error;
          throw new ApiProblem(502, await source.sentence(sourceId, error));
        });
        return await makePreview(database, frame, fetched, signal);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }),
  ];
}
