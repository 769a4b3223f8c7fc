import { defineConfig } from 'vitest/config';

const exclude = ['**/node_modules/**', '**/build/**', '**/.svelte-kit/**'];
const real = {
  pool: 'forks',
  testTimeout: 30_000,
  hookTimeout: 60_000,
  env: { TZ: 'UTC' },
  exclude,
  expect: { poll: { timeout: 15_000 } },
} as const;

export default defineConfig({
  test: {
    // Most tests wait for servers and peers: four at a time also on a machine with two cores.
    maxWorkers: 4,
    projects: [
      {
        test: {
          ...real,
          name: 'rooms',
          include: ['*/src/**/*.test.ts', 'scripts/**/*.test.ts'],
          globalSetup: ['testing/src/globalSetup.ts'],
          // Files that follow each other in one process load what they share once: a fifth of the whole run.
          isolate: false,
        },
      },
      // The product as a whole, started as a user starts it and used in a browser.
      {
        test: {
          ...real,
          name: 'product',
          include: ['testing/e2e/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      // What temporal/docker-compose.yml starts, without containers: npm run test:production.
      {
        test: {
          ...real,
          name: 'production',
          include: ['testing/production/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
