import {
  isStandardTransferSyntax,
  isStorageClass,
  listen,
  REJECTION,
  SOP_CLASS,
  TRANSFER_SYNTAX,
  type Association,
  type AssociationCall,
  type Negotiate,
  type Rejection,
} from '@viaduct/dicom/dimse';
import { Archive } from './archive.ts';
import { Line } from './line.ts';
import { Nearline } from './nearline.ts';
import { Overload } from './overload.ts';
import { Recorder } from './recorder.ts';
import { keepRestarting } from './restarts.ts';
import { Script } from './script.ts';
import { Service, type Site } from './service.ts';
import type { Pacs, PacsOptions } from './types.ts';

const SERVICES: readonly string[] = Object.values(SOP_CLASS);
const GET: readonly string[] = [SOP_CLASS.studyRootGet, SOP_CLASS.patientRootGet];
const UNCOMPRESSED: readonly string[] = [TRANSFER_SYNTAX.explicitLittleEndian, TRANSFER_SYNTAX.implicitLittleEndian];
const ABSTRACT_SYNTAX_NOT_SUPPORTED = 3;
const TRANSFER_SYNTAXES_NOT_SUPPORTED = 4;
/** Far above what a test opens: limits are the business of the script. */
const LIMITS = { maxAssociations: 512, maxAssociationsPerHost: 512 };

/** In a C-GET the syntax in which the archive holds instances of the class is the one to take: nothing is transcoded. */
function negotiator(archive: Archive, storageSyntaxes: readonly string[] | undefined): Negotiate {
  return ({ abstractSyntax, transferSyntaxes }, call) => {
    if (SERVICES.includes(abstractSyntax)) {
      return transferSyntaxes.find((syntax) => UNCOMPRESSED.includes(syntax)) ?? TRANSFER_SYNTAXES_NOT_SUPPORTED;
    }
    if (!isStorageClass(abstractSyntax)) return ABSTRACT_SYNTAX_NOT_SUPPORTED;
    const usable = transferSyntaxes.filter(
      (syntax) => storageSyntaxes?.includes(syntax) ?? isStandardTransferSyntax(syntax),
    );
    const isGet = call.contexts.some((context) => GET.includes(context.abstractSyntax));
    const held = isGet ? usable.find((syntax) => archive.holds(abstractSyntax, syntax)) : undefined;
    return held ?? usable[0] ?? TRANSFER_SYNTAXES_NOT_SUPPORTED;
  };
}

/** Associations that were let in and have not ended. */
class Gate {
  readonly #site: Site;
  readonly #callers: readonly string[] | undefined;
  readonly #inside: Set<AssociationCall>;

  constructor(site: Site, callers: readonly string[] | undefined, inside: Set<AssociationCall>) {
    this.#site = site;
    this.#callers = callers;
    this.#inside = inside;
  }

  async authorize(call: AssociationCall): Promise<'accept' | Rejection> {
    const { script, recorder } = this.#site;
    if (script.faults.silent === 'association') {
      recorder.event(0, 'fault', 'silent');
      await script.changed;
    }
    const refusal = this.#refusal(call);
    if (refusal) {
      recorder.event(0, 'refused', call.callingAETitle);
      return refusal;
    }
    this.#inside.add(call);
    this.#site.overload.association(this.#inside.size);
    return 'accept';
  }

  #refusal(call: AssociationCall): Rejection | undefined {
    const { refuseAssociation, maxAssociations = Infinity } = this.#site.script.faults;
    if (refuseAssociation === 'called' || call.calledAETitle !== this.#site.aeTitle) return REJECTION.calledAETitle;
    const known = this.#callers?.includes(call.callingAETitle) ?? true;
    if (refuseAssociation === 'calling' || !known) return REJECTION.callingAETitle;
    const full = this.#inside.size >= maxAssociations;
    return refuseAssociation === 'transient' || full ? REJECTION.temporaryCongestion : undefined;
  }
}

/**
 * Starts a query/retrieve and storage SCP over a folder in this process.
 *
 * Errors: the system's, when the folder cannot be read or the port cannot be opened.
 */
export async function startPacs(options: PacsOptions): Promise<Pacs> {
  const aeTitle = options.aeTitle ?? 'PACS';
  const host = options.host ?? '127.0.0.1';
  const inside = new Set<AssociationCall>();
  const archive = await Archive.open(options.dir);
  const script = new Script(options.faults);
  const recorder = new Recorder(() => inside.size);
  const line = new Line(script);
  const closing = new AbortController();
  const site: Site = {
    ...{ aeTitle, archive, script, recorder, line, destinations: options.destinations ?? {} },
    nearline: new Nearline(script),
    overload: new Overload(script, recorder, line),
    closing: closing.signal,
  };
  const gate = new Gate(site, options.callingAETitles, inside);
  let associations = 0;

  const serve = async (association: Association, call: AssociationCall) => {
    const id = ++associations;
    recorder.associated(id, call.callingAETitle);
    try {
      await new Service(site, association, id).run();
      recorder.event(id, 'released', call.callingAETitle);
    } catch (error) {
      recorder.event(id, 'broken', call.callingAETitle);
      throw error;
    } finally {
      inside.delete(call);
    }
  };
  const listener = await listen({
    host,
    port: options.port ?? 0,
    limits: LIMITS,
    tls: options.tls,
    through: (socket) => line.through(socket),
    authorize: (call) => gate.authorize(call),
    negotiate: negotiator(archive, options.transferSyntaxes),
    serve,
    onError: (_, call) => call && inside.delete(call),
  });
  void keepRestarting(script, line, recorder, closing.signal);
  const close = async () => {
    closing.abort();
    script.replace({});
    await listener.close();
  };
  return {
    dir: options.dir,
    aeTitle,
    host,
    port: listener.port,
    setFaults: async (faults) => script.replace(faults),
    setDestinations: async (destinations) => {
      site.destinations = destinations;
    },
    state: async () => recorder.state(),
    reset: async () => recorder.reset(),
    instances: async () => archive.uids(),
    rescan: () => archive.rescan(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
