import { readFileSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What a piece of work cost. */
export interface Cost {
  /** Wall time in s. */
  readonly seconds: number;
  /** Processor time in s. */
  readonly cpu: number;
  /** Peak resident memory in MB. */
  readonly peakMb: number;
}

/** Ticks of the clock in /proc/<pid>/stat per second. */
const TICKS = 100;

/** Processor time of a process and of its children that have ended, in s (proc(5)). */
export function processorTime(pid: number | 'self'): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
}

/** Peak resident memory of a process in MB, undefined when it is gone. */
export function peakMemory(pid: number): number | undefined {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}

/** Lets the peak of a process begin anew. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Runs a program to its end. @throws Error when it fails. */
export async function runTool(command: string, args: readonly string[]): Promise<Cost> {
  const before = processorTime('self') - ownTime();
  const start = performance.now();
  const child = spawn(command, args, {
    env: { ...process.env, TCP_NODELAY: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString('latin1')).slice(-2_000)));
  let peakMb = 0;
  const watch = setInterval(() => (peakMb = peakMemory(child.pid ?? 0) ?? peakMb), 20);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(watch);
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${errors}`);
  return { seconds, cpu: Math.max(0, processorTime('self') - ownTime() - before), peakMb };
}

function ownTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
