import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { demandSame } from './data.ts';
import type { BenchStudy } from './data.ts';
import { productRow } from './productRow.ts';
import { costOfServer } from './scene.ts';
import type { Scene } from './scene.ts';
import { runTool } from './usage.ts';
import type { Cost } from './usage.ts';

/** One line of the table: the same work done by Viaduct and by a peer. */
export interface Row {
  readonly name: string;
  /** What the peer is. */
  readonly peer: string;
  /** Highest ratio of the wall times that is good enough. */
  readonly target: number;
  /** Pairs before those that count; 1 if it is left out. */
  readonly warmUps?: number;
  ours(scene: Scene): Promise<Cost>;
  theirs(scene: Scene): Promise<Cost>;
}

const QUERY_KEYS = ['StudyInstanceUID', 'PatientID', 'PatientName', 'StudyDate', 'AccessionNumber', 'StudyDescription'];

const dcmsendTo = (aeTitle: string, port: number, study: BenchStudy) =>
  runTool('dcmsend', ['-aec', aeTitle, '127.0.0.1', String(port), '+sd', study.folder]);
const orthancAddress = ({ orthanc }: Scene) => ['-aec', 'ORTHANC', '127.0.0.1', String(orthanc.dicomPort)];
const studyKeys = (study: BenchStudy) => [
  ...['-S', '-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${study.studyInstanceUID}`],
];

function sendRow(name: string, pick: (scene: Scene) => BenchStudy, target: number): Row {
  return {
    name: `send ${name}`,
    peer: 'dcmsend',
    target,
    async ours(scene) {
      const study = pick(scene);
      await scene.emptyFolder('storescp');
      const to = { aeTitle: 'STORESCP', port: scene.storescp.port };
      const cost = await scene.worker.carryOut(
        { kind: 'send', to, files: study.files, parallel: 1 },
        study.files.length,
      );
      await demandSame(scene.storescp.folder, study);
      return cost;
    },
    async theirs(scene) {
      await scene.emptyFolder('storescp');
      return dcmsendTo('STORESCP', scene.storescp.port, pick(scene));
    },
  };
}

function receiveRow(name: string, pick: (scene: Scene) => BenchStudy, target: number, durable: boolean): Row {
  return {
    name: `receive ${name}${durable ? ', synced' : ''}`,
    peer: durable ? 'storescp + one sync per file' : 'storescp',
    target,
    async ours(scene) {
      const study = pick(scene);
      const folder = await scene.emptyFolder('received');
      const { receiverPort: port, receiver } = scene;
      await receiver.carryOut({ kind: 'receive', folder, durable, port });
      const cost = await costOfServer(receiver.pid, () => dcmsendTo('VIADUCT', port, study));
      await demandSame(folder, study);
      return cost;
    },
    async theirs(scene) {
      const study = pick(scene);
      const { pid, port } = scene.storescp;
      const folder = await scene.emptyFolder('storescp');
      const cost = await costOfServer(pid, () => dcmsendTo('STORESCP', port, study));
      const sync = durable ? timeOfSyncs(folder, study) : 0;
      return { ...cost, seconds: cost.seconds + sync };
    },
  };
}

/** What it takes to sync as many files of the same size, after they were written, in s. */
function timeOfSyncs(folder: string, { files, hashes }: BenchStudy): number {
  let seconds = 0;
  const bytes = Buffer.alloc(524_288, hashes[0]);
  for (const [index] of files.entries()) {
    const descriptor = openSync(path.join(folder, `sync-${index}`), 'w');
    writeSync(descriptor, bytes);
    const start = performance.now();
    fsyncSync(descriptor);
    seconds += (performance.now() - start) / 1000;
    closeSync(descriptor);
  }
  return seconds;
}

function getRow(name: string, pick: (scene: Scene) => BenchStudy, target: number): Row {
  return {
    name: `C-GET ${name}`,
    peer: 'getscu',
    target,
    async ours(scene) {
      const { files, studyInstanceUID: study } = pick(scene);
      const folder = await scene.emptyFolder('received');
      const from = { aeTitle: 'ORTHANC', port: scene.orthanc.dicomPort };
      const cost = await scene.worker.carryOut({ kind: 'get', from, study, folder, durable: false }, files.length);
      await demandSame(folder, pick(scene));
      return cost;
    },
    async theirs(scene) {
      const folder = await scene.emptyFolder('received');
      return runTool('getscu', ['+B', '-od', folder, ...studyKeys(pick(scene)), ...orthancAddress(scene)]);
    },
  };
}

const moveRow: Row = {
  name: 'C-MOVE 500 CT into our receiver',
  peer: 'movescu into storescp',
  target: 1,
  async ours(scene) {
    const { ct } = scene.data;
    const folder = await scene.emptyFolder('received');
    const { receiver, receiverPort: port } = scene;
    await receiver.carryOut({ kind: 'receive', folder, durable: false, port });
    const from = { aeTitle: 'ORTHANC', port: scene.orthanc.dicomPort };
    const cost = await costOfServer(receiver.pid, () =>
      scene.worker.carryOut({ kind: 'move', from, study: ct.studyInstanceUID, to: 'VIADUCT' }, ct.files.length),
    );
    await demandSame(folder, ct);
    return cost;
  },
  async theirs(scene) {
    await scene.emptyFolder('storescp');
    return costOfServer(scene.storescp.pid, () =>
      runTool('movescu', ['-aem', 'STORESCP', ...studyKeys(scene.data.ct), ...orthancAddress(scene)]),
    );
  },
};

const findRow: Row = {
  name: 'C-FIND 2,000 studies',
  peer: 'findscu, once it has started',
  target: 1.5,
  ours: (scene) =>
    scene.worker.carryOut({
      kind: 'find',
      from: { aeTitle: 'ORTHANC', port: scene.orthanc.dicomPort },
      keys: QUERY_KEYS,
    }),
  async theirs(scene) {
    const keys = QUERY_KEYS.flatMap((key) => ['-k', key]);
    const { seconds: start } = await runTool('findscu', ['--version']);
    const cost = await runTool('findscu', ['-S', '-k', 'QueryRetrieveLevel=STUDY', ...keys, ...orthancAddress(scene)]);
    return { ...cost, seconds: cost.seconds - start };
  },
};

/** The same work beside dcmjs-dimse, for comparison. */
const besideDcmjs = (row: Row, theirs: Row['theirs']): Row => ({ ...row, peer: 'dcmjs-dimse', target: 1, theirs });

const sendWithDcmjs: Row['theirs'] = async (scene) => {
  const { ct } = scene.data;
  await scene.emptyFolder('storescp');
  const to = { aeTitle: 'STORESCP', port: scene.storescp.port };
  return scene.dcmjs.carryOut({ kind: 'send', to, files: ct.files, parallel: 1 }, ct.files.length);
};

const receiveWithDcmjs: Row['theirs'] = async (scene) => {
  const { dcmjs, dcmjsPort: port } = scene;
  const folder = await scene.emptyFolder('received');
  await dcmjs.carryOut({ kind: 'receive', folder, durable: false, port });
  return costOfServer(dcmjs.pid, () => dcmsendTo('DCMJS', port, scene.data.ct));
};

/** All rows with the ratios they must not exceed. */
export const ROWS: readonly Row[] = [
  sendRow('500 CT', ({ data }) => data.ct, 1.3),
  sendRow('4,000 small', ({ data }) => data.small, 1.5),
  sendRow('315 MB', ({ data }) => data.big, 1),
  receiveRow('500 CT', ({ data }) => data.ct, 1.3, false),
  receiveRow('500 CT', ({ data }) => data.ct, 1.3, true),
  receiveRow('4,000 small', ({ data }) => data.small, 1.5, false),
  receiveRow('315 MB', ({ data }) => data.big, 1, false),
  getRow('500 CT', ({ data }) => data.ct, 1.3),
  getRow('315 MB', ({ data }) => data.big, 1),
  moveRow,
  findRow,
  besideDcmjs(
    sendRow('500 CT', ({ data }) => data.ct, 1),
    sendWithDcmjs,
  ),
  besideDcmjs(
    receiveRow('500 CT', ({ data }) => data.ct, 1, false),
    receiveWithDcmjs,
  ),
  productRow(false),
  productRow(true),
];
