import type { NodeInput, NodePatch } from '@viaduct/client';
import type { Node, Values } from '../types.ts';
import { nodes } from '../words/nodes.ts';

const { errors: text } = nodes;
/** PS3.5 §6.2, VR AE: 1–16 printable characters without backslash. */
const AE_TITLE = /^[\x20-\x5b\x5d-\x7e]{1,16}$/;
const TIMEOUTS = ['connectTimeout', 'associationTimeout', 'responseTimeout', 'idleTimeout'] as const;

/** Whether a text is a whole number in a range. */
function isWhole(value: string, from: number, to: number): boolean {
  return /^\d+$/.test(value) && Number(value) >= from && Number(value) <= to;
}

/** What is wrong with a node's settings, by field; empty when nothing is. */
export function checkNode(kind: Node['kind'], values: Values): Record<string, string> {
  const errors: Record<string, string> = {};
  const value = (name: string) => values[name] ?? '';
  if (!value('name') || value('name').length > 100) errors['name'] = text.name;
  if (!value('maySource') && !value('mayDestination') && kind === 'server') errors['maySource'] = text.use;
  if (kind === 'folder') {
    if (!value('path').startsWith('/')) errors['path'] = text.path;
    return errors;
  }
  if (!AE_TITLE.test(value('aeTitle'))) errors['aeTitle'] = text.aeTitle;
  if (!value('host') || /\s/.test(value('host'))) errors['host'] = text.host;
  if (!isWhole(value('port'), 1, 65535)) errors['port'] = text.port;
  if (value('callingAeTitle') && !AE_TITLE.test(value('callingAeTitle')))
    errors['callingAeTitle'] = text.callingAeTitle;
  if (!isWhole(value('maxAssociations'), 1, 64)) errors['maxAssociations'] = text.maxAssociations;
  for (const name of TIMEOUTS) {
    const seconds = Number(value(name).replace(',', '.'));
    if (!value(name) || !(seconds >= 0.1 && seconds <= 3600)) errors[name] = text.timeout;
  }
  return errors;
}

const milliseconds = (seconds: string | undefined) => Math.round(Number((seconds ?? '').replace(',', '.')) * 1000);

function commonOf(values: Values) {
  const suspended = values['suspended'] === 'on';
  return {
    name: values['name'] ?? '',
    notes: values['notes'] ?? '',
    suspended,
    suspendedReason: suspended ? values['suspendedReason'] || null : null,
  };
}

function serverOf(values: Values) {
  return {
    maySource: values['maySource'] === 'on',
    mayDestination: values['mayDestination'] === 'on',
    aeTitle: values['aeTitle'] ?? '',
    host: values['host'] ?? '',
    port: Number(values['port']),
    callingAeTitle: values['callingAeTitle'] || null,
    retrieveMethod: values['retrieveMethod'] === 'c-move' ? ('c-move' as const) : ('c-get' as const),
    maxAssociations: Number(values['maxAssociations']),
    connectTimeoutMs: milliseconds(values['connectTimeout']),
    associationTimeoutMs: milliseconds(values['associationTimeout']),
    responseTimeoutMs: milliseconds(values['responseTimeout']),
    idleTimeoutMs: milliseconds(values['idleTimeout']),
  };
}

/** What the API is asked to create. `values` must have passed `checkNode`. */
export function nodeInputOf(kind: Node['kind'], values: Values): NodeInput {
  if (kind === 'server') return { kind, ...commonOf(values), ...serverOf(values) };
  return { kind, ...commonOf(values), maySource: false, mayDestination: true, path: values['path'] ?? '' };
}

/** What the API is asked to change. `values` must have passed `checkNode`. */
export function nodePatchOf(kind: Node['kind'], values: Values): NodePatch {
  const common = commonOf(values);
  return kind === 'server' ? { ...common, ...serverOf(values) } : { ...common, path: values['path'] ?? '' };
}

const seconds = (ms: number) => String(ms / 1000);

/** The settings of a node as its form shows them; of a new one, the defaults. */
export function valuesOfNode(node?: Node): Record<string, string> {
  const on = (flag: boolean) => (flag ? 'on' : '');
  if (!node) {
    return {
      port: '104',
      retrieveMethod: 'c-get',
      maxAssociations: '2',
      connectTimeout: '10',
      associationTimeout: '30',
      responseTimeout: '60',
      idleTimeout: '120',
      maySource: 'on',
      mayDestination: 'on',
    };
  }
  return {
    name: node.name,
    notes: node.notes,
    aeTitle: node.aeTitle ?? '',
    host: node.host ?? '',
    port: String(node.port ?? ''),
    callingAeTitle: node.callingAeTitle ?? '',
    retrieveMethod: node.retrieveMethod,
    maxAssociations: String(node.maxAssociations),
    connectTimeout: seconds(node.connectTimeoutMs),
    associationTimeout: seconds(node.associationTimeoutMs),
    responseTimeout: seconds(node.responseTimeoutMs),
    idleTimeout: seconds(node.idleTimeoutMs),
    maySource: on(node.maySource),
    mayDestination: on(node.mayDestination),
    path: node.path ?? '',
    suspended: on(node.suspended),
    suspendedReason: node.suspendedReason ?? '',
  };
}

/** How the API's fields are called in the form. */
export const NODE_FIELDS: Readonly<Record<string, string>> = {
  connectTimeoutMs: 'connectTimeout',
  associationTimeoutMs: 'associationTimeout',
  responseTimeoutMs: 'responseTimeout',
  idleTimeoutMs: 'idleTimeout',
};
