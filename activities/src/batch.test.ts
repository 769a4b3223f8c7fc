import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { BatchWriter } from './batch.ts';

interface Row {
  readonly sopInstanceUID: string;
  readonly to: string;
}

describe('BatchWriter', () => {
  it('commits several changes of one instance in their order and in different batches', async () => {
    const batches: string[][] = [];
    const writer = new BatchWriter<Row>(async (rows) => {
      batches.push(rows.map((row) => `${row.sopInstanceUID}:${row.to}`));
    });
    for (const to of ['retrieved', 'pseudonymized', 'stored']) {
      for (const sopInstanceUID of ['1', '2']) writer.add({ sopInstanceUID, to });
    }
    await writer.flush();
    expect(batches).toEqual([
      ['1:retrieved', '2:retrieved'],
      ['1:pseudonymized', '2:pseudonymized'],
      ['1:stored', '2:stored'],
    ]);
  });

  it('commits changes that meet as one', async () => {
    const batches: string[][] = [];
    const writer = new BatchWriter<Row>(
      async (rows) => void batches.push(rows.map((row) => `${row.sopInstanceUID}:${row.to}`)),
      (earlier, later) => (later.to === 'expected' ? undefined : { ...later, to: `${earlier.to}>${later.to}` }),
    );
    writer.add({ sopInstanceUID: '1', to: 'retrieved' });
    const flushed = writer.flush();
    for (const to of ['pseudonymized', 'stored', 'expected']) writer.add({ sopInstanceUID: '1', to });
    await flushed;
    expect(batches).toEqual([['1:retrieved'], ['1:pseudonymized>stored'], ['1:expected']]);
  });

  it('commits by itself soon after a change', async () => {
    const committed = Promise.withResolvers<readonly Row[]>();
    const writer = new BatchWriter<Row>(async (rows) => committed.resolve(rows));
    writer.add({ sopInstanceUID: '1', to: 'retrieved' });
    expect(await committed.promise).toHaveLength(1);
  });

  it('keeps changes that arrive during a commit for the next time', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const batches: string[][] = [];
    const writer = new BatchWriter<Row>(async (rows) => {
      batches.push(rows.map((row) => row.sopInstanceUID));
      if (batches.length === 1) for (const sopInstanceUID of ['2', '3']) writer.add({ sopInstanceUID, to: 'stored' });
    });
    writer.add({ sopInstanceUID: '1', to: 'stored' });
    await vi.advanceTimersToNextTimerAsync();
    expect(batches).toEqual([['1']]);
    await vi.advanceTimersToNextTimerAsync();
    expect(batches).toEqual([['1'], ['2', '3']]);
  });

  it('repeats a failed commit without losing or reordering changes', async () => {
    const seen: string[] = [];
    let failures = 2;
    const writer = new BatchWriter<Row>(async (rows) => {
      if (failures-- > 0) throw new Error('connection lost');
      seen.push(...rows.map((row) => row.to));
    });
    writer.add({ sopInstanceUID: '1', to: 'retrieved' });
    const flushed = writer.flush();
    writer.add({ sopInstanceUID: '1', to: 'stored' });
    await flushed;
    await writer.flush();
    expect(seen).toEqual(['retrieved', 'stored']);
    expect(writer.pending).toBe(0);
  });
});
