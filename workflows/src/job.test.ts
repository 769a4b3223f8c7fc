import { describe, expect, test } from 'vitest';
import { chunk, JOB, scene } from './harness/scene.ts';

describe('a job', () => {
  test('of one task runs every step once and ends', async () => {
    await using stage = await scene();
    const { harness, house } = stage;
    expect(await harness.closed(JOB)).toBe('completed');
    expect(harness.activitiesOf(JOB)).toEqual(['beginRun', 'claimChunk']);
    expect(harness.activitiesOf(chunk(1))).toEqual([
      ...['findInstances', 'admitPart'],
      ...['retrievePart', 'pseudonymizePart', 'storePart', 'verifyTask'],
    ]);
    expect(house.run).toBe('completed');
    expect(house.task(1).state).toBe('success');
  });

  test('forwards unchanged without a pseudonymize step', async () => {
    await using stage = await scene({}, (house) => {
      const claim = house.mocks.claimChunk;
      house.mocks.claimChunk = async (input, world) => {
        const { tasks, ...rest } = await claim(input, world);
        return { ...rest, tasks: tasks.map((head) => ({ ...head, pseudonymize: false })) };
      };
    });
    await stage.harness.closed(JOB);
    expect(stage.harness.activitiesOf(chunk(1))).not.toContain('pseudonymizePart');
    expect(stage.house.count('success')).toBe(1);
  });

  test('of 300 tasks keeps to the sizes of chunk and windows', async () => {
    await using stage = await scene({ tasks: 300, settings: { chunkSize: 28, window: 5 } });
    const { harness, house } = stage;
    await harness.closed(JOB);
    expect(house.count('success')).toBe(300);
    expect(Math.max(...house.claims)).toBe(28);
    expect(house.peak.chunks).toBe(3);
    expect(house.peak.running).toBeGreaterThan(5);
    expect(house.peak.running).toBeLessThanOrEqual(15);
    const chunks = new Set(harness.log.map(({ workflowId }) => workflowId)).size - 1;
    expect(chunks).toBe(11);
  });

  test('lets no more parts of a task overlap than the window of parts', async () => {
    const running: number[] = [];
    let peak = 0;
    await using stage = await scene({ partsPerTask: 7, settings: { partWindow: 2 } }, ({ mocks }) => {
      const retrieve = mocks.retrievePart;
      mocks.retrievePart = async (part, world) => {
        running.push(part.partNo);
        peak = Math.max(peak, running.length);
        return retrieve(part, world).finally(() => running.splice(running.indexOf(part.partNo), 1));
      };
    });
    await stage.harness.closed(JOB);
    expect(peak).toBe(2);
    expect(stage.house.task(1).state).toBe('success');
  });

  test('whose run had ended before does nothing and refuses what is asked', async () => {
    await using stage = await scene({}, (house) => (house.run = 'ended'));
    const { harness, house } = stage;
    harness.signal(JOB, { name: 'resume' }, { requestId: 'r1' });
    expect(await harness.closed(JOB)).toBe('completed');
    expect(harness.activitiesOf(JOB)).toEqual(['beginRun', 'refuseRequest']);
    expect(house.requests.get('r1')).toBe('job-ended');
  });

  test('takes the tasks of a terminated chunk up again', async () => {
    await using stage = await scene({ tasks: 3 });
    const { harness, house } = stage;
    await harness.until(() => house.count('running') === 3);
    harness.terminate(chunk(1));
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.journal).toContain('chunk 1 pending');
    expect(house.count('success')).toBe(3);
  });

  test('gives its priority to chunks and activities', async () => {
    await using stage = await scene({ input: { priorityKey: 1 } });
    await stage.harness.closed(JOB);
    const keys = stage.harness.log.filter(({ activity }) => activity).map(({ priorityKey }) => priorityKey);
    expect(new Set(keys)).toEqual(new Set([1]));
  });
});
