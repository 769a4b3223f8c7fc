import { may } from '@viaduct/domain';
import type { Database } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import { ApiProblem, invalid } from '../http/problems.ts';
import type { JobInput } from '../schemas/jobs.ts';
import { refuseConflict } from './pseudonymConflict.ts';

/** Studies of one job for people who do not operate. */
const STUDIES = 100;
export const LONGEST_TITLE = 200;

/** What a job takes from its surroundings. */
export interface CheckedJob {
  /** By the index of the study. */
  readonly known: readonly (KnownStudy | undefined)[];
  readonly title: string;
  readonly trialId: string;
  readonly trialName: string;
}

/** Checks everything about a job that its schema cannot know; throws a problem that names the field. */
export async function checkJob(
  { client, pool }: Database,
  masterKey: Uint8Array,
  actor: SignedIn,
  input: JobInput,
): Promise<CheckedJob> {
  checkPermissions(actor, { ...input, studies: input.studies.length });
  const project = await client.project.findUnique({ where: { id: input.projectId } });
  if (!project) throw invalid('projectId', 'There is no such project.');
  const sources = await checkNodes(client, input);
  checkDuplicates(input);
  const known = await readKnown(pool, input);
  if (input.pseudonym) {
    const patientId = onePatient(known);
    if (patientId) await refuseConflict(client, masterKey, project, input.pseudonym, patientId);
  }
  return {
    known,
    title: titleOf(known, sources),
    trialId: project.trialProtocolId,
    trialName: project.trialProtocolName,
  };
}

/** What permissions depend on; `studies` counts them. */
export interface PermittedJob {
  readonly pseudonymize: boolean;
  readonly urgent: boolean;
  readonly pseudonym?: string;
  readonly studies: number;
}

/** Throws a problem when the person may not start such a job. */
export function checkPermissions(actor: SignedIn, input: PermittedJob): void {
  if (!input.pseudonymize && !may(actor, 'transfer-identified')) {
    throw new ApiProblem(403, 'You may transfer studies only pseudonymized.', { name: 'identified' });
  }
  if (input.urgent && !may(actor, 'transfer-urgent')) {
    throw new ApiProblem(403, 'You may not start urgent jobs.', { name: 'urgent' });
  }
  if (input.studies > STUDIES && !may(actor, 'operate')) {
    throw invalid('studies', `A job may have up to ${STUDIES} studies.`);
  }
  if (input.pseudonym !== undefined && !input.pseudonymize) {
    throw invalid('pseudonym', 'A pseudonym makes sense only when the job pseudonymizes.');
  }
}

/** Whether work can be sent to a node: a folder, or a server with a DIMSE face, that is meant for it. */
export function mayReceive(node: {
  readonly kind: string;
  readonly mayDestination: boolean;
  readonly aeTitle: string | null;
}): boolean {
  return node.mayDestination && (node.kind === 'folder' || node.aeTitle !== null);
}

/** Names of the sources. */
async function checkNodes(client: Database['client'], input: JobInput): Promise<string[]> {
  const ids = [...new Set(input.studies.map(({ sourceId }) => sourceId))];
  const nodes = await client.node.findMany({ where: { id: { in: [...ids, input.destinationId] } } });
  const known = new Map(nodes.map((node) => [node.id, node]));
  const destination = known.get(input.destinationId);
  if (!destination || !mayReceive(destination)) {
    throw invalid('destinationId', 'There is no such destination.');
  }
  for (const [index, { sourceId }] of input.studies.entries()) {
    const node = known.get(sourceId);
    if (node?.kind !== 'server' || !node.maySource || node.aeTitle === null) {
      throw invalid(`studies.${index}.sourceId`, 'There is no such source.');
    }
  }
  return ids.flatMap((id) => known.get(id)?.name ?? []);
}

function checkDuplicates(input: JobInput): void {
  const seen = new Set<string>();
  for (const [index, { sourceId, studyInstanceUid }] of input.studies.entries()) {
    const key = `${sourceId} ${studyInstanceUid}`;
    if (seen.has(key)) throw invalid(`studies.${index}.studyInstanceUid`, 'This study is listed twice.');
    seen.add(key);
  }
}

/** What the catalogue knows of a study. */
export interface KnownStudy {
  readonly patientId: string;
  readonly patientName: string;
  readonly studyDate: string;
  readonly studyTime: string;
  readonly modalities: readonly string[];
  readonly studyDescription: string;
  readonly accessionNumber: string;
}

/** What is known of each study of the list; undefined where nobody has looked it up. */
async function readKnown(pool: Database['pool'], { studies }: JobInput): Promise<(KnownStudy | undefined)[]> {
  const { rows } = await pool.query<KnownStudy & { index: number }>(
    `SELECT s.index, c.patient_id AS "patientId", c.patient_name AS "patientName", c.study_date AS "studyDate",
       c.study_time AS "studyTime", c.modalities, c.study_description AS "studyDescription",
       c.accession_number AS "accessionNumber"
     FROM json_to_recordset($1::json) AS s (index int, "sourceId" uuid, "studyInstanceUid" text)
     JOIN catalogue_study AS c ON c.node_id = s."sourceId" AND c.study_instance_uid = s."studyInstanceUid"`,
    [JSON.stringify(studies.map(({ sourceId, studyInstanceUid }, index) => ({ index, sourceId, studyInstanceUid })))],
  );
  const byIndex = new Map(rows.map(({ index, ...known }) => [index, known]));
  return studies.map((_study, index) => byIndex.get(index));
}

/** The patient a pseudonym is for: all studies are theirs. Of studies nobody has looked up that cannot be told. */
function onePatient(known: readonly (KnownStudy | undefined)[]): string | undefined {
  if (known.length > 1 && known.includes(undefined)) {
    const message =
      'Search for these studies first: a pseudonym can be given only when all are known to be of one patient.';
    throw invalid('pseudonym', message);
  }
  const patients = new Set(known.map((study) => study?.patientId));
  if (patients.size > 1) {
    throw invalid('pseudonym', 'The studies belong to several patients; a pseudonym can be given only for one.');
  }
  return known[0]?.patientId;
}

function titleOf(known: readonly (KnownStudy | undefined)[], sources: readonly string[]): string {
  const modalities = [...new Set(known.flatMap((study) => study?.modalities ?? []))].sort().slice(0, 5);
  const what = `${known.length.toLocaleString('en-US')} ${known.length === 1 ? 'study' : 'studies'}`;
  const kinds = modalities.length > 0 ? ` (${modalities.join(', ')})` : '';
  return `${what}${kinds} from ${sources.join(', ')}`.slice(0, LONGEST_TITLE);
}
