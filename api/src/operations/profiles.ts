import { z } from 'zod';
import { profile, profileCheck, profileContent, profileRow } from '../schemas/profiles.ts';
import { operation } from './operation.ts';

const params = z.object({ id: z.string().max(40) });
const unknown = { 404: 'No such profile' };

export const listProfiles = operation({
  id: 'listProfiles',
  method: 'get',
  path: '/profiles',
  tag: 'Profiles',
  summary: 'All profiles of de-identification: built-in ones first, then copies by name',
  access: ['transfer'],
  answer: { kind: 'json', status: 200, schema: z.object({ items: z.array(profileRow) }) },
});

export const createProfile = operation({
  id: 'createProfile',
  method: 'post',
  path: '/profiles',
  tag: 'Profiles',
  summary: 'Create a profile: a copy of another one, or one that was exported',
  access: ['manage-projects'],
  body: profileContent,
  answer: { kind: 'json', status: 201, schema: profile },
  problems: { 409: 'The id is taken' },
});

export const checkProfile = operation({
  id: 'checkProfile',
  method: 'post',
  path: '/profiles/check',
  tag: 'Profiles',
  summary: 'Say where a profile would protect less than the Basic Profile; nothing is saved',
  access: ['transfer'],
  body: profileContent,
  answer: { kind: 'json', status: 200, schema: profileCheck },
});

export const getProfile = operation({
  id: 'getProfile',
  method: 'get',
  path: '/profiles/{id}',
  tag: 'Profiles',
  summary: 'One profile, its newest version unless another is asked for',
  access: ['transfer'],
  params,
  query: z.object({ version: z.coerce.number().int().positive().optional() }),
  answer: { kind: 'json', status: 200, schema: profile },
  problems: unknown,
});

export const updateProfile = operation({
  id: 'updateProfile',
  method: 'patch',
  path: '/profiles/{id}',
  tag: 'Profiles',
  summary: 'Save the next version of a profile; tasks that have begun keep theirs',
  access: ['manage-projects'],
  params,
  body: profileContent.meta({ description: '`version` is the one that was changed' }),
  answer: { kind: 'json', status: 200, schema: profile },
  problems: { ...unknown, 409: 'It is built in, or somebody else has saved a version meanwhile' },
});

export const deleteProfile = operation({
  id: 'deleteProfile',
  method: 'delete',
  path: '/profiles/{id}',
  tag: 'Profiles',
  summary: 'Delete a profile that no project names and no study was de-identified with',
  access: ['manage-projects'],
  params,
  answer: { kind: 'empty', status: 204 },
  problems: { ...unknown, 409: 'It is in use or built in' },
});

export const exportProfile = operation({
  id: 'exportProfile',
  method: 'get',
  path: '/profiles/{id}/export',
  tag: 'Profiles',
  summary: 'The newest version as a file, for another installation or the command line',
  access: ['transfer'],
  params,
  answer: { kind: 'download', schema: profileContent },
  problems: unknown,
});
