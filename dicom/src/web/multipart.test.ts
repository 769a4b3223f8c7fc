import fc from 'fast-check';
import { expect, it } from 'vitest';
import { boundaryOf, readMultipart } from './multipart.ts';

async function* cut(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (const length of [...lengths, bytes.length]) {
    const chunk = bytes.subarray(at, at + length);
    at += length;
    if (chunk.length > 0) yield chunk;
  }
}

async function readAll(chunks: AsyncIterable<Buffer>, boundary: string) {
  const parts: { type: string | undefined; body: string }[] = [];
  for await (const { headers, body } of readMultipart(chunks, boundary)) {
    const buffers: Buffer[] = [];
    for await (const buffer of body) buffers.push(buffer);
    parts.push({ type: headers.get('content-type'), body: Buffer.concat(buffers).toString('hex') });
  }
  return parts;
}

function message(bodies: readonly Uint8Array[], boundary: string, preamble = ''): Buffer {
  const parts = bodies.flatMap((body, index) => [
    Buffer.from(`\r\n--${boundary}\r\nContent-Type: a/${index}\r\n\r\n`),
    body,
  ]);
  return Buffer.concat([Buffer.from(preamble), ...parts, Buffer.from(`\r\n--${boundary}--\r\nafter`)]);
}

it('reads the parts of any message, however it is cut', async () => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.constantFrom('\r\n--', '\r\n--b', '--b--', '\r\n\r\n', '\r').map((text) => Buffer.from(text)),
  );
  const safe = body.filter((bytes) => !Buffer.from(bytes).includes('--bb'));
  await fc.assert(
    fc.asyncProperty(
      fc.array(safe, { maxLength: 5 }),
      fc.array(fc.nat(40), { maxLength: 40 }),
      async (bodies, lengths) => {
        const expected = bodies.map((bytes, index) => ({
          type: `a/${index}`,
          body: Buffer.from(bytes).toString('hex'),
        }));
        expect(await readAll(cut(message(bodies, 'bb'), lengths), 'bb')).toEqual(expected);
      },
    ),
    { numRuns: 200 },
  );
});

it('skips a preamble, and parts that nobody reads', async () => {
  const types: (string | undefined)[] = [];
  const bytes = message([Buffer.from('one'), Buffer.from('two')], 'bb', 'preamble');
  for await (const { headers } of readMultipart(cut(bytes, []), 'bb')) types.push(headers.get('content-type'));
  expect(types).toEqual(['a/0', 'a/1']);
});

it('says that a message ends too early, wherever it is cut off', async () => {
  const bytes = message([Buffer.from('one'), Buffer.from('two')], 'bb');
  const end = bytes.lastIndexOf('--bb--') + '--bb--'.length;
  for (let length = 0; length < end; length += 1) {
    await expect(readAll(cut(bytes.subarray(0, length), [7]), 'bb')).rejects.toMatchObject({
      reason: 'closed-without-response',
    });
  }
});

it.each([
  ['multipart/related; type="application/dicom"; boundary=abc', 'abc'],
  ['multipart/related; boundary="a b;c"; type="application/dicom"', 'a b;c'],
  ['Multipart/Related;boundary=x', 'x'],
])('finds the boundary in %s', (type, boundary) => {
  expect(boundaryOf(type)).toBe(boundary);
});

it('does not take anything else for a multipart', () => {
  expect(() => boundaryOf('application/json')).toThrow('protocol-violation');
});
