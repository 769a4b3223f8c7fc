import { expect, it } from 'vitest';
import { COMMAND, encodeCommand } from '../command.ts';
import { MessageInbox } from './inbox.ts';

function inbox() {
  const told: boolean[] = [];
  const silent = () => undefined;
  return {
    told,
    inbox: new MessageInbox({ pause: (paused) => told.push(paused), silent, idleTimeoutMs: 10_000 }),
  };
}

const store = encodeCommand({ commandField: COMMAND.storeRequest, messageID: 1 }, true);

it('holds a peer back that sends a data set byte by byte, and goes on when somebody reads', async () => {
  const { told, inbox: messages } = inbox();
  messages.fragment(1, true, store, true);
  let sent = 0;
  while (told.length === 0 && sent < 1_000_000) {
    messages.fragment(1, false, Buffer.of(1), false);
    sent += 1;
  }
  expect(sent).toBeLessThan(50_000);
  messages.fragment(1, false, Buffer.of(1), true);
  const message = await messages.next(1_000);
  expect(await message?.dataSet?.bytes()).toHaveLength(sent + 1);
  expect(told).toEqual([true, false]);
});

it('holds a peer back while a reader cannot go on, and gives it every byte in its order', async () => {
  const { told, inbox: messages } = inbox();
  messages.fragment(1, true, store, true);
  const message = await messages.next(1_000);
  const { promise: rested, resolve: rest } = Promise.withResolvers<void>();
  const read: number[] = [];
  const poured = message?.dataSet?.pour((bytes) => {
    read.push(bytes[0] ?? -1);
    return read.length === 1 ? rested : undefined;
  });
  const memory = Buffer.alloc(1024 * 1024);
  for (let index = 0; index < 10; index += 1) messages.fragment(1, false, memory.fill(index), index === 9);
  expect([read, told]).toEqual([[0], [true]]);
  rest();
  await poured;
  expect([read, told]).toEqual([
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [true, false],
  ]);
});

it('puts a small data set together however it was cut', async () => {
  const { inbox: messages } = inbox();
  messages.fragment(1, true, store, true);
  const bytes = Buffer.from('some bytes, and some without any');
  for (const byte of bytes) {
    messages.fragment(1, false, Buffer.of(byte), false);
    messages.fragment(1, false, Buffer.alloc(0), false);
  }
  messages.fragment(1, false, Buffer.alloc(0), true);
  expect(await (await messages.next(1_000))?.dataSet?.bytes()).toEqual(bytes);
});

it('does not collect a command set for ever, not even one without bytes', () => {
  const { inbox: messages } = inbox();
  const flood = () => {
    for (let count = 0; count < 100_000; count += 1) messages.fragment(1, true, Buffer.alloc(0), false);
  };
  expect(flood).toThrow(expect.objectContaining({ reason: 'protocol-violation' }));
});
