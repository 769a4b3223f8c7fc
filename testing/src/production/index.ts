/** The production topology as temporal/docker-compose.yml describes it. */
export * from './compose.ts';
export * from './starts.ts';
