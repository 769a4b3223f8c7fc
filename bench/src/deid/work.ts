import { closeSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync, writevSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { builtInProfile, createPseudonymizer } from '@viaduct/deid';
import { editFile, encodeFileMeta } from '@viaduct/dicom/part10';

/** What a thread does with some files. */
export interface Task {
  readonly kind: 'header' | 'write' | 'dcmjs';
  readonly files: readonly string[];
  readonly out: string;
}

const COPY_BYTES = 4 * 1024 * 1024;
const pseudonymizer = createPseudonymizer({
  projectKey: Buffer.alloc(32, 7),
  profile: builtInProfile('research'),
  pseudonym: 'P-001',
  patientId: '4711',
});
const buffer = Buffer.allocUnsafe(COPY_BYTES);

async function deidentify(file: string, out: string | undefined): Promise<void> {
  const { meta, header, bulk, trailer } = await editFile(file, pseudonymizer.editor);
  if (out === undefined) return;
  const beginning = encodeFileMeta(pseudonymizer.outMeta(meta));
  // A thread of its own may wait for the disk: one call for what fits in the buffer.
  const target = openSync(path.join(out, path.basename(file)), 'w');
  const source = openSync(file, 'r');
  try {
    let pieces = [beginning, header];
    for (let at = bulk?.start ?? 0; bulk !== null && at < bulk.end;) {
      const bytesRead = readSync(source, buffer, 0, Math.min(COPY_BYTES, bulk.end - at), at);
      writevSync(target, [...pieces, buffer.subarray(0, bytesRead)]);
      pieces = [];
      at += bytesRead;
    }
    if (pieces.length + trailer.length > 0) writevSync(target, [...pieces, trailer]);
  } finally {
    closeSync(source);
    closeSync(target);
  }
}

interface Dcmjs {
  readonly data: {
    readonly DicomMessage: {
      readFile(bytes: ArrayBufferLike): {
        dict: Record<string, { vr: string; Value: unknown[] }>;
        write(): ArrayBuffer;
      };
    };
  };
}

/** The least that anybody would do with dcmjs: read, change the name, write. */
function withDcmjs(file: string, out: string): void {
  const { data } = createRequire(import.meta.url)('dcmjs') as Dcmjs;
  const bytes = readFileSync(file);
  const dicom = data.DicomMessage.readFile(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  dicom.dict['00100010'] = { vr: 'PN', Value: ['P-001'] };
  writeFileSync(path.join(out, path.basename(file)), Buffer.from(dicom.write()));
}

/** Does a task. */
export async function work({ kind, files, out }: Task): Promise<void> {
  mkdirSync(out, { recursive: true });
  for (const file of files) {
    if (kind === 'dcmjs') withDcmjs(file, out);
    else await deidentify(file, kind === 'write' ? out : undefined);
  }
}
