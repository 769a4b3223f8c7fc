import type { ReceivedCommand } from '../command.ts';
import { statusError } from '../status.ts';
import type { RetrieveResult, SubOperations } from '../types.ts';

/** The counters of a C-GET or C-MOVE response (PS3.7 §9.1.3.1.4). */
export function subOperations(command: ReceivedCommand): SubOperations {
  return {
    remaining: command.remainingSubOperations,
    completed: command.completedSubOperations,
    failed: command.failedSubOperations,
    warning: command.warningSubOperations,
  };
}

/** What a final response means. @throws DimseError for failures, with the counters that were given in `facts` */
export function retrieveResult(status: number, counts: SubOperations): RetrieveResult {
  const { completed, failed, warning } = counts;
  const given = Object.entries({ completed, failed, warning }).filter(
    (entry): entry is [string, number] => entry[1] !== undefined,
  );
  const error = statusError(status, Object.fromEntries(given));
  if (error !== undefined) throw error;
  return { ...counts, status };
}
