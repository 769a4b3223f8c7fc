import { COMMAND, SOP_CLASS, STATUS, type ReceivedCommand } from '@viaduct/dicom/dimse';
import { decodeDataSet, encodeDataSet, Part10Error } from '@viaduct/dicom/part10';
import type { InstanceRecord } from './archive.ts';
import { findAnswers, IdentifierError, keyValues, readQuery, selectInstances, type Query } from './query.ts';
import { openCourier, Retrieve } from './retrieve.ts';
import type { Service } from './service.ts';

/** A C-FIND, C-GET or C-MOVE as it came. */
export interface QueryRequest {
  readonly contextId: number;
  readonly command: ReceivedCommand;
  /** Bytes of the identifier. */
  readonly identifier: Buffer;
}

const PATIENT_ROOT: readonly string[] = [
  SOP_CLASS.patientRootFind,
  SOP_CLASS.patientRootGet,
  SOP_CLASS.patientRootMove,
];
const OPERATION = new Map<number, 'find' | 'get' | 'move'>([
  [COMMAND.findRequest, 'find'],
  [COMMAND.getRequest, 'get'],
  [COMMAND.moveRequest, 'move'],
]);

/** Answers a request to its final response. Never rejects: what goes wrong becomes a status, if the peer is still there. */
export async function perform(service: Service, request: QueryRequest, signal: AbortSignal): Promise<void> {
  const operation = OPERATION.get(request.command.commandField) ?? 'find';
  try {
    const status = await answerRequest(service, request, operation, signal);
    service.site.recorder.event(service.id, 'finished', operation, status);
  } catch (error) {
    if (service.ended) return;
    const mismatch = error instanceof IdentifierError || error instanceof Part10Error;
    const status = mismatch ? STATUS.dataSetMismatch : STATUS.cannotUnderstand;
    service.site.recorder.event(service.id, 'finished', operation, status);
    const comment = error instanceof IdentifierError ? { errorComment: `missing or wrong: ${error.message}` } : {};
    await service.answer(request.contextId, request.command, status, comment).catch(() => undefined);
  }
}

async function answerRequest(
  service: Service,
  request: QueryRequest,
  operation: 'find' | 'get' | 'move',
  signal: AbortSignal,
): Promise<number> {
  const { contextId, command } = request;
  const keys = decodeDataSet(request.identifier, service.transferSyntaxOf(contextId));
  const query = readQuery(keys, PATIENT_ROOT.includes(command.affectedSOPClassUID ?? ''));
  const { moveDestination } = command;
  service.site.recorder.request({
    ...service.requestFacts(),
    operation,
    level: query.level,
    studies: keyValues(query, 'StudyInstanceUID'),
    series: keyValues(query, 'SeriesInstanceUID'),
    instances: keyValues(query, 'SOPInstanceUID'),
    ...(moveDestination === undefined ? {} : { moveDestination }),
  });
  const refused = service.site.script.faults.refuseStatus?.[operation];
  if (refused !== undefined) return service.answer(contextId, command, refused);
  if (operation === 'find') return find(service, request, query, signal);
  const records = selectInstances(service.site.archive, query);
  const studies = new Set(records.map((record) => record.studyInstanceUID));
  if (await service.site.nearline.recall(studies, (ms) => service.pause(signal, ms))) {
    return service.answer(contextId, command, STATUS.cancel);
  }
  const retrieve = new Retrieve(service, contextId, command, records);
  if (operation === 'get') return retrieve.run(() => Promise.resolve(service.courier()), signal);
  return move(service, request, records, retrieve, signal);
}

/** C-FIND: pending responses, then the final one (PS3.4 §C.4.1). */
async function find(service: Service, request: QueryRequest, query: Query, signal: AbortSignal): Promise<number> {
  const { contextId, command } = request;
  const { archive, aeTitle, script, nearline } = service.site;
  const { answersCap, ignoreKeys, countsOff } = script.faults;
  const lies = { ignoreKeys, countsOff, isNearline: (study: string) => nearline.holds(study) };
  let answers = 0;
  for (const answer of findAnswers(archive, query, aeTitle, lies)) {
    if (answers++ === answersCap?.max) {
      return service.answer(contextId, command, answersCap.status ?? STATUS.outOfResources);
    }
    if (await service.pause(signal, script.answerPauseMs())) return service.answer(contextId, command, STATUS.cancel);
    const response = {
      commandField: COMMAND.findResponse,
      messageIDBeingRespondedTo: command.messageID,
      affectedSOPClassUID: command.affectedSOPClassUID,
      status: STATUS.pending,
    };
    await service.send(contextId, response, (syntax) => encodeDataSet(answer, syntax));
  }
  return service.answer(contextId, command, signal.aborted ? STATUS.cancel : STATUS.success);
}

/** C-MOVE: sub-operations go to a destination that is known by its AE title (PS3.4 §C.4.2). */
function move(
  service: Service,
  { contextId, command }: QueryRequest,
  records: readonly InstanceRecord[],
  retrieve: Retrieve,
  signal: AbortSignal,
): Promise<number> {
  const called = command.moveDestination ?? '';
  const destination = service.site.destinations[called];
  if (!destination) return service.answer(contextId, command, STATUS.moveDestinationUnknown);
  const titles = { called, calling: service.site.aeTitle };
  return retrieve.run(() => openCourier(destination, titles, records, service.gone()), signal);
}
