import { describe, expect, test } from 'vitest';
import { checkNode, nodeInputOf, nodePatchOf, valuesOfNode, type NodeValues } from './node.ts';

const server = (fields: Record<string, string> = {}): NodeValues => {
  const { fields: defaults, hours } = valuesOfNode(undefined, 'Europe/Berlin');
  return { fields: { ...defaults, name: 'PACS A', aeTitle: 'PACSA', host: '10.1.2.3', ...fields }, hours };
};

test('a server with one face is fine, with none it is not', () => {
  expect(checkNode('server', server(), false)).toEqual({});
  const web = { aeTitle: '', host: '', webUrl: 'https://pacs.example.org/dicom-web' };
  expect(checkNode('server', server(web), false)).toEqual({});
  expect(Object.keys(checkNode('server', server({ aeTitle: '', host: '' }), false))).toEqual(['aeTitle']);
});

test.each([
  ['aeTitle', 'back\\slash'],
  ['port', '70000'],
  ['host', 'two words'],
  ['callingAeTitle', 'seventeen letters'],
  ['maxAssociations', '0'],
  ['requestsPerMinute', '1.5'],
  ['megabytesPerSecond', '0.05'],
  ['megabytesPerSecond', 'fast'],
  ['connectTimeout', '0'],
  ['webUrl', 'pacs.example.org'],
  ['webQidoPrefix', '/qido/'],
  ['tlsCa', '../ca.pem'],
])('%s is refused as %s', (field, value) => {
  expect(Object.keys(checkNode('server', server({ [field]: value }), false))).toEqual([field]);
});

describe('the secret of a sign-in', () => {
  const basic = { webUrl: 'https://pacs.example.org', webAuth: 'basic', webAuthName: 'viaduct' };

  test('is asked for unless one is kept', () => {
    expect(Object.keys(checkNode('server', server(basic), false))).toEqual(['webAuthSecret']);
    expect(checkNode('server', server(basic), true)).toEqual({});
  });

  test('is left alone when the field is empty, and removed with the sign-in', () => {
    expect(nodePatchOf('server', server(basic))).not.toHaveProperty('webAuthSecret');
    expect(nodePatchOf('server', server({ ...basic, webAuth: 'none' }))).toMatchObject({ webAuthSecret: null });
  });
});

test('without a DICOM face no half of it is sent', () => {
  const values = server({ aeTitle: '', host: '', webUrl: 'https://pacs.example.org' });
  expect(nodeInputOf('server', values)).toMatchObject({ aeTitle: null, host: null, port: null });
});

test('the face that work uses must be there, and a certificate has its key', () => {
  expect(Object.keys(checkNode('server', server({ face: 'web' }), false))).toEqual(['webUrl']);
  expect(Object.keys(checkNode('server', server({ tlsCertificate: 'client.pem' }), false))).toEqual(['tlsKey']);
});

test('quirks are those whose boxes are ticked', () => {
  const quirks = { 'quirk-wrong-counts': 'on', 'quirk-single-uid': '' };
  expect(nodePatchOf('server', server(quirks))).toMatchObject({ quirks: ['wrong-counts'] });
});

test('hours count only where they are chosen', () => {
  const hours = { zone: 'UTC', lines: [{ days: [1], from: '20:00', to: '06:00' }] } as const;
  const { fields } = server();
  expect(nodePatchOf('server', { fields, hours })).toMatchObject({ windows: null });
  expect(nodePatchOf('server', { fields: { ...fields, hours: 'these' }, hours })).toMatchObject({
    windows: { timeZone: 'UTC', weekly: [{ days: [1], from: '20:00', to: '06:00' }] },
  });
});
