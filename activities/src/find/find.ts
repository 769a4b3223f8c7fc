import type { StudyAnswer } from '@viaduct/pacs';
import { beginTask, expectInstances, planParts, type ExpectedInstance } from '@viaduct/prisma';
import type { FindActivities, TaskRef, Timed } from '@viaduct/workflows/contract';
import type { Dependencies } from '../dependencies.ts';
import { StepError } from '../failures.ts';
import { profileOf } from '../pseudonymize/profile.ts';
import { loadNode } from '../record/nodes.ts';
import type { TaskFacts } from '../record/tasks.ts';
import { callOf, runStep } from '../step.ts';
import { settlePseudonym } from './pseudonym.ts';

/**
 * Resolves a task: asks the source for the study as it is now and for all its instances, and writes them into the
 * ledger, grouped into parts. What is there already stays as it is.
 */
export function findInstances(
  dependencies: Dependencies,
  ref: TaskRef & Timed,
): ReturnType<FindActivities['findInstances']> {
  return runStep(dependencies, 'find', ref, async (run) => {
    const { database, gateway } = dependencies;
    const { task } = run;
    if (!(await beginTask(database.pool, ref))) throw new StepError('canceled');
    const source = await loadNode(database, task.sourceId);
    const { study, instances, unnamed } = await gateway.findContents(source, task, callOf(run, source.id));
    await refreshFacts(dependencies, task, study);
    if (task.pseudonymize) {
      await profileOf(dependencies, task);
      await settlePseudonym(dependencies, task, study.patientId);
    }
    const rows = instances.map(({ series, ...instance }): ExpectedInstance => ({
      ...instance,
      modality: series.modality,
      seriesNumber: series.seriesNumber,
      seriesDescription: series.seriesDescription,
      excluded: task.excludeModalities.includes(series.modality),
    }));
    const expected = await expectInstances(database.pool, task.id, rows, rows.length + unnamed);
    if (rows.length + unnamed === 0) throw new StepError('study-unknown', { nodeId: source.id });
    run.instances = rows.length;
    return { expected, ...(await planParts(database.pool, ref)) };
  });
}

async function refreshFacts({ database }: Dependencies, task: TaskFacts, study: StudyAnswer): Promise<void> {
  const { patientId, patientName, studyDate, studyTime, studyDescription, accessionNumber, modalities } = study;
  await database.client.task.updateMany({
    where: { id: task.id, runNo: task.runNo },
    data: {
      patientId,
      patientName,
      studyDate,
      studyTime,
      studyDescription,
      accessionNumber,
      modalities: [...modalities],
    },
  });
}
