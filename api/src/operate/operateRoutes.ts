import { route, type Route } from '../http/route.ts';
import { getDashboard, getQueue, getReceiver } from '../operations/operate.ts';
import { readDashboard, type DashboardReading } from './dashboard.ts';
import { readQueue } from './queue.ts';
import { readReceiver } from './receiver.ts';

/** Dashboard, queue and receiver. */
export function operateRoutes(reading: DashboardReading, callingAeTitle: string): Route[] {
  const { database } = reading;
  return [
    route(getDashboard, ({ actor }) => readDashboard(reading, actor)),
    route(getQueue, ({ query }) => readQueue(database, query)),
    route(getReceiver, () => readReceiver(database.client, callingAeTitle)),
  ];
}
