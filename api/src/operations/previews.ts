import { preview, previewInput } from '../schemas/previews.ts';
import { operation } from './operation.ts';

export const createPreview = operation({
  id: 'createPreview',
  method: 'post',
  path: '/previews',
  tag: 'Previews',
  summary: 'Show what pseudonymizing would do to one image of a study, element by element; nothing is stored',
  access: ['transfer', 'view-identified'],
  body: previewInput,
  answer: { kind: 'json', status: 200, schema: preview },
  problems: { 409: 'The image cannot be de-identified', 502: 'The source does not give it' },
});
