import { patientHash } from '@viaduct/deid';
import { projectKeyPurpose, unseal, type Database } from '@viaduct/prisma';
import { ApiProblem } from '../http/problems.ts';

/** Throws 409 when, in this project, the pseudonym is somebody else's or the patient has another one. */
export async function refuseConflict(
  client: Database['client'],
  masterKey: Uint8Array,
  project: { readonly id: string; readonly sealedKey: Uint8Array },
  pseudonym: string,
  patientId: string,
): Promise<void> {
  const key = unseal(masterKey, project.sealedKey, projectKeyPurpose(project.id));
  const hash = patientHash(key, '', patientId);
  const taken = await client.pseudonym.findMany({
    where: { projectId: project.id, OR: [{ pseudonym }, { patientHash: hash }] },
  });
  for (const row of taken) {
    if (row.pseudonym !== pseudonym) throw conflict('In this project the patient has another pseudonym already.');
    if (row.patientHash !== hash) throw conflict('In this project the pseudonym belongs to another patient.');
  }
}

const conflict = (message: string) =>
  new ApiProblem(409, message, { name: 'pseudonym-conflict', errors: [{ path: 'pseudonym', message }] });
