import type { Settings } from '@viaduct/configuration';
import type { Gateway } from '@viaduct/pacs';
import type { Database } from '@viaduct/prisma';
import type { Logger } from 'pino';
import type { OpenParts } from './part/openParts.ts';
import type { PseudonymizerThreads } from './pseudonymize/threads.ts';
import type { ArrivalRegistry } from './receiver/registry.ts';
import type { ReceiverTally } from './receiver/tally.ts';
import type { SpareFiles, SpoolFolders, SpoolSpace } from './spool/index.ts';

/** What every step needs; made once per process by `main.ts`, or by a test. */
export interface Dependencies {
  readonly database: Database;
  readonly settings: Settings;
  /** Name of this host, from its spool. */
  readonly hostId: string;
  readonly folders: SpoolFolders;
  readonly spares: SpareFiles;
  readonly space: SpoolSpace;
  readonly parts: OpenParts;
  /** The one way to every node. */
  readonly gateway: Gateway;
  /** What the receiver of this host may take. */
  readonly arrivals: ArrivalRegistry;
  /** Who has called it. */
  readonly tally: ReceiverTally;
  readonly threads: PseudonymizerThreads;
  /** Opens what is sealed in the database. */
  readonly masterKey: Uint8Array;
  readonly log: Logger;
}
