import {
  createPseudonymizer,
  DeidError,
  type DeidReport,
  derivePseudonym,
  patientHash,
  previewer,
  profileWarnings,
  type Profile,
  type Trial,
} from '@viaduct/deid';
import { type EditedFile, editFile, Part10Error } from '@viaduct/dicom/part10';
import { projectKeyPurpose, unseal, type Database } from '@viaduct/prisma';
import type { Sample } from '../gateway/pacsPort.ts';
import { ApiProblem, invalid } from '../http/problems.ts';
import { profileIn, readProfile } from '../profiles/profiles.ts';
import type { PreviewInput, PreviewView } from '../schemas/previews.ts';
import { drawPicture } from './picture.ts';

/** Sources are not told apart by issuer yet. */
const ISSUER = '';
const MOST_ROWS = 5_000;

/** What a preview is made with: the profile and the secret of a project. */
export interface PreviewFrame {
  readonly profile: Profile;
  readonly hash: string;
  readonly projectId: string;
  readonly projectKey: Uint8Array;
  readonly trial: Trial;
}

/** Reads it. Throws 422 for a project or profile that is not there. */
export async function previewFrame(
  { client }: Database,
  masterKey: Uint8Array,
  { projectId, profileId }: PreviewInput,
): Promise<PreviewFrame> {
  const project = await client.project.findUnique({ where: { id: projectId } });
  if (!project) throw invalid('projectId', 'There is no such project.');
  const { content, hash } = await readProfile(client, profileId ?? project.profileId);
  const projectKey = unseal(masterKey, project.sealedKey, projectKeyPurpose(projectId));
  const trial = { protocolId: project.trialProtocolId, protocolName: project.trialProtocolName };
  return { profile: profileIn(content), hash, projectId, projectKey, trial };
}

/** Shows what a job of the project would do to an image, element by element. The file is only read. */
export async function makePreview(
  { client }: Database,
  { profile, hash, projectId, projectKey, trial }: PreviewFrame,
  { file, patientId, series, chosen }: Sample,
  signal: AbortSignal,
): Promise<PreviewView> {
  const known = await client.pseudonym.findUnique({
    where: { projectId_patientHash: { projectId, patientHash: patientHash(projectKey, ISSUER, patientId) } },
  });
  const pseudonym = known?.pseudonym ?? derivePseudonym(projectKey, ISSUER, patientId);
  const { editor } = createPseudonymizer({ projectKey, profile, pseudonym, patientId, trial });
  const { observe, rows } = previewer();
  const edited = await editFile(file, (facts) => editor(facts, observe)).catch(refuse);
  if (edited.report === undefined) throw new Error('no report');
  return {
    profile: { id: profile.id, name: profile.name, version: profile.version, hash },
    pseudonym,
    warnings: [...profileWarnings(profile), ...remarks(edited.report)],
    series: [...series],
    chosen,
    rows: rows()
      .slice(0, MOST_ROWS)
      .map((row) => ({ ...row })),
    pixels: await pixelsOf(file, edited, edited.report, signal),
  };
}

function refuse(error: unknown): never {
  if (error instanceof Part10Error) throw new ApiProblem(409, 'The image does not follow the DICOM standard.');
  if (error instanceof DeidError) throw new ApiProblem(409, 'The profile refuses this object: it cannot be cleaned.');
  throw error;
}

function remarks({ invalid: values, dropped, isDocumentReplaced, overwrittenPlaces }: DeidReport): string[] {
  const words = dropped.reduce((sum, each) => sum + each.words.length, 0);
  return [
    ...(values.length > 0 ? [`${values.length} values were not what their VR says and are emptied or removed.`] : []),
    ...(words > 0 ? [`${words} words are left out of descriptions.`] : []),
    ...(overwrittenPlaces > 0
      ? [`${overwrittenPlaces} places in the pixel data that no picture shows (comments, padding) are overwritten.`]
      : []),
    ...(isDocumentReplaced ? ['The document is replaced by an empty one.'] : []),
  ];
}

async function pixelsOf(
  file: string,
  { bulk, meta: { transferSyntaxUID } }: EditedFile,
  { pixels, format }: DeidReport,
  signal: AbortSignal,
): Promise<PreviewView['pixels']> {
  const view = {
    do: pixels.do,
    risks: [...pixels.risks],
    rectangles: pixels.do === 'mask' ? pixels.rectangles.map((each) => ({ ...each })) : [],
    width: format?.columns ?? 0,
    height: format?.rows ?? 0,
  };
  if (pixels.risks.length === 0 || bulk === null || format === undefined) return { ...view, png: null };
  const png = await drawPicture({ file, bulk, transferSyntaxUID, format }, signal);
  return { ...view, png: png && png.toString('base64') };
}
