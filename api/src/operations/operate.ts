import { experience } from '../schemas/experience.ts';
import { findInput, found } from '../schemas/find.ts';
import { dashboard, queuePage, queueQuery } from '../schemas/operate.ts';
import { receiver } from '../schemas/system.ts';
import { jobAccess } from './jobs.ts';
import { operation } from './operation.ts';

export const getDashboard = operation({
  id: 'getDashboard',
  method: 'get',
  path: '/dashboard',
  tag: 'Operate',
  summary: 'What runs, what waits and why, and what needs a person',
  description: 'Jobs: the own ones, or everybody’s for those who operate. Nodes and throughput: all.',
  access: jobAccess,
  answer: { kind: 'json', status: 200, schema: dashboard },
});

export const getQueue = operation({
  id: 'getQueue',
  method: 'get',
  path: '/queue',
  tag: 'Operate',
  summary: 'Running and waiting studies of all jobs, in the order in which they have their turn',
  description: 'What runs comes first; of what waits, urgent jobs first, then older ones.',
  access: [...jobAccess, 'operate'],
  query: queueQuery,
  answer: { kind: 'json', status: 200, schema: queuePage },
});

export const findAnything = operation({
  id: 'find',
  method: 'post',
  path: '/find',
  tag: 'Operate',
  summary: 'What a text may mean: jobs by number or title, studies of jobs, nodes by name',
  description:
    'Studies by their Study Instance UID, patient ID, accession number or pseudonym, in the own jobs, or in everybody’s for those who operate. Sent in the body, since it may name a patient.',
  access: jobAccess,
  body: findInput,
  answer: { kind: 'json', status: 200, schema: found },
});

export const getExperience = operation({
  id: 'getExperience',
  method: 'get',
  path: '/experience',
  tag: 'Operate',
  summary: 'How large images of each server are, and how fast they come through, by the latest transfers',
  access: ['transfer'],
  answer: { kind: 'json', status: 200, schema: experience },
});

export const getReceiver = operation({
  id: 'getReceiver',
  method: 'get',
  path: '/receiver',
  tag: 'Operate',
  summary: 'Worker hosts and their receivers, as the administrator of a PACS has to register them',
  access: ['manage-nodes'],
  answer: { kind: 'json', status: 200, schema: receiver },
});
