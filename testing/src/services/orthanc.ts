import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findProgram, freePort, startService, temporaryFolder } from './processes.ts';

/** An application entity that Orthanc knows: destination of its C-MOVE. */
export interface OrthancPeer {
  readonly aeTitle: string;
  readonly host?: string;
  readonly port: number;
}

export interface OrthancOptions {
  /** `ORTHANC` by default. */
  readonly aeTitle?: string;
  /** Random free ones by default. */
  readonly dicomPort?: number;
  readonly httpPort?: number;
  /** Known application entities; others may still echo, find, get and store. */
  readonly peers?: readonly OrthancPeer[];
  /** Loads the DICOMweb plugin at /dicom-web/. */
  readonly dicomWeb?: boolean;
  /** Further configuration, wins over ours. */
  readonly configuration?: Readonly<Record<string, unknown>>;
}

/** An Orthanc server with a folder of its own. */
export interface Orthanc extends AsyncDisposable {
  readonly aeTitle: string;
  readonly dicomPort: number;
  readonly httpPort: number;
  readonly url: string;
  /** SOP Instance UIDs of everything it holds. */
  instances(): Promise<string[]>;
  /** Study Instance UIDs of everything it holds. */
  studies(): Promise<string[]>;
  /** The Part 10 bytes of an instance as Orthanc stores them. */
  file(sopInstanceUID: string): Promise<Buffer>;
  /** Imports a file over REST (no DICOM association). */
  upload(file: string): Promise<void>;
  /** Makes an application entity known while it runs. */
  addPeer(peer: OrthancPeer): Promise<void>;
  /** Any request of the REST API; throws unless the answer is 2xx. */
  request(route: string, init?: RequestInit): Promise<Response>;
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const DICOM_WEB_PLUGIN = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';
const REQUEST_DEADLINE_MS = 30_000;

function configuration(folder: string, options: Required<Pick<OrthancOptions, 'aeTitle' | 'dicomPort' | 'httpPort'>>) {
  return {
    Name: 'Viaduct test',
    StorageDirectory: path.join(folder, 'storage'),
    IndexDirectory: path.join(folder, 'storage'),
    HttpPort: options.httpPort,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: false,
    DicomAet: options.aeTitle,
    DicomPort: options.dicomPort,
    DicomCheckCalledAet: true,
    DicomAlwaysAllowEcho: true,
    DicomAlwaysAllowFind: true,
    DicomAlwaysAllowGet: true,
    DicomAlwaysAllowMove: true,
    DicomAlwaysAllowStore: true,
    UnknownSopClassAccepted: true,
    SynchronousCMove: true,
    SaveJobs: false,
    StableAge: 1,
    LimitFindResults: 0,
    LimitFindInstances: 0,
  };
}

const modality = (peer: OrthancPeer) => [peer.aeTitle, peer.host ?? '127.0.0.1', peer.port];

/** Starts Orthanc and waits until its REST API answers. */
export async function startOrthanc(options: OrthancOptions = {}): Promise<Orthanc> {
  const command = await findProgram('Orthanc', ['/usr/sbin/Orthanc']);
  const aeTitle = options.aeTitle ?? 'ORTHANC';
  const dicomPort = options.dicomPort ?? (await freePort());
  const httpPort = options.httpPort ?? (await freePort());
  const folder = await temporaryFolder('viaduct-orthanc-');
  await mkdir(path.join(folder.path, 'storage'));
  const configurationFile = path.join(folder.path, 'orthanc.json');
  const withDicomWeb = options.dicomWeb === true && existsSync(DICOM_WEB_PLUGIN);
  await writeFile(
    configurationFile,
    JSON.stringify({
      ...configuration(folder.path, { aeTitle, dicomPort, httpPort }),
      DicomModalities: Object.fromEntries((options.peers ?? []).map((peer) => [peer.aeTitle, modality(peer)])),
      ...(withDicomWeb ? { Plugins: [DICOM_WEB_PLUGIN], DicomWeb: { Enable: true, Root: '/dicom-web/' } } : {}),
      ...options.configuration,
    }),
  );
  const url = `http://127.0.0.1:${httpPort}`;
  const service = await startService({
    command,
    args: [configurationFile],
    cwd: folder.path,
    ready: () =>
      fetch(`${url}/system`, { signal: AbortSignal.timeout(2_000) }).then(
        ({ ok, status }) => ok || status === 401,
        () => false,
      ),
  }).catch(async (error: unknown) => {
    await folder[Symbol.asyncDispose]();
    throw error;
  });
  const stop = async (signal?: NodeJS.Signals) => {
    await service.stop(signal);
    await folder[Symbol.asyncDispose]();
  };
  return {
    aeTitle,
    dicomPort,
    httpPort,
    url,
    ...restClient(url),
    output: service.output,
    stop,
    // Its folder goes with it, so nothing is worth the seconds of an orderly end.
    [Symbol.asyncDispose]: () => stop('SIGKILL'),
  };
}

function restClient(url: string) {
  const request = async (route: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}${route}`, { signal: AbortSignal.timeout(REQUEST_DEADLINE_MS), ...init });
    if (!response.ok) throw new Error(`Orthanc answered ${response.status} to ${init.method ?? 'GET'} ${route}`);
    return response;
  };
  const uids = async (level: 'instances' | 'studies', tag: 'SOPInstanceUID' | 'StudyInstanceUID') => {
    const rows = (await (await request(`/${level}?expand`)).json()) as { MainDicomTags: Record<string, string> }[];
    return rows.flatMap((row) => row.MainDicomTags[tag] ?? []).sort();
  };
  return {
    request,
    instances: () => uids('instances', 'SOPInstanceUID'),
    studies: () => uids('studies', 'StudyInstanceUID'),
    upload: async (file: string) => {
      await request('/instances', { method: 'POST', body: new Uint8Array(await readFile(file)) });
    },
    file: async (sopInstanceUID: string) => {
      const found = await request('/tools/lookup', { method: 'POST', body: sopInstanceUID });
      const rows = (await found.json()) as { Type: string; ID: string }[];
      const instance = rows.find((row) => row.Type === 'Instance');
      if (!instance) throw new Error('Orthanc does not hold this instance');
      return Buffer.from(await (await request(`/instances/${instance.ID}/file`)).arrayBuffer());
    },
    addPeer: async (peer: OrthancPeer) => {
      await request(`/modalities/${peer.aeTitle}`, { method: 'PUT', body: JSON.stringify(modality(peer)) });
    },
  };
}
