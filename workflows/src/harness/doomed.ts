/**
 * A host as a process that can be killed: serves the queues of a host with steps that never end by themselves.
 * Started by tests with the server's address and the host's id; prints a line when it serves.
 */
import process from 'node:process';
import { failureConverterPath } from '../contract/codec.ts';
import { House } from './house.ts';
import { MockWorkers } from './workers.ts';

const [address = '', hostId = ''] = process.argv.slice(2);
const house = new House({ partMs: 3_600_000 });
await using workers = await MockWorkers.connect(address, { failureConverterPath }, house.mocks);
await workers.serveHost(hostId);
process.stdout.write('serving\n');
await new Promise(() => undefined);
