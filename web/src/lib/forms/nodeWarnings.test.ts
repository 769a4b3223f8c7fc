import { expect, test } from 'vitest';
import type { NodeCapabilities } from '../types.ts';
import { valuesOfNode } from './node.ts';
import { nodeWarnings } from './nodeWarnings.ts';

const named = { uid: '1.2', name: 'CT Image Storage' };
const fields = { ...valuesOfNode(undefined, 'UTC').fields, aeTitle: 'PACSA', host: '10.1.2.3' };
const probed = (services: Partial<NodeCapabilities['services']> = {}, stores = true) => ({
  fields,
  capabilities: {
    probedAt: '2026-11-22T10:00:00Z',
    services: { verification: true, find: ['study'], get: ['study'], move: [], storageCommitment: false, ...services },
    storage: stores ? [{ ...named, transferSyntaxes: [named] }] : [],
  } satisfies NodeCapabilities,
});
const warned = (...[found, typed]: [ReturnType<typeof probed>, Record<string, string>?]) =>
  Object.keys(nodeWarnings(found, { ...fields, ...typed }));

test('a server that offers what is set is fine', () => {
  expect(warned(probed())).toEqual([]);
});

test.each([
  [{ get: [] }, {}, 'retrieveMethod'],
  [{ get: [], move: ['study' as const] }, {}, 'retrieveMethod'],
  [{ get: ['patient' as const] }, {}, 'retrieveMethod'],
  [{}, { retrieveMethod: 'c-move' }, 'retrieveMethod'],
  [{ find: [] }, { mayDestination: '' }, 'maySource'],
  [{ find: [] }, { maySource: '' }, 'mayDestination'],
])('services %o with the settings %o are warned of at %s', (services, typed, field) => {
  expect(warned(probed(services), typed)).toEqual([field]);
});

test('a destination that stores nothing is warned of', () => {
  expect(warned(probed({}, false))).toEqual(['mayDestination']);
});

test.each<Record<string, string>>([{ port: '11112' }, { webUrl: 'https://pacs.example.org', face: 'web' }])(
  'where somebody else is asked, with %o, nothing is known',
  (typed) => {
    expect(warned(probed({ get: [], find: [] }, false), typed)).toEqual([]);
  },
);
