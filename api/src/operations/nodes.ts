import { z } from 'zod';
import { uuid } from '../schemas/common.ts';
import { nodeCapabilities } from '../schemas/capabilities.ts';
import { moveTest, node, nodeInput, nodeList, nodePatch, nodeTest, suspension } from '../schemas/nodes.ts';
import { operation } from './operation.ts';

const params = z.object({ id: uuid });
const taken = { 409: 'The name or the address is taken' };
const unknown = { 404: 'No such node' };

export const listNodes = operation({
  id: 'listNodes',
  method: 'get',
  path: '/nodes',
  tag: 'Nodes',
  summary: 'All nodes: servers first, then folders, each by name',
  access: ['search'],
  answer: { kind: 'json', status: 200, schema: nodeList },
});

export const createNode = operation({
  id: 'createNode',
  method: 'post',
  path: '/nodes',
  tag: 'Nodes',
  summary: 'Create a node',
  access: ['manage-nodes'],
  body: nodeInput,
  answer: { kind: 'json', status: 201, schema: node },
  problems: taken,
});

export const getNode = operation({
  id: 'getNode',
  method: 'get',
  path: '/nodes/{id}',
  tag: 'Nodes',
  summary: 'One node',
  access: ['search'],
  params,
  answer: { kind: 'json', status: 200, schema: node },
  problems: unknown,
});

export const updateNode = operation({
  id: 'updateNode',
  method: 'patch',
  path: '/nodes/{id}',
  tag: 'Nodes',
  summary: 'Change a node',
  access: ['manage-nodes'],
  params,
  body: nodePatch,
  answer: { kind: 'json', status: 200, schema: node },
  problems: { ...taken, ...unknown },
});

export const deleteNode = operation({
  id: 'deleteNode',
  method: 'delete',
  path: '/nodes/{id}',
  tag: 'Nodes',
  summary: 'Delete a node that no job has used',
  access: ['manage-nodes'],
  params,
  answer: { kind: 'empty', status: 204 },
  problems: { ...unknown, 409: 'Jobs have used the node' },
});

export const suspendNode = operation({
  id: 'suspendNode',
  method: 'post',
  path: '/nodes/{id}/suspend',
  tag: 'Nodes',
  summary: 'Suspend a node: nothing is asked of it or sent to it until it is resumed',
  description: 'Running studies stop at the next image; work with it waits and says why.',
  access: ['manage-nodes'],
  params,
  body: suspension,
  answer: { kind: 'json', status: 200, schema: node },
  problems: unknown,
});

export const resumeNode = operation({
  id: 'resumeNode',
  method: 'post',
  path: '/nodes/{id}/resume',
  tag: 'Nodes',
  summary: 'Resume a suspended node',
  access: ['manage-nodes'],
  params,
  answer: { kind: 'json', status: 200, schema: node },
  problems: unknown,
});

export const testNode = operation({
  id: 'testNode',
  method: 'post',
  path: '/nodes/{id}/test',
  tag: 'Nodes',
  summary: 'Ask a node whether it answers (C-ECHO), or whether a folder can be written',
  access: ['manage-nodes'],
  params,
  answer: { kind: 'json', status: 200, schema: nodeTest },
  problems: unknown,
});

export const testNodeMove = operation({
  id: 'testNodeMove',
  method: 'post',
  path: '/nodes/{id}/test-move',
  tag: 'Nodes',
  summary: 'Let a server send a small series to each receiver (C-MOVE)',
  description:
    'At most 20 images, found by a query, inside the limits and hours of the server. What arrives is thrown away at once.',
  access: ['manage-nodes'],
  params,
  answer: { kind: 'json', status: 200, schema: moveTest },
  problems: {
    ...unknown,
    409: 'It is not fetched from by C-MOVE, or may not be asked now',
    503: 'No worker, or no Temporal server, is there',
  },
});

export const getNodeCapabilities = operation({
  id: 'getNodeCapabilities',
  method: 'get',
  path: '/nodes/{id}/capabilities',
  tag: 'Nodes',
  summary: 'What a server was found to accept',
  access: ['search'],
  params,
  answer: { kind: 'json', status: 200, schema: nodeCapabilities },
  problems: unknown,
});

export const probeNodeCapabilities = operation({
  id: 'probeNodeCapabilities',
  method: 'post',
  path: '/nodes/{id}/capabilities',
  tag: 'Nodes',
  summary: 'Find out what a server accepts',
  description: 'Proposes every service and storage class over one association after the other; nothing is sent.',
  access: ['manage-nodes'],
  params,
  answer: { kind: 'json', status: 200, schema: nodeCapabilities },
  problems: { ...unknown, 409: 'It has no DICOM face', 502: 'The server did not answer as it should' },
});
