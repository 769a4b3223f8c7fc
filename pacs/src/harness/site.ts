import path from 'node:path';
import type { InstanceSink, OutgoingInstance, StoredInstance, TlsServer } from '@viaduct/dicom/dimse';
import { readFileMeta } from '@viaduct/dicom/part10';
import { openDatabase } from '@viaduct/prisma';
import type { Database } from '@viaduct/prisma';
import { startPacs, temporaryFolder, testDatabase, writeStudy } from '@viaduct/testing';
import type { Faults, Pacs, WrittenStudy } from '@viaduct/testing';
import { createGateway } from '../gateway.ts';
import type { Gateway } from '../gateway.ts';
import type { GatewayNode } from '../node.ts';

/** What the secrets of nodes are sealed with. */
export const MASTER_KEY = Buffer.alloc(32, 5);

/** A gateway with its database, and a scripted PACS with one study of two series of three instances. */
export interface Site extends AsyncDisposable {
  readonly database: Database;
  readonly connectionString: string;
  readonly gateway: Gateway;
  readonly folder: string;
  readonly study: WrittenStudy;
  readonly pacs: Pacs;
  /** Enters a server of this address. */
  server(address: { aeTitle: string | null; port: number | null }, fields?: Partial<GatewayNode>): Promise<GatewayNode>;
}

/** Opens it; `faults` are those of the PACS, which speaks TLS only with `tls`. */
export async function openSite(faults: Faults = {}, tls?: TlsServer): Promise<Site> {
  const folder = await temporaryFolder('viaduct-gateway-');
  const empty = await testDatabase();
  const database = openDatabase(empty);
  const study = await writeStudy(path.join(folder.path, 'pacs'), {
    label: 'gateway',
    instances: 6,
    series: 2,
    patientName: 'Müller^Ann',
    patientId: 'GW-1',
    date: '20250505',
  });
  const pacs = await startPacs({ dir: path.join(folder.path, 'pacs'), aeTitle: 'SOURCE', faults, tls });
  const gateway = createGateway({
    database,
    ourAeTitle: 'VIADUCT',
    folderRoots: [path.join(folder.path, 'out')],
    holder: 'test',
    leaseTtlMs: 5_000,
    tlsFiles: path.join(import.meta.dirname, '../../../testing/tls'),
    masterKey: MASTER_KEY,
  });
  const server = (address: { aeTitle: string | null; port: number | null }, fields: Partial<GatewayNode> = {}) =>
    database.client.node.create({
      data: {
        kind: 'server',
        name: `${address.aeTitle} ${address.port}`,
        aeTitle: address.aeTitle,
        host: '127.0.0.1',
        port: address.port,
        connectTimeoutMs: 2_000,
        associationTimeoutMs: 2_000,
        responseTimeoutMs: 2_000,
        ...fields,
        quirks: [...(fields.quirks ?? [])],
      },
    });
  return {
    database,
    connectionString: empty.connectionString,
    gateway,
    folder: folder.path,
    study,
    pacs,
    server,
    async [Symbol.asyncDispose]() {
      await pacs.close();
      await database.close();
      await empty[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A folder node below the roots. */
export const folderNode = (site: Site, name = 'out'): GatewayNode => ({
  id: '00000000-0000-7000-8000-000000000000',
  kind: 'folder',
  name,
  aeTitle: null,
  host: null,
  port: null,
  callingAeTitle: null,
  retrieveMethod: 'c-get',
  megabytesPerSecond: null,
  queryCharacterSet: null,
  quirks: [],
  face: 'dimse',
  tls: false,
  tlsCa: null,
  tlsCertificate: null,
  tlsKey: null,
  tlsServerName: null,
  webUrl: null,
  webQidoPrefix: '',
  webWadoPrefix: '',
  webStowPrefix: '',
  webAuth: 'none',
  webAuthName: null,
  webAuthTokenUrl: null,
  webAuthSecret: null,
  connectTimeoutMs: 0,
  associationTimeoutMs: 0,
  responseTimeoutMs: 0,
  idleTimeoutMs: 0,
  path: path.join(site.folder, name),
  suspended: false,
});

/** Takes everything into a folder. */
export function sinkInto(folder: string): InstanceSink & { readonly stored: StoredInstance[] } {
  const stored: StoredInstance[] = [];
  return {
    stored,
    begin: ({ sopInstanceUID }) => ({ path: path.join(folder, `${sopInstanceUID}.dcm`) }),
    done: (instance) => {
      stored.push(instance);
      return 0;
    },
  };
}

/** A file as it is sent: its data set untouched. */
export async function outgoing(file: string): Promise<OutgoingInstance> {
  const { meta, dataSetOffset, fileSize } = await readFileMeta(file);
  return { ...meta, dataSet: [{ path: file, start: dataSetOffset, end: fileSize }] };
}
