import { route, type Route } from '../http/route.ts';
import { findAnything, getDashboard, getExperience, getQueue, getReceiver } from '../operations/operate.ts';
import { readDashboard, type DashboardReading } from './dashboard.ts';
import { readExperience } from './experience.ts';
import { find } from './find.ts';
import { readQueue } from './queue.ts';
import { readReceiver } from './receiver.ts';

/** Dashboard, queue, receiver, quick find, and what was learned from past transfers. */
export function operateRoutes(reading: DashboardReading, callingAeTitle: string): Route[] {
  const { database } = reading;
  return [
    route(getDashboard, ({ actor }) => readDashboard(reading, actor)),
    route(getQueue, ({ query }) => readQueue(database, query)),
    route(findAnything, ({ actor, body }) => find(database, actor, body.text)),
    route(getExperience, async () => ({ items: await readExperience(database.pool) })),
    route(getReceiver, () => readReceiver(database.client, callingAeTitle)),
  ];
}
