import type { NodeInput, NodePatch } from '@viaduct/client';
import { QUIRK_NAMES } from '@viaduct/domain';
import type { Node, Values } from '../types.ts';
import { nodeForm } from '../words/nodeForm.ts';
import { hoursOfWindows, hoursProblem, windowsOf, type HoursValues } from './schedule.ts';

const { errors: text } = nodeForm;
/** PS3.5 §6.2, VR AE: 1–16 printable characters without backslash. */
const AE_TITLE = /^[\x20-\x5b\x5d-\x7e]{1,16}$/;
const TIMEOUTS = ['connectTimeout', 'associationTimeout', 'responseTimeout', 'idleTimeout'] as const;
const TLS_FILES = ['tlsCa', 'tlsCertificate', 'tlsKey'] as const;
const PREFIXES = ['webQidoPrefix', 'webWadoPrefix', 'webStowPrefix'] as const;

/** Defined terms of Specific Character Set, PS3.3 §C.12.1.1.2, that queries may be sent in. */
export const CHARACTER_SETS = [
  'ISO_IR 6',
  'ISO_IR 100',
  'ISO_IR 101',
  'ISO_IR 109',
  'ISO_IR 110',
  'ISO_IR 144',
  'ISO_IR 127',
  'ISO_IR 126',
  'ISO_IR 138',
  'ISO_IR 148',
  'ISO_IR 166',
  'ISO_IR 13',
  'ISO_IR 192',
  'GB18030',
  'GBK',
] as const satisfies readonly NodePatch['queryCharacterSet'][];
const AUTHS = ['none', 'basic', 'bearer', 'oauth2', 'header'] as const;

/** A node as its form has it: fields as they were typed, boxes as `on` or nothing, and its hours. */
export interface NodeValues {
  readonly fields: Values;
  readonly hours: HoursValues;
}

/** Whether a text is a whole number in a range. */
function isWhole(value: string, from: number, to: number): boolean {
  return /^\d+$/.test(value) && Number(value) >= from && Number(value) <= to;
}

/**
 * What is wrong with a node's settings, by field; empty when nothing is.
 * @param hasSecret whether a secret of its DICOMweb face is kept already
 */
export function checkNode(
  kind: Node['kind'],
  { fields, hours }: NodeValues,
  hasSecret: boolean,
): Record<string, string> {
  const errors: Record<string, string> = {};
  const value = (name: string) => fields[name] ?? '';
  if (!value('name') || value('name').length > 100) errors['name'] = text.name;
  const closed = value('hours') === 'these' ? hoursProblem(hours) : undefined;
  if (closed) errors['windows'] = closed;
  if (kind === 'folder') {
    if (!value('path').startsWith('/')) errors['path'] = text.path;
    return errors;
  }
  if (!value('maySource') && !value('mayDestination')) errors['maySource'] = text.use;
  Object.assign(errors, dimseProblems(value), tlsProblems(value), webProblems(value, hasSecret));
  if (!isWhole(value('maxAssociations'), 1, 64)) errors['maxAssociations'] = text.maxAssociations;
  if (value('requestsPerMinute') && !isWhole(value('requestsPerMinute'), 1, 100_000))
    errors['requestsPerMinute'] = text.requestsPerMinute;
  const speed = speedOf(value);
  if (speed !== null && !(speed >= 0.1 && speed <= 100_000)) errors['megabytesPerSecond'] = text.megabytesPerSecond;
  for (const name of TIMEOUTS) {
    const seconds = decimal(value(name));
    if (!value(name) || !(seconds >= 0.1 && seconds <= 3600)) errors[name] = text.timeout;
  }
  return errors;
}

type Value = (name: string) => string;

function dimseProblems(value: Value): Record<string, string> {
  const errors: Record<string, string> = {};
  if (value('callingAeTitle') && !AE_TITLE.test(value('callingAeTitle')))
    errors['callingAeTitle'] = text.callingAeTitle;
  if (!hasDimse(value)) return value('webUrl') ? errors : { ...errors, aeTitle: text.noFace };
  if (!AE_TITLE.test(value('aeTitle'))) errors['aeTitle'] = text.aeTitle;
  if (!value('host') || /\s/.test(value('host'))) errors['host'] = text.host;
  if (!isWhole(value('port'), 1, 65535)) errors['port'] = text.port;
  return errors;
}

/** The port has a default: it alone is no face. */
const hasDimse = (value: Value) => Boolean(value('aeTitle') || value('host'));

function tlsProblems(value: Value): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const name of TLS_FILES) if (value(name) && !/^\w[\w.-]{0,99}$/.test(value(name))) errors[name] = text.tlsFile;
  if (Boolean(value('tlsCertificate')) !== Boolean(value('tlsKey')))
    errors[value('tlsKey') ? 'tlsCertificate' : 'tlsKey'] = text.tlsPair;
  return errors;
}

function webProblems(value: Value, hasSecret: boolean): Record<string, string> {
  const errors: Record<string, string> = {};
  const isUrl = (name: string) => URL.canParse(value(name)) && /^https?:$/.test(new URL(value(name)).protocol);
  if (value('webUrl') && !isUrl('webUrl')) errors['webUrl'] = text.url;
  if (value('face') === 'web' && !value('webUrl')) errors['webUrl'] = text.faceUrl;
  for (const name of PREFIXES) {
    if (!/^(?:[\w.~-]+(?:\/[\w.~-]+)*)?$/.test(value(name))) errors[name] = text.prefix;
  }
  const auth = authOf(value);
  if (auth === 'none') return errors;
  if (!value('webUrl')) errors['webUrl'] = text.url;
  if (auth !== 'bearer' && !value('webAuthName')) errors['webAuthName'] = text.authName;
  if (auth === 'oauth2' && !isUrl('webAuthTokenUrl')) errors['webAuthTokenUrl'] = text.url;
  if (!hasSecret && !value('webAuthSecret')) errors['webAuthSecret'] = text.secret;
  return errors;
}

const authOf = (value: Value) => AUTHS.find((each) => each === value('webAuth')) ?? 'none';
const decimal = (written: string) => Number(written.replace(',', '.'));
const milliseconds = (seconds: string) => Math.round(decimal(seconds) * 1000);
const speedOf = (value: Value) => (value('megabytesPerSecond') ? decimal(value('megabytesPerSecond')) : null);

function commonOf({ fields, hours }: NodeValues) {
  return {
    name: fields['name'] ?? '',
    notes: fields['notes'] ?? '',
    windows: fields['hours'] === 'these' ? windowsOf(hours) : null,
    probe: fields['probe'] === 'on',
  };
}

function serverOf(value: Value) {
  const dimse = hasDimse(value);
  return {
    maySource: value('maySource') === 'on',
    mayDestination: value('mayDestination') === 'on',
    aeTitle: dimse ? value('aeTitle') : null,
    host: dimse ? value('host') : null,
    port: dimse ? Number(value('port')) : null,
    callingAeTitle: value('callingAeTitle') || null,
    face: value('face') === 'web' ? ('web' as const) : ('dimse' as const),
    tls: value('tls') === 'on',
    tlsCa: value('tlsCa') || null,
    tlsCertificate: value('tlsCertificate') || null,
    tlsKey: value('tlsKey') || null,
    tlsServerName: value('tlsServerName') || null,
    retrieveMethod: value('retrieveMethod') === 'c-move' ? ('c-move' as const) : ('c-get' as const),
    maxAssociations: Number(value('maxAssociations')),
    requestsPerMinute: value('requestsPerMinute') ? Number(value('requestsPerMinute')) : null,
    megabytesPerSecond: speedOf(value),
    quirks: QUIRK_NAMES.filter((name) => value(`quirk-${name}`) === 'on'),
    queryCharacterSet: CHARACTER_SETS.find((each) => each === value('queryCharacterSet')) ?? null,
    connectTimeoutMs: milliseconds(value('connectTimeout')),
    associationTimeoutMs: milliseconds(value('associationTimeout')),
    responseTimeoutMs: milliseconds(value('responseTimeout')),
    idleTimeoutMs: milliseconds(value('idleTimeout')),
    ...webOf(value),
  };
}

function webOf(value: Value) {
  const webAuth = authOf(value);
  const secret = value('webAuthSecret');
  return {
    webUrl: value('webUrl') || null,
    webQidoPrefix: value('webQidoPrefix'),
    webWadoPrefix: value('webWadoPrefix'),
    webStowPrefix: value('webStowPrefix'),
    webAuth,
    webAuthName: webAuth === 'none' || webAuth === 'bearer' ? null : value('webAuthName'),
    webAuthTokenUrl: webAuth === 'oauth2' ? value('webAuthTokenUrl') : null,
    // An empty field leaves the secret that is kept.
    ...(webAuth === 'none' ? { webAuthSecret: null } : secret ? { webAuthSecret: secret } : {}),
  };
}

/** What the API is asked to create. `values` must have passed `checkNode`. */
export function nodeInputOf(kind: Node['kind'], values: NodeValues): NodeInput {
  const value = (name: string) => values.fields[name] ?? '';
  if (kind === 'server') return { kind, ...commonOf(values), ...serverOf(value) };
  return { kind, ...commonOf(values), maySource: false, mayDestination: true, path: value('path') };
}

/** What the API is asked to change. `values` must have passed `checkNode`. */
export function nodePatchOf(kind: Node['kind'], values: NodeValues): NodePatch {
  const value = (name: string) => values.fields[name] ?? '';
  return { ...commonOf(values), ...(kind === 'server' ? serverOf(value) : { path: value('path') }) };
}

const seconds = (ms: number) => String(ms / 1000);
const on = (flag: boolean) => (flag ? 'on' : '');

const NEW: Values = {
  port: '104',
  retrieveMethod: 'c-get',
  maxAssociations: '2',
  connectTimeout: '10',
  associationTimeout: '30',
  responseTimeout: '60',
  idleTimeout: '120',
  maySource: 'on',
  mayDestination: 'on',
  probe: 'on',
  webAuth: 'none',
  face: 'dimse',
  hours: 'any',
};

/** The settings of a node as its form shows them, in the reader's time zone; of a new one, the defaults. */
export function valuesOfNode(node: Node | undefined, zone: string): NodeValues {
  return {
    fields: node ? fieldsOf(node) : NEW,
    hours: hoursOfWindows(node?.windows ?? null, zone),
  };
}

function fieldsOf(node: Node): Values {
  return {
    name: node.name,
    notes: node.notes,
    path: node.path ?? '',
    aeTitle: node.aeTitle ?? '',
    host: node.host ?? '',
    port: String(node.port ?? 104),
    callingAeTitle: node.callingAeTitle ?? '',
    retrieveMethod: node.retrieveMethod,
    maxAssociations: String(node.maxAssociations),
    requestsPerMinute: String(node.requestsPerMinute ?? ''),
    megabytesPerSecond: String(node.megabytesPerSecond ?? ''),
    queryCharacterSet: node.queryCharacterSet ?? '',
    connectTimeout: seconds(node.connectTimeoutMs),
    associationTimeout: seconds(node.associationTimeoutMs),
    responseTimeout: seconds(node.responseTimeoutMs),
    idleTimeout: seconds(node.idleTimeoutMs),
    maySource: on(node.maySource),
    mayDestination: on(node.mayDestination),
    probe: on(node.probe),
    ...Object.fromEntries(node.quirks.map((name) => [`quirk-${name}`, 'on'])),
    face: node.face,
    tls: on(node.tls),
    tlsCa: node.tlsCa ?? '',
    tlsCertificate: node.tlsCertificate ?? '',
    tlsKey: node.tlsKey ?? '',
    tlsServerName: node.tlsServerName ?? '',
    webUrl: node.webUrl ?? '',
    webQidoPrefix: node.webQidoPrefix,
    webWadoPrefix: node.webWadoPrefix,
    webStowPrefix: node.webStowPrefix,
    webAuth: node.webAuth,
    webAuthName: node.webAuthName ?? '',
    webAuthTokenUrl: node.webAuthTokenUrl ?? '',
    hours: node.windows ? 'these' : 'any',
  };
}

/** Whether images are fetched from it by C-MOVE: the way of its DICOM face, where work uses that. */
export const isMovedFrom = ({ retrieveMethod, aeTitle, webUrl, face }: Node): boolean =>
  retrieveMethod === 'c-move' && aeTitle !== null && (webUrl === null || face === 'dimse');

/** How the API's fields are called in the form. */
export const NODE_FIELDS: Readonly<Record<string, string>> = {
  connectTimeoutMs: 'connectTimeout',
  associationTimeoutMs: 'associationTimeout',
  responseTimeoutMs: 'responseTimeout',
  idleTimeoutMs: 'idleTimeout',
  'windows.weekly': 'windows',
  'windows.timeZone': 'windows',
};
