/** The services whose start command the production test runs, in the order in which they are started there. */
export const STARTED = [
  'temporal-schema',
  'temporal',
  'temporal-namespace',
  'migrate',
  'api',
  'web',
  'worker-1',
  'worker-2',
] as const;

/** The services that it does not start, and why. */
export const NOT_STARTED: Readonly<Record<string, string>> = {
  postgres: 'the embedded PostgreSQL of the same version stands for it',
  'temporal-ui': 'optional; nothing of ours runs in it',
};
