/**
 * Takes the pictures of README and docs from the running product with demo data: `npm run screenshots`.
 * With a folder as argument it takes every page there, light and dark, at 1,440 and 800 px, to be looked at.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { Study, ViaductClient } from '@viaduct/client';
import { answered, ask, createJob, createProject, jobWhen, signIn, startProduct } from '@viaduct/testing/product';
import { launchBrowser } from '../src/browser.ts';
import { signInPage } from './jobPage.ts';
import { searchStudies } from './pages.ts';

const PICTURES = path.resolve(import.meta.dirname, '../../docs/images');
const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 800, height: 1000 } } as const;

/** The studies of a node, as its search finds them. */
async function studiesOf(client: ViaductClient, sourceId: string): Promise<Study[]> {
  const body = { sourceIds: [sourceId], patientId: '*' };
  const { id } = await answered(client.POST('/api/v1/searches', { body }));
  const page = await answered(client.GET('/api/v1/searches/{id}', { params: { path: { id } } }));
  return page.studies;
}
