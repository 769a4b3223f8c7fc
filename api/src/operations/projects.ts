import { z } from 'zod';
import { uuid } from '../schemas/common.ts';
import { project, projectInput, projectPatch } from '../schemas/projects.ts';
import { operation } from './operation.ts';

const params = z.object({ id: uuid });

export const listProjects = operation({
  id: 'listProjects',
  method: 'get',
  path: '/projects',
  tag: 'Projects',
  summary: 'All projects by name',
  access: ['transfer'],
  answer: { kind: 'json', status: 200, schema: z.object({ items: z.array(project) }) },
});

export const createProject = operation({
  id: 'createProject',
  method: 'post',
  path: '/projects',
  tag: 'Projects',
  summary: 'Create a project; its secret key is made on the server and never shown',
  access: ['manage-projects'],
  body: projectInput,
  answer: { kind: 'json', status: 201, schema: project },
  problems: { 409: 'The name is taken' },
});

export const getProject = operation({
  id: 'getProject',
  method: 'get',
  path: '/projects/{id}',
  tag: 'Projects',
  summary: 'One project',
  access: ['transfer'],
  params,
  answer: { kind: 'json', status: 200, schema: project },
  problems: { 404: 'No such project' },
});

export const updateProject = operation({
  id: 'updateProject',
  method: 'patch',
  path: '/projects/{id}',
  tag: 'Projects',
  summary: 'Change a project',
  access: ['manage-projects'],
  params,
  body: projectPatch,
  answer: { kind: 'json', status: 200, schema: project },
  problems: { 404: 'No such project', 409: 'The name is taken' },
});
