import { expect, test } from 'vitest';
import { events, type EventSourceLike, type SearchEvents } from './events.ts';

type Listener = (event: { data: string; lastEventId: string }) => void;

class FakeSource implements EventSourceLike {
  readonly listeners = new Map<string, Listener>();
  addEventListener(type: string, listener: Listener) {
    this.listeners.set(type, listener);
  }
  removeEventListener(type: string) {
    this.listeners.delete(type);
  }
}

test('handlers get parsed data and the id, until they are stopped', () => {
  const source = new FakeSource();
  const heard: unknown[] = [];
  const stop = events<SearchEvents>(source, { done: (done, id) => heard.push(done, id), study: undefined });
  source.listeners.get('done')?.({ data: '{"state":"done","capped":false}', lastEventId: '7' });
  expect(heard).toEqual([{ state: 'done', capped: false }, '7']);
  expect([...source.listeners.keys()]).toEqual(['done']);
  stop();
  expect(source.listeners.size).toBe(0);
});
