/** RLE Lossless (PS3.5 Annex G): one segment per byte of a sample, most significant first. */
export function encodeRle(frame: Uint8Array, bytesPerSample: 1 | 2, samplesPerPixel = 1): Buffer {
  const pixels = frame.length / (bytesPerSample * samplesPerPixel);
  const segments: Buffer[] = [];
  for (let sample = 0; sample < samplesPerPixel; sample++) {
    for (let byte = bytesPerSample - 1; byte >= 0; byte--) {
      const plane = new Uint8Array(pixels);
      const stride = bytesPerSample * samplesPerPixel;
      for (let pixel = 0; pixel < pixels; pixel++) {
        plane[pixel] = frame[pixel * stride + sample * bytesPerSample + byte] ?? 0;
      }
      segments.push(packBits(plane));
    }
  }
  const header = Buffer.alloc(64);
  header.writeUInt32LE(segments.length, 0);
  let offset = header.length;
  segments.forEach((segment, index) => {
    header.writeUInt32LE(offset, 4 + index * 4);
    offset += segment.length;
  });
  return Buffer.concat([header, ...segments]);
}

const LONGEST = 128;

/** PackBits of PS3.5 §G.3.1, padded to an even length. */
function packBits(plane: Uint8Array): Buffer {
  const packed = Buffer.alloc(plane.length + Math.ceil(plane.length / LONGEST) + 2);
  let length = 0;
  let position = 0;
  while (position < plane.length) {
    const repeated = runLength(plane, position);
    if (repeated > 2) {
      packed[length++] = 257 - repeated;
      packed[length++] = plane[position] ?? 0;
      position += repeated;
      continue;
    }
    let end = position + repeated;
    while (end < plane.length && end - position < LONGEST && runLength(plane, end) < 3) end++;
    packed[length++] = end - position - 1;
    packed.set(plane.subarray(position, end), length);
    length += end - position;
    position = end;
  }
  return packed.subarray(0, length + (length % 2));
}

function runLength(plane: Uint8Array, from: number): number {
  const value = plane[from];
  let end = from + 1;
  while (end < plane.length && end - from < LONGEST && plane[end] === value) end++;
  return end - from;
}
