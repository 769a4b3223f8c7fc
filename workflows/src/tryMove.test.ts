import { expect, test } from 'vitest';
import { TRY_MOVE_WORKFLOW } from './contract/index.ts';
import { Harness } from './harness/harness.ts';
import { House, SOURCE_ID } from './harness/house.ts';
import { Sandbox } from './harness/sandbox.ts';
import { ourBundle } from './harness/scene.ts';

test('the receiver of each host is tried on its own queue, and one that fails does not spoil the others', async () => {
  await using sandbox = await Sandbox.create(await ourBundle());
  const harness = new Harness(sandbox, new House().mocks);
  await harness.start(TRY_MOVE_WORKFLOW, 'trial', { nodeId: SOURCE_ID, hostIds: ['h1', 'h2'] });
  expect(await harness.closed('trial')).toBe('completed');
  expect(harness.log.flatMap(({ queue }) => queue ?? [])).toEqual(['host.h1.retrieve', 'host.h2.retrieve']);
});
