/** The process in which dcmjs-dimse is measured: as it is, but for TCP_NODELAY, which all peers have. */
import { once } from 'node:events';
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import path from 'node:path';
import dcmjsDimse from 'dcmjs-dimse';
import type {
  association as dcmjsAssociation,
  requests as dcmjsRequests,
  responses as dcmjsResponses,
} from 'dcmjs-dimse';
import { serveOrders } from './orders.ts';
import type { Order, ReceiveOrder, SendOrder } from './orders.ts';

const { Client, Scp, Server, constants, requests, responses } = dcmjsDimse;
dcmjsDimse.log.setLevel('silent');

let folder = '';
let server: InstanceType<typeof Server> | undefined;

/** Takes every instance and writes it to a file before it answers. */
class Receiver extends Scp {
  constructor(...given: ConstructorParameters<typeof Scp>) {
    super(...given);
    given[0].setNoDelay(true);
  }

  override associationRequested(asked: dcmjsAssociation.Association): void {
    for (const { context } of asked.getPresentationContexts()) {
      const [syntax = ''] = context.getTransferSyntaxUids();
      context.setResult(constants.PresentationContextResult.Accept, syntax);
    }
    this.sendAssociationAccept();
  }

  override cStoreRequest(
    request: dcmjsRequests.CStoreRequest,
    answer: (response: dcmjsResponses.CStoreResponse) => void,
  ): void {
    const written = (error?: Error) => {
      const response = responses.CStoreResponse.fromRequest(request);
      response.setStatus(error ? constants.Status.ProcessingFailure : constants.Status.Success);
      answer(response);
    };
    const file = path.join(folder, `${request.getAffectedSopInstanceUid()}.dcm`);
    const dataset = request.getDataset();
    if (dataset) dataset.toFile(file, written);
    else written(new Error('no data set'));
  }

  override associationReleaseRequested(): void {
    this.sendAssociationReleaseResponse();
  }
}

function receive(order: ReceiveOrder): number {
  server?.close();
  ({ folder } = order);
  server = new Server(Receiver);
  server.listen(order.port);
  return order.port;
}

async function send({ to, files }: SendOrder): Promise<number> {
  const client = new Client();
  let stored = 0;
  for (const file of files) {
    const request = new requests.CStoreRequest(file);
    request.on('response', (response: { getStatus(): number }) => {
      if (response.getStatus() === constants.Status.Success) stored += 1;
    });
    client.addRequest(request);
  }
  const closed = once(client as unknown as EventEmitter, 'closed');
  client.send('127.0.0.1', to.port, 'DCMJS', to.aeTitle);
  const network = Reflect.get(client, 'network') as { readonly socket: Socket };
  network.socket.setNoDelay(true);
  await closed;
  return stored;
}

async function carryOut(order: Order): Promise<number> {
  if (order.kind === 'receive') return receive(order);
  if (order.kind === 'send') return send(order);
  throw new Error(`dcmjs-dimse is not asked to ${order.kind}`);
}

serveOrders(carryOut);
