import { z } from 'zod';
import { pageQuery } from '../schemas/common.ts';
import { heldDecision, heldEffect, heldPage, heldPicture } from '../schemas/review.ts';
import { operation } from './operation.ts';

const params = z.object({ id: z.coerce.number().int().positive() });
const unknown = { 404: 'No such image, or nobody has to look at it any more' };

export const listHeldImages = operation({
  id: 'listHeldImages',
  method: 'get',
  path: '/review',
  tag: 'Review',
  summary: 'Images that wait until somebody has looked at them, oldest first',
  access: ['view-identified'],
  query: pageQuery,
  answer: { kind: 'json', status: 200, schema: heldPage },
});

export const getHeldImage = operation({
  id: 'getHeldImage',
  method: 'get',
  path: '/review/{id}',
  tag: 'Review',
  summary: 'One of them, with its picture',
  access: ['view-identified'],
  params,
  answer: { kind: 'json', status: 200, schema: heldPicture },
  problems: unknown,
});

export const decideHeldImage = operation({
  id: 'decideHeldImage',
  method: 'post',
  path: '/review/{id}/decision',
  tag: 'Review',
  summary: 'Approve an image, with what is to be blackened, or reject it',
  description: 'Its study goes on by itself when nothing of it waits any more. To remember needs manage-projects.',
  access: ['view-identified'],
  params,
  body: heldDecision,
  answer: { kind: 'json', status: 200, schema: heldEffect },
  problems: { ...unknown, 409: 'It cannot be shown, so it cannot be approved' },
});
