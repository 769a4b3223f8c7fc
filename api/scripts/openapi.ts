// Writes the OpenAPI document to client/openapi.json; the client's types are generated from it.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openApiDocument } from '../src/openapi.ts';

const target = fileURLToPath(new URL('../../client/openapi.json', import.meta.url));
await writeFile(target, `${JSON.stringify(openApiDocument(), null, 2)}\n`);
