/** Writes out one file in a process of its own and prints the most megabytes that it had in memory: `node resident.ts FILE OUT`. */
import { readFileSync } from 'node:fs';
import { work } from './work.ts';

const [, , file = '', out = ''] = process.argv;
await work({ kind: 'write', files: [file], out });
// Not maxRSS, which a process takes over from the one that started it.
const [, kilobytes = '0'] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
console.log(Math.round(Number(kilobytes) / 1024));
