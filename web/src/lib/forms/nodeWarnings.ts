import type { NodeCapabilities, Values } from '../types.ts';
import { nodeForm } from '../words/nodeForm.ts';

/** What a server was found to accept, and the settings under which it was asked. */
export interface Probed {
  readonly capabilities: NodeCapabilities;
  readonly fields: Values;
}

/** Whoever answers under another of these has not been asked. */
const WHO = ['aeTitle', 'host', 'port', 'callingAeTitle', 'tls'] as const;

/**
 * Where the settings of a server contradict what it was found to accept, by field. Nothing is said where work uses the
 * DICOMweb face, or where another address was typed.
 */
export function nodeWarnings({ capabilities, fields: asked }: Probed, fields: Values): Record<string, string> {
  const { probedAt, services, storage } = capabilities;
  const value = (name: string) => fields[name] ?? '';
  if (probedAt === null || WHO.some((name) => value(name) !== (asked[name] ?? ''))) return {};
  if (value('webUrl') && value('face') === 'web') return {};
  // Viaduct asks by study root (PS3.4 §C.6.2).
  const has = (service: 'find' | 'get' | 'move') => services[service].includes('study');
  const text = nodeForm.warnings;
  const warnings: Record<string, string> = {};
  if (value('maySource')) {
    const [way, other] = value('retrieveMethod') === 'c-move' ? (['move', 'get'] as const) : (['get', 'move'] as const);
    if (!has(way)) warnings['retrieveMethod'] = has(other) ? text.otherWay[way] : text.noWay;
    if (!has('find')) warnings['maySource'] = text.noFind;
  }
  if (value('mayDestination')) {
    if (storage.length === 0) warnings['mayDestination'] = text.noStore;
    else if (!has('find')) warnings['mayDestination'] = text.noVerify;
  }
  return warnings;
}
