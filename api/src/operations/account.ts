import { z } from 'zod';
import { accountPatch, session, signIn } from '../schemas/session.ts';
import { operation } from './operation.ts';

export const updateAccount = operation({
  id: 'updateAccount',
  method: 'patch',
  path: '/session',
  tag: 'Session',
  summary: 'Change the own name',
  access: 'session',
  body: accountPatch,
  answer: { kind: 'json', status: 200, schema: session },
});

export const listSignIns = operation({
  id: 'listSignIns',
  method: 'get',
  path: '/session/sign-ins',
  tag: 'Session',
  summary: 'Where the person is signed in',
  access: 'session',
  answer: { kind: 'json', status: 200, schema: z.object({ items: z.array(signIn) }) },
});

export const endSignIn = operation({
  id: 'endSignIn',
  method: 'delete',
  path: '/session/sign-ins/{signIn}',
  tag: 'Session',
  summary: 'Sign out there',
  access: 'session',
  params: z.object({ signIn: z.string().min(1).max(100) }),
  answer: { kind: 'empty', status: 204 },
  problems: { 404: 'The person is not signed in there' },
});

export const endOtherSignIns = operation({
  id: 'endOtherSignIns',
  method: 'delete',
  path: '/session/sign-ins',
  tag: 'Session',
  summary: 'Sign out everywhere but here',
  access: 'session',
  answer: { kind: 'empty', status: 204 },
});
