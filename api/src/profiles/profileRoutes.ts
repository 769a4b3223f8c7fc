import { profileWarnings } from '@viaduct/deid';
import type { PrismaClient } from '@viaduct/prisma';
import { isInUse } from '../database/errors.ts';
import { ApiProblem, invalid } from '../http/problems.ts';
import { route, type Route } from '../http/route.ts';
import * as profiles from '../operations/profiles.ts';
import { profileIn, readProfile, readProfiles, saveProfile } from './profiles.ts';

const inUse = () => new ApiProblem(409, 'Projects name this profile, or studies were de-identified with it: it stays.');

/** Profiles: read, copy, change, check, export, delete. */
export function profileRoutes(client: PrismaClient): Route[] {
  const editable = async (id: string) => {
    const found = await readProfile(client, id);
    if (found.builtIn) throw new ApiProblem(409, 'This profile comes with Viaduct. Make a copy and change that.');
    return found;
  };
  return [
    route(profiles.listProfiles, async () => ({ items: await readProfiles(client) })),
    route(profiles.getProfile, ({ params, query }) => readProfile(client, params.id, query.version)),
    route(profiles.exportProfile, async ({ params }) => {
      const { content } = await readProfile(client, params.id);
      return { fileName: `${content.id}.${content.version}.profile.json`, content };
    }),
    route(profiles.checkProfile, async ({ body }) => ({ warnings: [...profileWarnings(profileIn(body))] })),
    route(profiles.createProfile, async ({ actor, body }) => {
      await saveProfile(client, { ...profileIn(body), version: 0 }, actor.userId);
      return readProfile(client, body.id);
    }),
    route(profiles.updateProfile, async ({ actor, params, body }) => {
      await editable(params.id);
      if (body.id !== params.id) throw invalid('id', 'The id of a profile stays.');
      await saveProfile(client, profileIn(body), actor.userId);
      return readProfile(client, params.id);
    }),
    route(profiles.deleteProfile, async ({ params }) => {
      const { projects } = await editable(params.id);
      if (projects.length > 0) throw inUse();
      await client.profileVersion.deleteMany({ where: { profileId: params.id } }).catch((error: unknown) => {
        throw isInUse(error) ? inUse() : error;
      });
      return undefined;
    }),
  ];
}
