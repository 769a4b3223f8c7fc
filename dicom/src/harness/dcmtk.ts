import { execFileSync } from 'node:child_process';
import type { WalkedToken } from '../part10/index.ts';

const LINE = /^( *)\(([0-9a-f]{4}),([0-9a-f]{4})\) (..).*# *(u\/l|\d+) ?,/;

/** One line for each element, item and delimiter of each file, as DCMTK's dcmdump sees them: depth, tag, VR, length. */
export function dumpByDcmtk(paths: readonly string[]): string[][] {
  const output = execFileSync('dcmdump', ['-q', ...paths], { encoding: 'latin1', maxBuffer: 1 << 30 });
  const dumps: string[][] = [];
  for (const line of output.split('\n')) {
    if (line.startsWith('# Dicom-Data-Set')) dumps.push([]);
    const [, indent = '', group = '', element = '', vr = '', length = ''] = LINE.exec(line) ?? [];
    // Group 2 is not walked. Delimiters that stand for a defined length are not in the file.
    if (group === '' || group === '0002' || line.includes('for re-encod')) continue;
    dumps.at(-1)?.push(`${indent.length / 2} ${group}${element} ${group === 'fffe' ? 'na' : vr} ${length}`);
  }
  return dumps;
}

/** The same lines from a walk, with `??` where no VR is written. */
export async function dumpOf(walk: AsyncIterable<WalkedToken>): Promise<string[]> {
  const lines: string[] = [];
  let indent = 0;
  const open: number[] = [];
  const line = (tag: number, vr: string, length: number): void => {
    const shown = length === 0xffffffff ? 'u/l' : String(length);
    lines.push(`${indent} ${tag.toString(16).padStart(8, '0')} ${vr} ${shown}`);
  };
  for await (const token of walk) {
    switch (token.kind) {
      case 'value':
        line(token.header.tag, token.header.writtenVr || '??', token.header.length);
        break;
      case 'open':
        line(token.header.tag, token.content === 'items' ? 'SQ' : token.header.vr, token.header.length);
        open.push(token.header.length);
        indent += 1;
        break;
      case 'item':
        line(0xfffee000, 'na', token.length);
        indent += 1;
        break;
      case 'fragment':
        line(0xfffee000, 'na', token.end - token.valueStart);
        break;
      case 'item-end':
        indent -= 1;
        if (token.end > token.valueEnd) line(0xfffee00d, 'na', 0);
        break;
      case 'close':
        indent -= 1;
        if (token.end > token.valueEnd) line(0xfffee0dd, 'na', 0);
        break;
      case 'meta':
      case 'filler':
        break;
    }
  }
  return lines;
}
