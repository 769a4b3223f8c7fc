import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { settingsPage } from '../src/table.ts';

writeFileSync(path.join(import.meta.dirname, '../../docs/configuration.md'), settingsPage());
