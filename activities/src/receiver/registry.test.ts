import type { IncomingInstance, InstanceSink } from '@viaduct/dicom/dimse';
import { describe, expect, it } from 'vitest';
import { ArrivalRegistry, NOT_AUTHORIZED } from './registry.ts';

const incoming = (sopInstanceUID: string, callingAETitle = 'PACS_A'): IncomingInstance => ({
  sopInstanceUID,
  sopClassUID: '1.2.840.10008.5.1.4.1.1.2',
  transferSyntaxUID: '1.2.840.10008.1.2.1',
  callingAETitle,
  calledAETitle: 'VIADUCT_RX',
  remoteAddress: '127.0.0.1',
});

function retrieve(folder: string, uids: string[]) {
  const lacking = new Set(uids);
  const got: string[] = [];
  const sink: InstanceSink = {
    begin: ({ sopInstanceUID }) => ({ path: `/${folder}/${sopInstanceUID}.dcm` }),
    done: ({ sopInstanceUID }) => {
      lacking.delete(sopInstanceUID);
      got.push(sopInstanceUID);
      return 0;
    },
  };
  return { got, expectation: { callingAETitle: 'PACS_A', wants: (uid: string) => lacking.has(uid), sink } };
}

async function arrive(registry: ArrivalRegistry, instance: IncomingInstance) {
  const answer = await registry.begin(instance);
  if ('refuse' in answer) return answer.refuse;
  return registry.done({ ...instance, path: answer.path, bytes: 1, sha256: '' });
}

describe('ArrivalRegistry', () => {
  it('refuses what nobody has asked for', async () => {
    const registry = new ArrivalRegistry();
    expect(await arrive(registry, incoming('1.1'))).toBe(NOT_AUTHORIZED);
    registry.expect(retrieve('a', ['1.2']).expectation);
    expect(await arrive(registry, incoming('1.1'))).toBe(NOT_AUTHORIZED);
    expect(registry.refused).toBe(2);
  });

  it('refuses an expected instance from another application entity', async () => {
    const registry = new ArrivalRegistry();
    registry.expect(retrieve('a', ['1.1']).expectation);
    expect(await arrive(registry, incoming('1.1', 'STRANGER'))).toBe(NOT_AUTHORIZED);
    expect(await arrive(registry, incoming('1.1'))).toBe(0);
  });

  it('serves two retrieves that expect the same instance', async () => {
    const registry = new ArrivalRegistry();
    const a = retrieve('a', ['1.1']);
    const b = retrieve('b', ['1.1']);
    registry.expect(a.expectation);
    registry.expect(b.expectation);
    const first = incoming('1.1');
    const second = incoming('1.1');
    const paths = [await registry.begin(first), await registry.begin(second)];
    expect(paths).toEqual([{ path: '/a/1.1.dcm' }, { path: '/b/1.1.dcm' }]);
    await registry.done({ ...first, path: '/a/1.1.dcm', bytes: 1, sha256: '' });
    await registry.done({ ...second, path: '/b/1.1.dcm', bytes: 1, sha256: '' });
    expect([a.got, b.got]).toEqual([['1.1'], ['1.1']]);
  });

  it('leaves an instance to a retrieve that lacks it, however long a trial has been waiting for it', async () => {
    const registry = new ArrivalRegistry();
    const trial = retrieve('trial', ['1.1']);
    const a = retrieve('a', ['1.1']);
    registry.expect({ ...trial.expectation, isTrial: true });
    registry.expect(a.expectation);
    expect(await arrive(registry, incoming('1.1'))).toBe(0);
    expect([a.got, trial.got]).toEqual([['1.1'], []]);
  });

  it('refuses arrivals of a retrieve that has ended', async () => {
    const registry = new ArrivalRegistry();
    registry.expect(retrieve('a', ['1.1']).expectation)[Symbol.dispose]();
    expect(await arrive(registry, incoming('1.1'))).toBe(NOT_AUTHORIZED);
  });
});
