import { expect, test } from 'vitest';
import { temporaryFolder, waitFor } from '../services/index.ts';
import { playScript, readScript, ScriptError, startPacs } from './index.ts';
import type { Faults, Pacs } from './index.ts';

const EVERYTHING: Required<Faults> = {
  withhold: ['1.2.3'],
  abortAfter: 3,
  abortTimes: 1,
  hangAfter: 4,
  hangTimes: 2,
  halfCloseAfter: 0,
  silent: 'requests',
  refuseAssociation: 'transient',
  refuseStatus: { find: 0xa700, store: 0x0110 },
  keepStatus: 0xb000,
  delayMs: 5,
  answerDelayMs: 0.5,
  jitterMs: 2,
  slowAbove: { associations: 3, delayMs: 200 },
  nearline: { delayMs: 30_000, studies: ['1.2'] },
  maxAssociations: 4,
  resetAbove: { associations: 4, requests: 700, perMs: 60_000 },
  answersCap: { max: 100, status: 0 },
  ignoreKeys: ['StudyTime'],
  countsOff: -1,
  counters: 'zero',
  commitment: 'later',
  restart: { at: '03:00', downMs: 60_000 },
  line: { latencyMs: 20, jitterMs: 5, bytesPerSecond: 1e6, nagle: true },
};

test('faults alone are a script of one phase', () => {
  expect(readScript(JSON.stringify(EVERYTHING))).toEqual({ phases: [{ faults: EVERYTHING }], repeat: false });
  expect(readScript('{}')).toEqual({ phases: [{ faults: {} }], repeat: false });
});

test.for([
  ['no JSON', '{', /no JSON/],
  ['no object', '[]', /must be an object/],
  ['an unknown fault', '{"delayMS":5}', /no fault "delayMS"/],
  ['a name of every object', '{"constructor":5}', /no fault "constructor"/],
  ['a word for a number', '{"delayMs":"slow"}', /"delayMs" cannot be "slow"/],
  ['a negative count', '{"abortAfter":-1}', /"abortAfter" cannot be -1/],
  ['a status that is none', '{"refuseStatus":{"find":70000}}', /refuseStatus/],
  ['an unknown operation', '{"refuseStatus":{"print":1}}', /refuseStatus/],
  ['a hole in a fault', '{"slowAbove":{"associations":3}}', /slowAbove/],
  ['a time of day that is none', '{"restart":{"at":"25:00","downMs":1}}', /restart/],
  ['no phases', '{"phases":[]}', /not empty/],
  ['a broken phase', '{"phases":[{"ms":"1"}]}', /each phase/],
  ['an endless loop', '{"phases":[{"faults":{}}],"repeat":true}', /need "ms"/],
] as const)('a script is refused for %s', ([, text, sentence]) => {
  expect(() => readScript(text)).toThrow(ScriptError);
  expect(() => readScript(text)).toThrow(sentence);
});

test('phases follow each other, again and again, until the end', async () => {
  await using folder = await temporaryFolder();
  await using pacs = await startPacs({ dir: folder.path });
  const seen: Faults[] = [];
  const watched: Pacs = { ...pacs, setFaults: async (faults) => void seen.push(faults) };
  const stop = new AbortController();
  const [slow, fast] = [{ delayMs: 5 }, {}];
  const script = readScript(JSON.stringify({ phases: [{ ms: 1, faults: slow }, { ms: 1 }], repeat: true }));
  const playing = playScript(watched, script, stop.signal);
  await waitFor(() => seen.length >= 4);
  stop.abort();
  await playing;
  expect(seen.slice(0, 4)).toEqual([slow, fast, slow, fast]);
});
