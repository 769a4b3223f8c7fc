import { passwordChange, session } from '../schemas/session.ts';
import { operation } from './operation.ts';

export const getSession = operation({
  id: 'getSession',
  method: 'get',
  path: '/session',
  tag: 'Session',
  summary: 'Who is signed in, and what they may do',
  access: 'session',
  answer: { kind: 'json', status: 200, schema: session },
});

export const changePassword = operation({
  id: 'changePassword',
  method: 'post',
  path: '/session/password',
  tag: 'Session',
  summary: 'Change the own password',
  description: 'Ends all other sessions of the person.',
  access: 'session',
  body: passwordChange,
  answer: { kind: 'empty', status: 204 },
});
