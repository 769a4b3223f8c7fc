import { DeidError, MODULES, parseProfile, profileHash, profileWarnings, type Profile } from '@viaduct/deid';
import type { PrismaClient } from '@viaduct/prisma';
import { isTaken } from '../database/errors.ts';
import { ApiProblem, notFound } from '../http/problems.ts';
import type { ProfileRowView, ProfileView } from '../schemas/profiles.ts';

interface VersionRow {
  readonly profileId: string;
  readonly version: number;
  readonly hash: string;
  readonly builtIn: boolean;
  readonly content: unknown;
  readonly createdBy: string | null;
  readonly createdAt: Date;
}

/**
 * Reads a profile from what was sent.
 * @throws ApiProblem 422 with what is wrong, each at its place
 */
export function profileIn(content: unknown): Profile {
  try {
    return parseProfile(content);
  } catch (error) {
    if (!(error instanceof DeidError)) throw error;
    const errors = error.problems.map((problem) => {
      const [path = '', ...message] = problem.split(': ');
      return { path: path.replaceAll(/\[(\d+)\]/g, '.$1'), message: message.join(': ') };
    });
    throw new ApiProblem(422, 'The profile is not valid.', { errors });
  }
}

/** The newest version of every profile; built-in ones first, then by name. */
export async function readProfiles(client: PrismaClient): Promise<ProfileRowView[]> {
  const [rows, named] = await Promise.all([
    client.profileVersion.findMany({ distinct: ['profileId'], orderBy: [{ profileId: 'asc' }, { version: 'desc' }] }),
    projectsByProfile(client),
  ]);
  return rows
    .map((row) => rowView(row, named.get(row.profileId) ?? []))
    .sort((a, b) => Number(b.builtIn) - Number(a.builtIn) || a.name.localeCompare(b.name));
}

/** One version of a profile, the newest unless another is named. Throws 404. */
export async function readProfile(client: PrismaClient, id: string, version?: number): Promise<ProfileView> {
  const rows = await client.profileVersion.findMany({ where: { profileId: id }, orderBy: { version: 'desc' } });
  const row = version === undefined ? rows[0] : rows.find((each) => each.version === version);
  if (!row) throw notFound('profile');
  const [named, people] = await Promise.all([
    projectsByProfile(client, id),
    client.user.findMany({
      where: { id: { in: rows.flatMap(({ createdBy }) => createdBy ?? []) } },
      select: { id: true, name: true },
    }),
  ]);
  const nameOf = new Map(people.map((person) => [person.id, person.name]));
  return {
    ...rowView(row, named.get(id) ?? []),
    content: contentView(profileIn(row.content)),
    versions: rows.map((each) => ({ ...stampOf(each), by: nameOf.get(each.createdBy ?? '') ?? null })),
    modules: [...MODULES],
  };
}

/**
 * Saves a profile as the version after `profile.version`; 0 makes a new one.
 * @throws ApiProblem 409 when that version is there already
 */
export async function saveProfile(
  client: PrismaClient,
  { version: before, ...rest }: Profile,
  userId: string,
): Promise<void> {
  const content: Profile = { ...rest, version: before + 1 };
  const hash = profileHash(content);
  const row = { profileId: content.id, version: content.version, hash, createdBy: userId };
  const json = JSON.parse(JSON.stringify(content)) as object;
  await client.profileVersion.create({ data: { ...row, content: json } }).catch((error: unknown) => {
    if (!isTaken(error)) throw error;
    const message =
      before === 0 ? 'Another profile has this id.' : 'Somebody else has saved a version meanwhile. Look at it first.';
    throw new ApiProblem(409, message, { errors: [{ path: before === 0 ? 'id' : '', message }] });
  });
}

/** The projects that name each profile, or one of them. */
async function projectsByProfile(
  client: PrismaClient,
  profileId?: string,
): Promise<Map<string, { id: string; name: string }[]>> {
  const projects = await client.project.findMany({
    where: { profileId },
    orderBy: { name: 'asc' },
    select: { id: true, name: true, profileId: true },
  });
  return Map.groupBy(projects, (project) => project.profileId);
}

const stampOf = ({ version, hash, createdAt }: VersionRow) => ({ version, hash, createdAt: createdAt.toISOString() });

function rowView(row: VersionRow, projects: readonly { id: string; name: string }[]): ProfileRowView {
  const content = profileIn(row.content);
  return {
    id: row.profileId,
    name: content.name,
    description: content.description,
    builtIn: row.builtIn,
    ...stampOf(row),
    dates: content.options.dates,
    warnings: [...profileWarnings(content)],
    projects: projects.map(({ id, name }) => ({ id, name })),
  };
}

/** The same as JSON: lists that may be changed. */
function contentView(profile: Profile): ProfileView['content'] {
  return JSON.parse(JSON.stringify(profile)) as ProfileView['content'];
}
