/** The process in which Viaduct's engine is measured, so that its processor time and memory are its own. */
import { find, getInstances, move, openStoreAssociation, startStorageScp } from '@viaduct/dicom/dimse';
import type { InstanceSink, OutgoingInstance, Peer, StorageScp } from '@viaduct/dicom/dimse';
import { readFileMeta } from '@viaduct/dicom/part10';
import path from 'node:path';
import { serveOrders } from './orders.ts';
import type { Address, Order } from './orders.ts';

let receiver: StorageScp | undefined;

function peerAt({ aeTitle, port }: Address): Peer {
  const patience = {
    connectTimeoutMs: 5_000,
    associationTimeoutMs: 30_000,
    responseTimeoutMs: 60_000,
    idleTimeoutMs: 60_000,
  };
  return { host: '127.0.0.1', port, calledAETitle: aeTitle, callingAETitle: 'VIADUCT', ...patience };
}

function sinkFor(folder: string, durable: boolean): InstanceSink {
  return {
    durability: durable ? 'synced' : 'written',
    // As the peers.
    hashed: false,
    begin: ({ sopInstanceUID }) => ({ path: path.join(folder, `${sopInstanceUID}.dcm`) }),
    done: () => 0,
  };
}

async function send(to: Address, files: readonly string[], parallel: number): Promise<number> {
  const instances: OutgoingInstance[] = [];
  for (const file of files) {
    const { meta, dataSetOffset, fileSize } = await readFileMeta(file);
    instances.push({ ...meta, dataSet: [{ path: file, start: dataSetOffset, end: fileSize }] });
  }
  const kinds = new Map(instances.map((one) => [`${one.sopClassUID} ${one.transferSyntaxUID}`, one]));
  const proposals = [...kinds.values()].map(({ sopClassUID, transferSyntaxUID }) => ({
    abstractSyntax: sopClassUID,
    transferSyntaxes: [transferSyntaxUID],
  }));
  const waiting = instances.values();
  const lane = async () => {
    const association = await openStoreAssociation(peerAt(to), proposals);
    for (const instance of waiting) {
      const { status } = await association.store(instance);
      if (status !== 0) throw new Error(`status ${status}`);
    }
    await association.release();
  };
  await Promise.all(Array.from({ length: parallel }, lane));
  return instances.length;
}

async function carryOut(order: Order): Promise<number> {
  switch (order.kind) {
    case 'receive':
      await receiver?.close();
      receiver = await startStorageScp({
        aeTitle: 'VIADUCT',
        host: '127.0.0.1',
        port: order.port,
        authorize: () => 'accept',
        sink: sinkFor(order.folder, order.durable),
      });
      return receiver.port;
    case 'send':
      return send(order.to, order.files, order.parallel);
    case 'get': {
      const request = { level: 'STUDY', identifier: { StudyInstanceUID: order.study } } as const;
      const { completed } = await getInstances(peerAt(order.from), request, sinkFor(order.folder, order.durable));
      return completed ?? 0;
    }
    case 'move': {
      const request = { level: 'STUDY', identifier: { StudyInstanceUID: order.study } } as const;
      const { completed } = await move(peerAt(order.from), { ...request, destinationAETitle: order.to });
      return completed ?? 0;
    }
    case 'find': {
      let count = 0;
      const keys = Object.fromEntries(order.keys.map((key) => [key, '']));
      for await (const answer of find(peerAt(order.from), 'STUDY', keys)) if (answer['StudyInstanceUID']) count += 1;
      return count;
    }
  }
}

serveOrders(carryOut);
