import { retrieve, search, store, WebError, type RetrieveCounts, type WebClient } from '@viaduct/dicom/web';
import { PacsError } from '../errors.ts';
import type { GatewayNode } from '../node.ts';
import type { Face } from './face.ts';

const CONNECTING: ReadonlySet<string> = new Set(['connection-refused', 'connect-timeout', 'tls-failure']);
const NOT_FOUND: ReadonlySet<unknown> = new Set([404, 410]);

/** What one STOW-RS request takes: its answer comes when all is stored, and a request that breaks off is made again. */
const BATCH = { instances: 32, bytes: 16 * 1024 * 1024 };

/** A server over DICOMweb: QIDO-RS, WADO-RS, STOW-RS. */
export function webFace(client: WebClient, { webUrl, name }: GatewayNode): Face {
  const { hostname, port, protocol } = new URL(webUrl ?? '');
  return {
    kind: 'web',
    asked: { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (protocol === 'https:' ? 443 : 80) },

    find: (level, identifier, { signal, turn }) => search(client, level, identifier, { signal, turn }),

    /** Single instances are a request each; what the server does not have does not come. */
    async get({ studyInstanceUid, seriesInstanceUid, sopInstanceUids }, _proposals, sink, call) {
      const { signal, turn } = call;
      const whole = { studyInstanceUID: studyInstanceUid, seriesInstanceUID: seriesInstanceUid };
      const targets = sopInstanceUids?.map((sopInstanceUID) => ({ ...whole, sopInstanceUID })) ?? [whole];
      let before: RetrieveCounts = { completed: 0, failed: 0 };
      const sum = ({ completed, failed }: RetrieveCounts): RetrieveCounts => ({
        completed: before.completed + completed,
        failed: before.failed + failed,
      });
      for (const target of targets) {
        const onProgress = (counts: RetrieveCounts) => call.onProgress?.(sum(counts));
        before = sum(await retrieve(client, target, sink, { signal, turn, onProgress }).catch(noneWhereNotFound));
      }
      return { status: 0, ...before };
    },

    move: () => Promise.reject(new PacsError('node-gone', { node: name })),

    open: async (_proposals, { turn }) => {
      const broken = new AbortController();
      return {
        batch: BATCH,
        accepts: () => true,
        store: async (items, { signal } = {}) => {
          const either = signal ? AbortSignal.any([signal, broken.signal]) : broken.signal;
          const instances = items.map(({ instance }) => instance);
          return (await store(client, instances, { signal: either, turn })).map(({ status }) => ({ status }));
        },
        close: async () => undefined,
        abort: () => broken.abort(),
      };
    },

    capabilities: () => Promise.reject(new PacsError('node-gone', { node: name })),

    async greet({ signal }) {
      const start = performance.now();
      await search(client, 'STUDY', { StudyInstanceUID: '' }, { signal, limit: 1 }).next();
      return [{ step: 'search', ok: true, ms: performance.now() - start }];
    },

    failedStep: (reason) => (CONNECTING.has(reason) ? 'connect' : 'search'),
  };
}

function noneWhereNotFound(error: unknown): RetrieveCounts {
  if (error instanceof WebError && NOT_FOUND.has(error.facts['httpStatus'])) return { completed: 0, failed: 0 };
  throw error;
}
