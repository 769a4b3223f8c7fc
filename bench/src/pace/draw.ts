/** A second of the run. */
export interface Sample {
  readonly second: number;
  /** That were allowed. */
  readonly associations: number;
  /** Instances in this second. */
  readonly rate: number;
}

/** What the run is compared with. */
export interface Beside {
  /** When the PACS is well again, s. */
  readonly wellAfter: number;
  /** Instances a second with three and with eight fixed associations, while it chokes. */
  readonly three: number;
  readonly eight: number;
  readonly limit: number;
  readonly lanes: number;
}

const WIDTH = 760;
const LEFT = 56;
const RIGHT = 16;
const PANEL = 150;
const TOP = 40;
const GAP = 56;

/** Two panels over the same seconds, as SVG: associations above, instances a second below. */
export function drawPace(samples: readonly Sample[], beside: Beside): string {
  const last = samples.at(-1)?.second ?? 1;
  const x = (second: number) => LEFT + (second / last) * (WIDTH - LEFT - RIGHT);
  const panel = (top: number, most: number) => (value: number) => top + PANEL - (value / most) * PANEL;
  const mostRate = Math.max(...samples.map(({ rate }) => rate), beside.three) * 1.1;
  const [upper, lower] = [panel(TOP, beside.lanes), panel(TOP + PANEL + GAP, mostRate)];
  const smooth = samples.map(({ second }, index) => {
    const near = samples.slice(Math.max(0, index - 2), index + 3);
    return { second, rate: near.reduce((sum, { rate }) => sum + rate, 0) / near.length };
  });
  const bottom = TOP + 2 * PANEL + GAP;
  const text = (atX: number, atY: number, words: string, anchor = 'start') =>
    `<text x="${atX.toFixed(1)}" y="${atY.toFixed(1)}" text-anchor="${anchor}">${words}</text>`;
  const across = (y: number, words: string) =>
    `<line class="beside" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}"/>` +
    text(WIDTH - RIGHT, y - 4, words, 'end');
  const steps = samples.map(({ second, associations }, index) => {
    const y = upper(associations).toFixed(1);
    return index === 0 ? `M${x(second).toFixed(1)} ${y}` : `H${x(second).toFixed(1)}V${y}`;
  });
  const line = smooth.map(({ second, rate }) => `${x(second).toFixed(1)},${lower(rate).toFixed(1)}`);
  const ticks = Array.from({ length: Math.floor(last / 15) + 1 }, (_, index) => index * 15);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 40}" role="img">`,
    '<title>Associations allowed and instances a second while a PACS chokes and after it is well again</title>',
    '<style>text{font:12px sans-serif;fill:#555}.beside{stroke:#999;stroke-dasharray:4 4}.axis{stroke:#999}' +
      '.pace{fill:none;stroke:#1d6fd1;stroke-width:2}.rate{fill:none;stroke:#0b8a4b;stroke-width:2}' +
      '.well{fill:#0b8a4b;opacity:.07}</style>',
    `<rect width="${WIDTH}" height="${bottom + 40}" fill="#fff"/>`,
    `<rect class="well" x="${x(beside.wellAfter).toFixed(1)}" y="${TOP}" width="${(x(last) - x(beside.wellAfter)).toFixed(1)}" height="${bottom - TOP}"/>`,
    text(LEFT, 14, `Chokes above ${beside.limit} associations`),
    text(x(beside.wellAfter) + 4, 14, 'Well again'),
    text(8, TOP - 10, 'associations allowed'),
    text(8, TOP + PANEL + GAP - 10, 'instances a second'),
    ...[0, beside.limit, beside.lanes].map((count) => text(LEFT - 8, upper(count) + 4, String(count), 'end')),
    ...[0, mostRate / 2, mostRate].map((rate) => text(LEFT - 8, lower(rate) + 4, rate.toFixed(0), 'end')),
    across(upper(beside.limit), ''),
    across(lower(beside.three), `${beside.limit} fixed, choking`),
    across(lower(beside.eight), `${beside.lanes} fixed, choking`),
    `<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${TOP + PANEL}" y2="${TOP + PANEL}"/>`,
    `<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom}" y2="${bottom}"/>`,
    ...ticks.map((second) => text(x(second), bottom + 18, `${second} s`, 'middle')),
    `<path class="pace" d="${steps.join('')}"/>`,
    `<polyline class="rate" points="${line.join(' ')}"/>`,
    '</svg>',
    '',
  ].join('\n');
}
