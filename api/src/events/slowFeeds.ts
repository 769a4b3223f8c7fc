import { createHash } from 'node:crypto';
import type { SignedIn } from '../http/context.ts';
import type { EventStream } from '../http/eventStream.ts';
import type { NodesEventView } from '../schemas/events.ts';
import type { NodeView } from '../schemas/nodes.ts';
import type { Feed } from './feed.ts';
import { Seen } from './seen.ts';

/** Nodes: those that look different, load included, and those that are gone. */
export function nodesFeed(stream: EventStream): Feed {
  const seen = new Seen<NodeView>(({ id }) => id);
  return {
    async tell(tick) {
      if (!tick.changes.slow) return;
      const nodes = await tick.nodes();
      const rows = seen.changed(nodes);
      const gone = seen.gone(new Set(nodes.map(({ id }) => id))).map(String);
      const event: NodesEventView = { rows, gone };
      if (rows.length + gone.length > 0) stream.send('nodes', event);
    },
  };
}

/** The dashboard as a whole, when it looks different. */
export function dashboardFeed(stream: EventStream, actor: SignedIn): Feed {
  let before = '';
  return {
    async tell(tick) {
      if (!tick.changes.slow) return;
      const dashboard = await tick.dashboard(actor);
      const print = createHash('sha256')
        .update(JSON.stringify({ ...dashboard, at: '' }))
        .digest('base64');
      if (print === before) return;
      before = print;
      stream.send('dashboard', dashboard);
    },
  };
}

/** That the queue is to be read again, with how much there is. */
export function queueFeed(stream: EventStream): Feed {
  let changed = true;
  return {
    async tell(tick) {
      changed ||= tick.changes.jobs.size > 0 || tick.changes.all;
      if (!tick.changes.slow || !changed) return;
      changed = false;
      stream.send('queue', await tick.queue());
    },
  };
}
