import { withoutPadding } from '../part10/index.ts';
import { DimseError } from './errors.ts';

/** Values of Command Field (0000,0100), PS3.7 §E.1-1. A response is its request with the highest bit set. */
export const COMMAND = {
  storeRequest: 0x0001,
  storeResponse: 0x8001,
  getRequest: 0x0010,
  getResponse: 0x8010,
  findRequest: 0x0020,
  findResponse: 0x8020,
  moveRequest: 0x0021,
  moveResponse: 0x8021,
  echoRequest: 0x0030,
  echoResponse: 0x8030,
  eventReportRequest: 0x0100,
  eventReportResponse: 0x8100,
  actionRequest: 0x0130,
  cancelRequest: 0x0fff,
} as const;

/** The elements of a command set (PS3.7 §E.1) that composite services and storage commitment use. */
export interface Command {
  readonly commandField: number;
  readonly affectedSOPClassUID?: string;
  readonly requestedSOPClassUID?: string;
  readonly messageID?: number;
  readonly messageIDBeingRespondedTo?: number;
  readonly moveDestination?: string;
  readonly priority?: number;
  readonly status?: number;
  readonly errorComment?: string;
  readonly errorID?: number;
  readonly affectedSOPInstanceUID?: string;
  readonly requestedSOPInstanceUID?: string;
  readonly remainingSubOperations?: number;
  readonly completedSubOperations?: number;
  readonly failedSubOperations?: number;
  readonly warningSubOperations?: number;
  readonly moveOriginatorAETitle?: string;
  readonly moveOriginatorMessageID?: number;
  readonly eventTypeID?: number;
  readonly actionTypeID?: number;
}

/** A command set as it was received: the fields above, whether a data set follows, and every element's bytes by tag. */
export interface ReceivedCommand extends Command {
  readonly hasDataSet: boolean;
  readonly raw: ReadonlyMap<number, Buffer>;
}

const GROUP_LENGTH = 0x00000000;
const DATA_SET_TYPE = 0x00000800;
/** PS3.7 §E.1: Command Data Set Type when no data set follows. */
const NO_DATA_SET = 0x0101;

type Kind = 'uid' | 'number' | 'text';
/** Ascending by tag, as they are written. */
const ELEMENTS: readonly (readonly [tag: number, field: keyof Command, kind: Kind])[] = [
  [0x00000002, 'affectedSOPClassUID', 'uid'],
  [0x00000003, 'requestedSOPClassUID', 'uid'],
  [0x00000100, 'commandField', 'number'],
  [0x00000110, 'messageID', 'number'],
  [0x00000120, 'messageIDBeingRespondedTo', 'number'],
  [0x00000600, 'moveDestination', 'text'],
  [0x00000700, 'priority', 'number'],
  [0x00000900, 'status', 'number'],
  [0x00000902, 'errorComment', 'text'],
  [0x00000903, 'errorID', 'number'],
  [0x00001000, 'affectedSOPInstanceUID', 'uid'],
  [0x00001001, 'requestedSOPInstanceUID', 'uid'],
  [0x00001002, 'eventTypeID', 'number'],
  [0x00001008, 'actionTypeID', 'number'],
  [0x00001020, 'remainingSubOperations', 'number'],
  [0x00001021, 'completedSubOperations', 'number'],
  [0x00001022, 'failedSubOperations', 'number'],
  [0x00001023, 'warningSubOperations', 'number'],
  [0x00001030, 'moveOriginatorAETitle', 'text'],
  [0x00001031, 'moveOriginatorMessageID', 'number'],
];

/** The bytes of a command set: implicit VR little endian with its group length (PS3.7 §6.3.1). */
export function encodeCommand(command: Command, hasDataSet: boolean): Buffer {
  const elements: Buffer[] = [];
  let typeWritten = false;
  for (const [tag, field, kind] of ELEMENTS) {
    if (tag > DATA_SET_TYPE && !typeWritten) {
      elements.push(element(DATA_SET_TYPE, unsignedShort(hasDataSet ? 0x0001 : NO_DATA_SET)));
      typeWritten = true;
    }
    const value = command[field];
    if (value !== undefined) elements.push(element(tag, encodeValue(value, kind)));
  }
  const body = Buffer.concat(elements);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([element(GROUP_LENGTH, length), body]);
}

/**
 * Reads a command set (PS3.7 §6.3.1). Elements that are not known stay in `raw`, also those of other groups: DCMTK and Orthanc put
 * Failed SOP Instance UID List (0008,0058) there.
 * @throws DimseError `protocol-violation` when the bytes are no command set or say no command field or data set type.
 */
export function decodeCommand(bytes: Buffer): ReceivedCommand {
  const raw = walk(bytes);
  const dataSetType = readNumber(raw.get(DATA_SET_TYPE));
  const commandField = readNumber(raw.get(0x00000100));
  if (commandField === undefined || dataSetType === undefined) throw malformed();
  const fields: Record<string, string | number> = {};
  for (const [tag, field, kind] of ELEMENTS) {
    const value = raw.get(tag);
    const read = kind === 'number' ? readNumber(value) : value && readText(value);
    if (read !== undefined) fields[field] = read;
  }
  return { ...fields, commandField, hasDataSet: dataSetType !== NO_DATA_SET, raw };
}

function walk(bytes: Buffer): Map<number, Buffer> {
  const raw = new Map<number, Buffer>();
  let offset = 0;
  while (offset < bytes.length) {
    if (offset + 8 > bytes.length) throw malformed();
    const group = bytes.readUInt16LE(offset);
    const end = offset + 8 + bytes.readUInt32LE(offset + 4);
    if (end > bytes.length) throw malformed();
    raw.set(group * 0x10000 + bytes.readUInt16LE(offset + 2), bytes.subarray(offset + 8, end));
    offset = end;
  }
  return raw;
}

function encodeValue(value: string | number, kind: Kind): Buffer {
  if (typeof value === 'number') return unsignedShort(value);
  const padding = value.length % 2 === 0 ? '' : kind === 'uid' ? '\0' : ' ';
  return Buffer.from(value + padding, 'latin1');
}

function element(tag: number, value: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16LE(tag & 0xffff, 2);
  header.writeUInt32LE(value.length, 4);
  return Buffer.concat([header, value]);
}

function unsignedShort(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value & 0xffff);
  return bytes;
}

function readNumber(value: Buffer | undefined): number | undefined {
  return value !== undefined && value.length >= 2 ? value.readUInt16LE(0) : undefined;
}

function readText(value: Buffer): string {
  return withoutPadding(value.toString('latin1')).replace(/^ +/, '');
}

function malformed(): DimseError {
  return new DimseError('protocol-violation', { what: 'command-set', abortReason: 6 });
}
