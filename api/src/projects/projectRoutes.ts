import { randomBytes } from 'node:crypto';
import { projectKeyPurpose, seal, uuidv7, type PrismaClient } from '@viaduct/prisma';
import { isMissing, isTaken } from '../database/errors.ts';
import { ApiProblem, invalid, notFound } from '../http/problems.ts';
import { route, type Route } from '../http/route.ts';
import { createProject, getProject, listProjects, updateProject } from '../operations/projects.ts';
import type { ProjectView } from '../schemas/projects.ts';

const KEY_BYTES = 32;

const shown = {
  id: true,
  number: true,
  name: true,
  trialProtocolId: true,
  trialProtocolName: true,
  profileId: true,
  createdAt: true,
  _count: { select: { jobs: true } },
} as const;

interface Row extends Omit<ProjectView, 'createdAt' | 'jobs'> {
  readonly createdAt: Date;
  readonly _count: { readonly jobs: number };
}

const view = ({ _count, createdAt, ...rest }: Row): ProjectView => ({
  ...rest,
  createdAt: createdAt.toISOString(),
  jobs: _count.jobs,
});

function refuse(error: unknown): never {
  if (isMissing(error)) throw notFound('project');
  if (!isTaken(error)) throw error;
  const message = 'Another project has this name.';
  throw new ApiProblem(409, message, { errors: [{ path: 'name', message }] });
}

/** Projects; the key of one is made here, sealed with the master key, and never leaves the database unsealed. */
export function projectRoutes(client: PrismaClient, masterKey: Uint8Array): Route[] {
  const checkProfile = async (profileId: string | undefined) => {
    if (profileId === undefined || (await client.profileVersion.count({ where: { profileId } })) > 0) return;
    throw invalid('profileId', 'There is no such profile.');
  };
  return [
    route(listProjects, async () => {
      const rows = await client.project.findMany({ select: shown, orderBy: { name: 'asc' } });
      return { items: rows.map(view) };
    }),
    route(createProject, async ({ body }) => {
      await checkProfile(body.profileId);
      const id = uuidv7();
      const sealedKey = seal(masterKey, randomBytes(KEY_BYTES), projectKeyPurpose(id));
      const data = { ...body, id, sealedKey: Uint8Array.from(sealedKey) };
      return view(await client.project.create({ data, select: shown }).catch(refuse));
    }),
    route(getProject, async ({ params }) => {
      const row = await client.project.findUnique({ where: { id: params.id }, select: shown });
      if (!row) throw notFound('project');
      return view(row);
    }),
    route(updateProject, async ({ params, body }) => {
      await checkProfile(body.profileId);
      return view(await client.project.update({ where: { id: params.id }, data: body, select: shown }).catch(refuse));
    }),
  ];
}
