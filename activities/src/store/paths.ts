import { instanceFile, seriesFolders, studyFolder } from '@viaduct/domain';
import type { Database } from '@viaduct/prisma';
import type { Dependencies } from '../dependencies.ts';
import type { SpooledInstance } from '../feed.ts';
import type { OpenPart } from '../part/openParts.ts';
import { outgoingDates, outgoingUids } from '../pseudonymize/pseudonymizer.ts';
import type { NodeRow } from '../record/nodes.ts';
import type { TaskFacts } from '../record/tasks.ts';

/** Where a folder destination keeps an instance, relative to the folder; undefined for servers. */
export type Namer = (instance: SpooledInstance) => string | undefined;

/** What names may show of a source that could have put anything there (VR CS and IS). */
const MODALITY = /^[A-Z0-9]{1,8}$/;
const NUMBER = /^-?\d{1,6}$/;

/** Makes the names for one task (product: folder layout). The same task gets the same names every time. */
export async function namerOf(
  dependencies: Dependencies,
  task: TaskFacts,
  part: OpenPart,
  destination: NodeRow,
): Promise<Namer> {
  if (destination.kind !== 'folder') return () => undefined;
  const { database } = dependencies;
  const outUid = await outgoingUids(dependencies, task);
  const [study, series] = await Promise.all([studyParts(dependencies, task, outUid), seriesOf(database, task, outUid)]);
  return ({ sopInstanceUID, header }) => {
    const folder = series.get(outUid(part.series.get(sopInstanceUID) ?? '')) ?? 'series';
    return [...study, folder, instanceFile(header?.outSopInstanceUID ?? outUid(sopInstanceUID))].join('/');
  };
}

type OutUid = (uid: string) => string;

async function studyParts(dependencies: Dependencies, task: TaskFacts, outUid: OutUid): Promise<readonly string[]> {
  const { client } = dependencies.database;
  const { jobId, patientId } = task;
  const [job, now] = await Promise.all([
    client.job.findUniqueOrThrow({
      where: { id: jobId },
      select: { number: true, createdAt: true, project: { select: { name: true } }, owner: { select: { name: true } } },
    }),
    client.task.findUniqueOrThrow({
      where: { id: task.id },
      select: { studyDate: true, studyTime: true, modalities: true },
    }),
  ]);
  const { studyDate, studyTime } = now;
  const twin = await client.task.findFirst({
    where: { jobId, patientId, studyDate, studyTime, id: { not: task.id } },
    select: { id: true },
  });
  const dates = task.pseudonymize ? await outgoingDates(dependencies, task, now) : { studyDate, studyTime };
  return studyFolder({
    project: job.project.name,
    jobNumber: job.number,
    jobDate: job.createdAt.toISOString().slice(0, 10).replaceAll('-', ''),
    user: job.owner.name,
    patient: task.pseudonymize ? (task.pseudonym ?? '') : patientId,
    ...dates,
    modalities: task.pseudonymize ? now.modalities.filter((each) => MODALITY.test(each)) : now.modalities,
    studyInstanceUid: twin ? outUid(task.studyInstanceUid) : undefined,
  });
}

/**
 * Folders of all series of the task, by the UIDs that go out. The modality stands in for a description that pseudonymized names must not
 * show, and what is no number or modality is left out of them.
 */
async function seriesOf({ pool }: Database, task: TaskFacts, outUid: OutUid): Promise<ReadonlyMap<string, string>> {
  const { rows } = await pool.query<{
    seriesInstanceUid: string;
    seriesNumber: string;
    seriesDescription: string;
  }>(
    `SELECT DISTINCT ON (series_instance_uid) series_instance_uid AS "seriesInstanceUid", series_number AS "seriesNumber",
       CASE WHEN $2 THEN modality ELSE series_description END AS "seriesDescription"
     FROM instance WHERE task_id = $1 ORDER BY series_instance_uid, sop_instance_uid`,
    [task.id, task.pseudonymize],
  );
  const shown = (text: string, pattern: RegExp) => (!task.pseudonymize || pattern.test(text.trim()) ? text : '');
  return seriesFolders(
    rows.map(({ seriesInstanceUid, seriesNumber, seriesDescription }) => ({
      seriesInstanceUid: outUid(seriesInstanceUid),
      seriesNumber: shown(seriesNumber, NUMBER),
      seriesDescription: shown(seriesDescription, MODALITY),
    })),
  );
}
