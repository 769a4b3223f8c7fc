import { costOfServer } from './scene.ts';
import type { Scene } from './scene.ts';
import type { Row } from './rows.ts';
import { runTool } from './usage.ts';
import type { Cost } from './usage.ts';

/** A selective transfer of the 500 CT from Orthanc to Orthanc, and what a person with DCMTK's tools does instead. */
export function productRow(pseudonymize: boolean): Row {
  return {
    name: `the product, 500 CT${pseudonymize ? ', pseudonymized' : ''}`,
    peer: 'findscu, getscu, dcmsend, findscu by hand',
    target: 1,
    // A worker is warm after its first studies.
    warmUps: 4,
    async ours(scene) {
      const product = await scene.product();
      await product.emptyTarget();
      return costOfServer(product.workerPid, async () => ({
        seconds: await product.transfer(scene.data.ct, pseudonymize),
      }));
    },
    theirs: byHand,
  };
}

async function byHand(scene: Scene): Promise<Cost> {
  const { ct } = scene.data;
  const product = await scene.product();
  const { target } = product;
  await product.emptyTarget();
  const folder = await scene.emptyFolder('received');
  const at = ({ aeTitle, dicomPort }: { aeTitle: string; dicomPort: number }) =>
    ['-aec', aeTitle, '127.0.0.1', String(dicomPort)] as const;
  const study = ['-k', `StudyInstanceUID=${ct.studyInstanceUID}`];
  const images = [...study, '-k', `SeriesInstanceUID=${ct.seriesInstanceUID}`, '-k', 'SOPInstanceUID'];
  const find = (where: Parameters<typeof at>[0]) =>
    runTool('findscu', ['-S', '-k', 'QueryRetrieveLevel=IMAGE', ...images, ...at(where)]);
  const steps = [
    () => find(scene.orthanc),
    () =>
      runTool('getscu', ['-S', '+B', '-od', folder, '-k', 'QueryRetrieveLevel=STUDY', ...study, ...at(scene.orthanc)]),
    () => runTool('dcmsend', [...at(target), '+sd', folder]),
    () => find(target),
  ];
  let sum: Cost = { seconds: 0, cpu: 0, peakMb: 0 };
  for (const step of steps) {
    const { seconds, cpu, peakMb } = await step();
    sum = { seconds: sum.seconds + seconds, cpu: sum.cpu + cpu, peakMb: Math.max(sum.peakMb, peakMb) };
  }
  return sum;
}
