import { registeredUid } from '@viaduct/dicom/dictionary';
import { SOP_CLASS, type Capabilities } from '@viaduct/dicom/dimse';
import type { Database } from '@viaduct/prisma';
import type { NodeCapabilitiesView } from '../schemas/capabilities.ts';

const NONE: NodeCapabilitiesView = {
  probedAt: null,
  services: { verification: false, find: [], get: [], move: [], storageCommitment: false },
  storage: [],
};

/** What a node was found to accept; nothing when nobody has looked. */
export async function readCapabilities({ client }: Database, nodeId: string): Promise<NodeCapabilitiesView> {
  const row = await client.nodeCapabilities.findUnique({ where: { nodeId } });
  if (!row) return NONE;
  const storage = Object.entries(row.storage as Record<string, readonly string[]>);
  const has = (uid: string) => row.services.includes(uid);
  const roots = (patient: string, study: string) => [
    ...(has(patient) ? (['patient'] as const) : []),
    ...(has(study) ? (['study'] as const) : []),
  ];
  return {
    probedAt: row.probedAt.toISOString(),
    services: {
      verification: has(SOP_CLASS.verification),
      find: roots(SOP_CLASS.patientRootFind, SOP_CLASS.studyRootFind),
      get: roots(SOP_CLASS.patientRootGet, SOP_CLASS.studyRootGet),
      move: roots(SOP_CLASS.patientRootMove, SOP_CLASS.studyRootMove),
      storageCommitment: has(SOP_CLASS.storageCommitment),
    },
    storage: storage
      .map(([uid, syntaxes]) => ({ ...named(uid), transferSyntaxes: syntaxes.map(named) }))
      .sort((one, other) => one.name.localeCompare(other.name)),
  };
}

/** Keeps what a node was found to accept. */
export async function keepCapabilities(
  { client }: Database,
  nodeId: string,
  { services, storage }: Capabilities,
): Promise<void> {
  const found = { services: [...services], storage: Object.fromEntries(storage), probedAt: new Date() };
  await client.nodeCapabilities.upsert({ where: { nodeId }, create: { nodeId, ...found }, update: found });
}

const named = (uid: string) => ({ uid, name: registeredUid(uid)?.name ?? uid });

/** Forgets what was found: another one answers now. */
export async function forgetCapabilities({ client }: Database, nodeId: string): Promise<void> {
  await client.nodeCapabilities.deleteMany({ where: { nodeId } });
}
