import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import {
  DeidError,
  type DeidReport,
  type DeviceSignature,
  maskPixels,
  type PixelMask,
  type PixelRisk,
  type Pseudonymizer,
  pictureOf,
  type ReadBytes,
  type Rectangle,
} from '@viaduct/deid';
import { type EditedFile, editFile, fileBytes, Part10Error } from '@viaduct/dicom/part10';
import type { Cause } from '@viaduct/domain';
import type { HeaderFacts, NewHeader } from '../spool/headers.ts';

/** One instance of the spool that is to be pseudonymized; plain data, so that a thread can be handed it. */
export interface InstanceWork {
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  /** The file as it came, and where its masked pixels go. */
  readonly path: string;
  readonly pixelsPath: string;
  /** What somebody who has looked at it wants to be blackened; null: nobody has. */
  readonly reviewed: readonly Rectangle[] | null;
}

/** What became of it. Only a held one brings its picture along, which is to be treated like the original. */
export type InstanceOutcome =
  | { readonly do: 'go'; readonly header: NewHeader }
  | { readonly do: 'leave-out' }
  | {
      readonly do: 'hold';
      readonly device: DeviceSignature;
      readonly risks: readonly PixelRisk[];
      /** PNG; null when nobody here can show it. */
      readonly picture: Uint8Array | null;
    }
  | { readonly do: 'quarantine'; readonly cause: Cause };

/**
 * Makes the new header of an instance, and writes its pixels where they have to be masked; or says why it must not leave.
 * @throws what the disk says; the signal's reason
 */
export async function pseudonymizeInstance(
  work: InstanceWork,
  pseudonymizer: Pseudonymizer,
  signal: AbortSignal,
): Promise<InstanceOutcome> {
  try {
    const edited = await editFile(
      work.path,
      (facts) => pseudonymizer.editor(facts, undefined, work.reviewed ?? undefined),
      { signal },
    );
    const { report } = edited;
    if (report === undefined) return { do: 'quarantine', cause: 'burned-in-risk' };
    const { pixels, device } = report;
    switch (pixels.do) {
      case 'pass':
        return { do: 'go', header: await keepPixels(work, edited, pseudonymizer, signal) };
      case 'mask':
        return { do: 'go', header: await writeMasked(work, edited, pixels, pseudonymizer, signal) };
      case 'exclude':
        return { do: 'leave-out' };
      case 'review':
        return { do: 'hold', device, risks: pixels.risks, picture: await pictureFor(work, edited, report) };
    }
  } catch (error) {
    const cause = causeOfQuarantine(error);
    if (cause === undefined) throw error;
    return { do: 'quarantine', cause };
  }
}

/** Why an instance must not leave; undefined for an error that is not about the instance. */
function causeOfQuarantine(error: unknown): Cause | undefined {
  if (error instanceof Part10Error) return 'instance-broken';
  if (!(error instanceof DeidError)) return undefined;
  if (error.reason === 'encapsulated-document') return 'document-not-cleanable';
  return error.reason === 'pixels-not-maskable' ? 'burned-in-risk' : undefined;
}

/** What the output is called and is one of. */
function uidsOf(
  { sopClassUID, sopInstanceUID }: InstanceWork,
  { outMeta }: Pseudonymizer,
): Pick<HeaderFacts, 'outSopInstanceUID' | 'sopClassUID'> {
  const out = outMeta({ sopClassUID, sopInstanceUID, transferSyntaxUID: '' });
  return { outSopInstanceUID: out.sopInstanceUID, sopClassUID: out.sopClassUID };
}

/** The bulk bytes stay where they are; the file is read once, for the hashes of what came and of what goes out. */
async function keepPixels(
  work: InstanceWork,
  { header, bulk, trailer, transferSyntaxUID, dataSet }: EditedFile,
  pseudonymizer: Pseudonymizer,
  signal: AbortSignal,
): Promise<NewHeader> {
  const region = bulk ?? { start: dataSet.end, end: dataSet.end };
  const source = createHash('sha256');
  const outgoing = createHash('sha256').update(header);
  let at = dataSet.start;
  for await (const chunk of fileBytes(work.path, dataSet, { signal })) {
    source.update(chunk);
    const kept = chunk.subarray(Math.max(0, region.start - at), Math.max(0, region.end - at));
    if (kept.length > 0) outgoing.update(kept);
    at += chunk.length;
  }
  const facts: HeaderFacts = {
    ...uidsOf(work, pseudonymizer),
    transferSyntaxUID,
    bulk,
    pixelsPath: null,
    bytes: header.length + region.end - region.start + trailer.length,
    sha256: outgoing.update(trailer).digest('hex'),
    sourceSha256: source.digest('hex'),
  };
  return { facts, header: new Uint8Array(header), trailer: new Uint8Array(trailer) };
}

/** Writes the masked pixels to a file beside the one that came; frame by frame, so that memory does not grow with them. */
async function writeMasked(
  work: InstanceWork,
  { header, bulk, trailer, meta, dataSet }: EditedFile,
  mask: PixelMask,
  pseudonymizer: Pseudonymizer,
  signal: AbortSignal,
): Promise<NewHeader> {
  if (bulk === null) throw new DeidError('pixels-not-maskable');
  const hash = createHash('sha256').update(header);
  const draft = `${work.pixelsPath}.part`;
  let end = 0;
  try {
    await using source = await readerOf(work.path);
    await using target = await open(draft, 'w', 0o600);
    for await (const piece of maskPixels(source.read, bulk, meta.transferSyntaxUID, mask)) {
      signal.throwIfAborted();
      hash.update(piece);
      await target.writeFile(piece);
      end += piece.length;
    }
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await rename(draft, work.pixelsPath);
  const source = createHash('sha256');
  for await (const chunk of fileBytes(work.path, dataSet, { signal })) source.update(chunk);
  const facts: HeaderFacts = {
    ...uidsOf(work, pseudonymizer),
    transferSyntaxUID: mask.transferSyntaxUID,
    bulk: { start: 0, end },
    pixelsPath: work.pixelsPath,
    bytes: header.length + end + trailer.length,
    sha256: hash.update(trailer).digest('hex'),
    sourceSha256: source.digest('hex'),
  };
  return { facts, header: new Uint8Array(header), trailer: new Uint8Array(trailer) };
}

async function pictureFor(
  work: InstanceWork,
  { bulk, meta }: EditedFile,
  { format }: DeidReport,
): Promise<Uint8Array | null> {
  if (bulk === null || format === undefined) return null;
  await using source = await readerOf(work.path);
  try {
    return await pictureOf(source.read, bulk, meta.transferSyntaxUID, format);
  } catch (error) {
    if (error instanceof DeidError) return null;
    throw error;
  }
}

async function readerOf(path: string): Promise<AsyncDisposable & { readonly read: ReadBytes }> {
  const file = await open(path, 'r');
  return {
    read: async (start, end) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
      if (bytesRead < end - start) throw new Part10Error('truncated');
      return buffer;
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
