import { Context } from '@temporalio/activity';
import type {
  AdmitActivities,
  DbActivities,
  FindActivities,
  PseudonymizeActivities,
  RetrieveActivities,
  StoreActivities,
  VerifyActivities,
} from '@viaduct/workflows/contract';
import { admitPart } from './admit/admit.ts';
import type { Dependencies } from './dependencies.ts';
import { findInstances } from './find/find.ts';
import { pseudonymizePart } from './pseudonymize/pseudonymize.ts';
import { recordActivities } from './record/record.ts';
import { retrievePart } from './retrieve/retrieve.ts';
import { tryMove } from './retrieve/tryMove.ts';
import { storePart } from './store/store.ts';
import { verifyTask } from './verify/verify.ts';

/** The activities by the queue that offers them. */
export interface Activities {
  readonly db: DbActivities;
  /** Asked of a node: as source what a study consists of, as destination what has arrived. */
  readonly find: FindActivities & VerifyActivities;
  readonly admit: AdmitActivities;
  readonly retrieve: RetrieveActivities;
  readonly pseudonymize: PseudonymizeActivities;
  readonly store: StoreActivities;
}

/** Makes the steps of a transfer for this host. */
export function createActivities(dependencies: Dependencies): Activities {
  return {
    db: recordActivities(dependencies),
    find: {
      findInstances: (task) => findInstances(dependencies, task),
      verifyTask: (task) => verifyTask(dependencies, task),
    },
    admit: { admitPart: (part) => admitPart(dependencies, part) },
    retrieve: {
      retrievePart: (part) => retrievePart(dependencies, part),
      tryMove: ({ nodeId }) => tryMove(dependencies, nodeId, Context.current().cancellationSignal),
    },
    pseudonymize: { pseudonymizePart: (part) => pseudonymizePart(dependencies, part) },
    store: { storePart: (part) => storePart(dependencies, part) },
  };
}
