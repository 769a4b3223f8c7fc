/**
 * The process in which one contestant edits files: takes orders from its parent, one at a time, and answers with the wall time. A process
 * of its own, so that its processor time and memory are its own.
 */
import { closeSync, copyFileSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { editFile, editedBytes, encodeFileMeta, type Edit, type VisitedElement } from '@viaduct/dicom/part10';
import dcmjs from 'dcmjs';

/** What is to be done with each file: rewritten with some attributes changed, edited in memory only, or copied as it is. */
export interface Order {
  readonly kind: 'viaduct' | 'viaduct, header only' | 'copy' | 'dcmjs';
  readonly files: readonly string[];
  readonly out: string;
}

/** How it went: wall time in s, resident memory before in MB. */
export interface Report {
  readonly seconds: number;
  readonly beforeMb: number;
  readonly error?: string;
}

/** Changes the attributes that a pseudonymization changes: names, dates, UIDs, accession number; removes what is private. */
function visit(element: VisitedElement): Edit {
  const { tag, vr } = element;
  if ((tag & 0x00010000) !== 0) return 'remove';
  if (vr === 'PN' || tag === 0x00080050) return { replace: Buffer.from('PSEUDONYM') };
  if (vr === 'DA') return { replace: Buffer.from('20000101') };
  if (vr === 'UI' && tag !== 0x00080016)
    return { replace: Buffer.from(`${element.value().toString('latin1', 0, 20)}.1`) };
  return 'recurse';
}

async function withViaduct(file: string, out: string | undefined): Promise<void> {
  const edited = await editFile(file, { visit });
  if (out === undefined) return;
  // In place, as the engine writes: on a local disk a detour over the thread pool costs more than the work.
  const output = openSync(out, 'w');
  writeSync(output, encodeFileMeta(edited.meta));
  for await (const chunk of editedBytes(file, edited)) writeSync(output, chunk);
  closeSync(output);
}

function withDcmjs(file: string, out: string): void {
  const bytes = readFileSync(file);
  const data = dcmjs.data.DicomMessage.readFile(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  for (const [tag, element] of Object.entries(data.dict)) {
    if (Number.parseInt(tag.slice(0, 4), 16) % 2 === 1) delete data.dict[tag];
    else if (element.vr === 'PN') element.Value = ['PSEUDONYM'];
    else if (element.vr === 'DA') element.Value = ['20000101'];
    else if (element.vr === 'UI' && tag !== '00080016') element.Value = [`${String(element.Value[0]).slice(0, 20)}.1`];
  }
  writeFileSync(out, Buffer.from(data.write()));
}

async function carryOut({ kind, files, out }: Order): Promise<void> {
  for (const file of files) {
    const target = path.join(out, path.basename(file));
    if (kind === 'viaduct') await withViaduct(file, target);
    else if (kind === 'viaduct, header only') await withViaduct(file, undefined);
    else if (kind === 'copy') copyFileSync(file, target);
    else withDcmjs(file, target);
  }
}

process.on('message', (order: Order) => {
  const beforeMb = process.memoryUsage.rss() / (1024 * 1024);
  const start = performance.now();
  const report = (error?: string) =>
    process.send?.({ seconds: (performance.now() - start) / 1000, beforeMb, ...(error && { error }) } satisfies Report);
  carryOut(order).then(
    () => report(),
    (error: unknown) => report(String(error)),
  );
});
process.on('disconnect', () => process.exit());
