import type { JobState } from '@viaduct/domain';
import { api, must } from '#lib/server/api.ts';
import { dashboard } from '#lib/words/nodes.ts';
import type { PageServerLoad } from './$types';

const RUNS: JobState[] = ['running', 'pausing', 'canceling'];
const WAITS: JobState[] = ['pending', 'waiting', 'paused'];

export const load: PageServerLoad = async (event) => {
  const client = api(event);
  const jobs = async (state: JobState[], limit: number) =>
    must(await client.GET('/api/v1/jobs', { params: { query: { state, limit } } })).items;
  const [runs, waits, failed, ended, nodes, ready] = await Promise.all([
    jobs(RUNS, 20),
    jobs(WAITS, 20),
    jobs(['failure'], 10),
    jobs(['success', 'warning', 'canceled'], 5),
    client.GET('/api/v1/nodes').then((answered) => answered.data?.items ?? []),
    // Answers 503 with the same body where something is missing.
    client.GET('/api/v1/ready').then((answered) => answered.data ?? answered.error),
  ]);
  const checks = ready && 'checks' in ready ? ready.checks : null;
  return {
    crumbs: [{ label: dashboard.title }],
    runs,
    waits,
    failed,
    ended,
    nodes: nodes.filter((node) => node.health.state === 'down' || node.suspended),
    anyNodes: nodes.length > 0,
    broken: checks
      ? Object.entries(checks).flatMap(([name, check]) => (check.ok ? [] : [{ name, detail: check.detail }]))
      : [],
  };
};
