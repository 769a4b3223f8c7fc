import { error, fail, redirect, type RequestEvent } from '@sveltejs/kit';
import { textOf } from '#lib/forms/field.ts';
import { lastCookie, readLast, writeLast } from '#lib/forms/last.ts';
import { CRITERIA, readSearch, SEARCH_FIELDS } from '#lib/forms/search.ts';
import {
  checkTransfer,
  JOB_FIELDS,
  jobInputOf,
  keyOf,
  optionsOf,
  readBasket,
  withPicked,
} from '#lib/forms/transfer.ts';
import { timeZones } from '#lib/server/zones.ts';
import { api, must, problemOf } from '#lib/server/api.ts';
import { problemErrors } from '#lib/problems.ts';
import type { BasketItem, Node, Search, Series } from '#lib/types.ts';
import { faults } from '#lib/words/frame.ts';
import { transfer } from '#lib/words/transfer.ts';
import type { Actions, PageServerLoad } from './$types';

/** How long a page without scripts waits for the answers to its search, ms. */
const PATIENCE = 25_000;

export const load: PageServerLoad = async (event) => {
  const { session } = event.locals;
  if (!session?.permissions.includes('transfer')) error(403, { message: faults.forbidden, todo: faults.forbiddenTodo });
  const client = api(event);
  const [nodes, projects, profiles, experience] = await Promise.all([
    client.GET('/api/v1/nodes'),
    client.GET('/api/v1/projects'),
    client.GET('/api/v1/profiles'),
    client.GET('/api/v1/experience'),
  ]);
  const short = ({ id, name, kind, windows, suspended, gate, openJobs }: Node) => ({
    id,
    name,
    kind,
    windows,
    suspended,
    gate,
    openJobs,
  });
  const profileName = new Map(must(profiles).items.map(({ id, name }) => [id, name]));
  const all = must(nodes).items;
  return {
    crumbs: [{ label: transfer.title }],
    sources: all.filter((node) => node.kind === 'server' && node.maySource && !node.suspended).map(short),
    destinations: all.filter((node) => node.mayDestination).map(short),
    projects: must(projects).items.map(({ id, name, profileId }) => ({
      id,
      name,
      profile: profileName.get(profileId),
    })),
    experience: must(experience).items,
    last: readLast(event.cookies.get(lastCookie(session.user.id))),
    zones: timeZones(),
    key: crypto.randomUUID(),
  };
};

/** The page as a posted form carries it: without scripts the form is its only memory. */
interface Posted {
  readonly sourceIds: string[];
  readonly values: Record<string, string>;
  readonly options: ReturnType<typeof optionsOf>;
  readonly basket: BasketItem[];
  readonly key: string;
  readonly picks: string[];
  readonly act: string;
  readonly searchId: string;
  /** The sources are asked also what they have just answered. */
  readonly fresh: boolean;
  search: Search | null;
  unfolded: { key: string; series: Series[] } | null;
}

async function posted(event: RequestEvent): Promise<Posted> {
  const form = await event.request.formData();
  const field = (name: string) => textOf(form, name).trim();
  return {
    sourceIds: form.getAll('sources').map(String),
    values: Object.fromEntries(CRITERIA.map((name) => [name, field(name)])),
    options: optionsOf(form, event.locals.session?.permissions.includes('transfer-identified') ?? false),
    basket: readBasket(field('basket')),
    key: field('key') || crypto.randomUUID(),
    picks: form.getAll('pick').map(String),
    act: field('act'),
    searchId: field('search'),
    fresh: field('fresh') === 'on',
    search: null,
    unfolded: null,
  };
}

async function readSearchOf(event: RequestEvent, page: Posted, wait = 0): Promise<Posted> {
  if (!page.searchId) return page;
  const answered = await api(event).GET('/api/v1/searches/{id}', {
    params: { path: { id: page.searchId }, query: wait ? { wait } : {} },
  });
  return { ...page, search: answered.data ?? null };
}

export const actions: Actions = {
  search: async (event) => {
    const page = await posted(event);
    const read = readSearch(page.sourceIds, page.values);
    if ('errors' in read) return fail(400, { ...(await readSearchOf(event, page)), errors: read.errors });
    const answered = await api(event).POST('/api/v1/searches', { body: { ...read.input, fresh: page.fresh } });
    const problem = problemOf(answered);
    if (problem) return fail(problem.status, { ...page, errors: problemErrors(problem, SEARCH_FIELDS) });
    return readSearchOf(event, { ...page, searchId: answered.data?.id ?? '' }, PATIENCE);
  },

  stop: async (event) => {
    const page = await posted(event);
    if (page.searchId) await api(event).DELETE('/api/v1/searches/{id}', { params: { path: { id: page.searchId } } });
    return readSearchOf(event, page);
  },

  /** Shows the series of one study, with boxes to choose some of them. */
  unfold: async (event) => {
    const page = await readSearchOf(event, await posted(event));
    const [nodeId = '', studyInstanceUid = ''] = page.act.split('|');
    const answered = await api(event).GET('/api/v1/studies/{nodeId}/{studyInstanceUid}/series', {
      params: { path: { nodeId, studyInstanceUid } },
    });
    const problem = problemOf(answered);
    if (problem) return fail(problem.status, { ...page, errors: problemErrors(problem) });
    return { ...page, unfolded: { key: page.act, series: answered.data?.items ?? [] } };
  },

  add: async (event) => {
    const page = await readSearchOf(event, await posted(event));
    return { ...page, basket: withPicked(page.basket, page.search?.studies ?? [], page.picks, () => undefined) };
  },

  remove: async (event) => {
    const page = await readSearchOf(event, await posted(event));
    return { ...page, basket: page.act === 'all' ? [] : page.basket.filter((item) => keyOf(item.study) !== page.act) };
  },

  /** Says anew what was chosen. */
  summarize: async (event) => readSearchOf(event, await posted(event)),

  start: async (event) => {
    const page = await posted(event);
    const errors = checkTransfer(page.basket, page.options);
    if (Object.keys(errors).length > 0) return fail(400, { ...(await readSearchOf(event, page)), errors });
    const answered = await api(event).POST('/api/v1/jobs', {
      params: { header: { 'idempotency-key': page.key } },
      body: jobInputOf(page.basket, page.options),
    });
    const problem = problemOf(answered);
    if (problem)
      return fail(problem.status, { ...(await readSearchOf(event, page)), errors: problemErrors(problem, JOB_FIELDS) });
    const { destinationId, projectId, pseudonymize } = page.options;
    const last = writeLast({ sourceIds: page.sourceIds, destinationId, projectId, pseudonymize });
    event.cookies.set(lastCookie(event.locals.session?.user.id ?? ''), last, {
      path: '/',
      maxAge: 31_536_000,
      httpOnly: false,
      sameSite: 'lax',
      secure: event.url.protocol === 'https:',
    });
    redirect(303, `/jobs/${answered.data?.id}`);
  },
};
