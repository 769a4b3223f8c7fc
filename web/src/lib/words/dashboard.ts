import { formatAhead, formatCount, formatDay } from '../format.ts';
import type { Dashboard } from '../types.ts';
import { countOf, studies } from './count.ts';

/** Words of the dashboard. */
export const dashboard = {
  title: 'Dashboard',
  needs: 'Needs you',
  needsNone: 'Nothing needs you.',
  needsMore: 'All failed jobs',
  needsRest: (count: number) => `${formatCount(count)} more`,
  runs: 'Running',
  runsNone: 'Nothing runs.',
  waits: 'Waiting and paused',
  waitsNone: 'Nothing waits.',
  all: (count: number) => `All ${formatCount(count)}`,
  nodes: 'Nodes',
  nodesAll: (count: number) => `All ${countOf(count, 'node')}`,
  nodesNone: 'There are no nodes yet.',
  gave: (amount: string) => `${amount} from it`,
  took: (amount: string) => `${amount} to it`,
  quiet: 'nothing moved',
  flowLabel: (node: string, amount: string, perMinutes: number) =>
    `${node}: ${amount} in the last hour, in steps of ${perMinutes} min`,
  failures: 'Failures today',
  failuresHelp: 'By cause, since midnight UTC',
  failuresNone: 'No study has failed today.',
  failuresOf: (count: number, jobs: number) => `${studies(count)} of ${countOf(jobs, 'job')}`,
  spool: 'Transfer disks',
  spoolFree: (amount: string) => `${amount} free`,
  spoolGone: 'no sign of life',
  spoolNone: 'No worker has reported yet.',
  welcome: 'Welcome to Viaduct',
  welcomeHelp:
    'Add the PACS your data comes from and the place it goes to, create a project, then search and transfer.',
  welcomeNobody:
    'Nothing can be transferred yet: an administrator has to add the nodes that data comes from and goes to.',
} as const;

/** How many nodes may be worked with now, and what changes next: `2 of 3 open; PACS A closes today 22:00, in 3 h`. */
export function clockSentence(clock: Dashboard['clock'], now: number, zone: string): string {
  const open = clock.filter(({ gate }) => gate.open).length;
  const changes = clock
    .flatMap(({ node, gate }) =>
      gate.changesAt === null ? [] : [{ name: node.name, open: gate.open, at: Date.parse(gate.changesAt) }],
    )
    .filter(({ at }) => at > now)
    .sort((a, b) => a.at - b.at);
  const next = changes[0];
  const some = `${open} of ${clock.length} open`;
  if (!next) return some;
  return `${some}; ${next.name} ${next.open ? 'closes' : 'opens'} ${formatDay(next.at, now, zone)}, in ${formatAhead(next.at, now)}`;
}
