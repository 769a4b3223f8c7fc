import { createRandom } from './random.ts';

/** A filled ellipse; lengths as parts of the image's width, angles in radians. */
export interface Ellipse {
  readonly x: number;
  readonly y: number;
  readonly radiusX: number;
  readonly radiusY: number;
  readonly value: number;
}

/** Grey values of one frame, row by row. */
export interface Frame {
  readonly columns: number;
  readonly rows: number;
  readonly values: Int16Array;
}

/** Draws ellipses over each other on a background. */
export function drawEllipses(columns: number, rows: number, background: number, ellipses: readonly Ellipse[]): Frame {
  const values = new Int16Array(columns * rows).fill(background);
  for (const ellipse of ellipses) fillEllipse({ columns, rows, values }, ellipse);
  return { columns, rows, values };
}

function fillEllipse({ columns, rows, values }: Frame, { x, y, radiusX, radiusY, value }: Ellipse): void {
  const centreRow = y * rows;
  const height = radiusY * rows;
  const first = Math.max(0, Math.ceil(centreRow - height));
  const last = Math.min(rows - 1, Math.floor(centreRow + height));
  for (let row = first; row <= last; row++) {
    const half = radiusX * columns * Math.sqrt(Math.max(0, 1 - ((row - centreRow) / height) ** 2));
    const left = Math.max(0, Math.ceil(x * columns - half));
    const right = Math.min(columns, Math.floor(x * columns + half) + 1);
    if (right > left) values.fill(value, row * columns + left, row * columns + right);
  }
}

const NOISE_LENGTH = 65_537;
const noiseTables = new Map<number, Int16Array>();

/** Adds repeatable noise of ± `amplitude`, never below 0; another `offset` gives another pattern. */
export function addNoise(frame: Frame, amplitude: number, offset: number): void {
  const table = noiseTables.get(amplitude) ?? makeNoise(amplitude);
  noiseTables.set(amplitude, table);
  let position = (offset * 7_919) % NOISE_LENGTH;
  const { values } = frame;
  for (let index = 0; index < values.length; index++) {
    values[index] = Math.max(0, (values[index] ?? 0) + (table[position] ?? 0));
    if (++position === NOISE_LENGTH) position = 0;
  }
}

function makeNoise(amplitude: number): Int16Array {
  const random = createRandom(`noise ${amplitude}`);
  return Int16Array.from({ length: NOISE_LENGTH }, () => Math.round((random.next() + random.next() - 1) * amplitude));
}

/** A chest in Hounsfield units plus 1024; `level` goes from 0 (shoulders) to 1 (diaphragm). */
export function chestSlice(size: number, level: number, index: number): Frame {
  const swell = Math.sin(level * Math.PI);
  const frame = drawEllipses(size, size, 0, [
    { x: 0.5, y: 0.52, radiusX: 0.4 + 0.04 * swell, radiusY: 0.28 + 0.03 * swell, value: 930 },
    { x: 0.5, y: 0.52, radiusX: 0.37 + 0.04 * swell, radiusY: 0.25 + 0.03 * swell, value: 1070 },
    { x: 0.32, y: 0.5, radiusX: 0.05 + 0.1 * swell, radiusY: 0.07 + 0.12 * swell, value: 180 },
    { x: 0.68, y: 0.5, radiusX: 0.05 + 0.1 * swell, radiusY: 0.07 + 0.12 * swell, value: 180 },
    { x: 0.54, y: 0.46, radiusX: 0.03 + 0.09 * level, radiusY: 0.03 + 0.08 * level, value: 1110 },
    { x: 0.5, y: 0.68, radiusX: 0.05, radiusY: 0.05, value: 1500 },
    { x: 0.5, y: 0.68, radiusX: 0.02, radiusY: 0.02, value: 1060 },
    { x: 0.46, y: 0.6, radiusX: 0.025, radiusY: 0.025, value: 1240 },
    ...[0.14, 0.2, 0.8, 0.86].map((x) => ({ x, y: 0.45 + 0.2 * level, radiusX: 0.014, radiusY: 0.03, value: 1600 })),
    { x: 0.36, y: 0.42 + 0.1 * level, radiusX: 0.012, radiusY: 0.012, value: 1040 },
  ]);
  addNoise(frame, 40, index);
  return frame;
}

/** A head as magnetic resonance shows it; `weighting` changes which tissue is bright. */
export function headSlice(size: number, level: number, index: number, weighting: 'T1' | 'T2'): Frame {
  const width = 0.12 + 0.28 * Math.sin((0.15 + 0.75 * level) * Math.PI);
  const [fat, brain, fluid, white] = weighting === 'T1' ? [900, 520, 120, 640] : [600, 480, 1100, 380];
  const frame = drawEllipses(size, size, 10, [
    { x: 0.5, y: 0.5, radiusX: width * 1.12, radiusY: width * 1.28, value: fat },
    { x: 0.5, y: 0.5, radiusX: width * 1.05, radiusY: width * 1.2, value: 60 },
    { x: 0.5, y: 0.5, radiusX: width, radiusY: width * 1.14, value: brain },
    { x: 0.38, y: 0.5, radiusX: width * 0.35, radiusY: width * 0.7, value: white },
    { x: 0.62, y: 0.5, radiusX: width * 0.35, radiusY: width * 0.7, value: white },
    { x: 0.46, y: 0.5, radiusX: width * 0.08, radiusY: width * 0.3, value: fluid },
    { x: 0.54, y: 0.5, radiusX: width * 0.08, radiusY: width * 0.3, value: fluid },
  ]);
  addNoise(frame, 30, index);
  return frame;
}

/** A projection of the chest, 12 bit, dark where the rays pass. */
export function chestProjection(columns: number, rows: number, index: number): Frame {
  const ribs = Array.from({ length: 9 }, (_, rib) => [
    { x: 0.3, y: 0.2 + rib * 0.075, radiusX: 0.17, radiusY: 0.009, value: 1500 },
    { x: 0.7, y: 0.2 + rib * 0.075, radiusX: 0.17, radiusY: 0.009, value: 1500 },
  ]).flat();
  const frame = drawEllipses(columns, rows, 300, [
    { x: 0.5, y: 0.6, radiusX: 0.46, radiusY: 0.55, value: 2_300 },
    { x: 0.3, y: 0.48, radiusX: 0.16, radiusY: 0.32, value: 1_100 },
    { x: 0.7, y: 0.48, radiusX: 0.16, radiusY: 0.32, value: 1_100 },
    ...ribs,
    { x: 0.5, y: 0.5, radiusX: 0.05, radiusY: 0.5, value: 2_900 },
    { x: 0.56, y: 0.6, radiusX: 0.13, radiusY: 0.13, value: 2_700 },
  ]);
  addNoise(frame, 60, index);
  return frame;
}

/** One frame of an ultrasound sector, 8 bit; `phase` (0 to 1) moves the wall of a beating chamber. */
export function ultrasoundFrame(columns: number, rows: number, phase: number, index: number): Frame {
  const beat = 0.5 + 0.5 * Math.cos(2 * Math.PI * phase);
  const frame = drawEllipses(columns, rows, 0, [
    { x: 0.5, y: 0.55, radiusX: 0.34, radiusY: 0.36, value: 70 },
    { x: 0.46, y: 0.52, radiusX: 0.13 + 0.05 * beat, radiusY: 0.16 + 0.05 * beat, value: 140 },
    { x: 0.46, y: 0.52, radiusX: 0.1 + 0.05 * beat, radiusY: 0.13 + 0.05 * beat, value: 8 },
    { x: 0.64, y: 0.66, radiusX: 0.07, radiusY: 0.06 + 0.02 * beat, value: 12 },
  ]);
  addNoise(frame, 24, index);
  const { values } = frame;
  for (let row = 0; row < rows; row++) {
    const half = Math.max(0, (row / rows - 0.08) * 0.62) * columns;
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      const outside = Math.abs(column - columns / 2) > half || row > rows * 0.93;
      values[at] = outside ? 0 : Math.min(255, values[at] ?? 0);
    }
  }
  return frame;
}
