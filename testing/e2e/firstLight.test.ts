import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEMO_STUDIES, startOrthanc, temporaryFolder, waitFor, writePlan } from '@viaduct/testing';
import type { Orthanc, StudyPlan, WrittenStudy } from '@viaduct/testing';
import { startProduct } from '@viaduct/testing/product';
import type { Product } from '@viaduct/testing/product';
import { accessibilityViolations, launchBrowser } from '../src/browser.ts';
import type { TestBrowser } from '../src/browser.ts';
import { reportSeries } from '../src/studies/documents.ts';
import { ctSeries } from '../src/studies/images.ts';
import { SOP_CLASS } from '../src/studies/plan.ts';
import { dump, expectPseudonymized, fetchPatient } from './evidence.ts';
import {
  chooseStudy,
  createFolder,
  createProjectOnPage,
  createServer,
  openNode,
  openNodeSettings,
  searchStudies,
  setRetrieveMethod,
  signInAtDoor,
  startTransfer,
  stateOnPage,
  testNode,
  visit,
  watchToEnd,
} from './pages.ts';
import type { Visit } from './pages.ts';

let stack: AsyncDisposableStack;
let browser: TestBrowser;
let product: Product;
let folder: string;
let person: Visit;

/** Starts product and browser and signs the administrator in; everything ends with `stack`. */
async function open(demo: boolean): Promise<void> {
  stack = new AsyncDisposableStack();
  folder = stack.use(await temporaryFolder('viaduct-light-')).path;
  product = stack.use(await startProduct({ demo }));
  browser = stack.use(await launchBrowser());
  person = await visit(browser, product);
  await signInAtDoor(person.page, product.oneTimePassword);
}

/** Everything a person does for one transfer, up to its end. */
async function transfer(
  page: Page,
  source: string,
  study: StudyPlan,
  to: { readonly destination: string; readonly project: string; readonly pseudonym: string },
): Promise<string> {
  expect(await searchStudies(page, source, study.patient.id)).toBeGreaterThan(0);
  await chooseStudy(page, new RegExp(`, ${study.description}$`));
  await startTransfer(page, to);
  return watchToEnd(page);
}

describe('with the demo', () => {
  const chest = DEMO_STUDIES.A.find((study) => study.label === 'demo-01');
  const [destination, project] = ['Demo PACS B', 'Demo study'];
  let original: WrittenStudy;

  beforeAll(async () => {
    await open(true);
    if (!chest) throw new Error('the demo has no CT study with a report');
    original = await writePlan(path.join(folder, 'original'), chest);
  });
  afterAll(() => stack.disposeAsync());

  test('a study goes pseudonymized from one PACS to the other, and the person sees it finish', async () => {
    const { page } = person;
    const to = { destination, project, pseudonym: 'LIGHT-01' };
    expect(await transfer(page, 'Demo PACS A', original.plan, to)).toBe('Done');
    await page.getByText('121 of 121 images').first().waitFor();
  });

  test('DCMTK finds it at the destination: complete, under the pseudonym, with the same pixels', async () => {
    await openNodeSettings(person.page, destination);
    const port = Number(await person.page.getByLabel('Port', { exact: true }).inputValue());
    const files = await fetchPatient({ aeTitle: 'DEMO_B', port }, 'LIGHT-01', folder);
    await expectPseudonymized(original, files, 'LIGHT-01');
  });

  test('the test of a node says what it did', async () => {
    await openNode(person.page, destination);
    const steps = await testNode(person.page);
    expect(steps.filter((step) => /\d m?s\b/.test(step) && step.includes('passed'))).toHaveLength(4);
  });

  test('the unfolded results of a search are free of what axe finds', async () => {
    const { page } = person;
    await searchStudies(page, 'Demo PACS A', '*');
    await page
      .getByRole('button', { name: /^Show series: / })
      .first()
      .click();
    await page.getByRole('table', { name: 'Series of this study' }).waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
  });

  test('scripts and content policy had nothing to complain about', () => {
    expect(person.troubles).toEqual([]);
  });

  test('everything works without JavaScript too', async () => {
    const { page } = await visit(browser, product, false);
    await signInAtDoor(page);
    expect(await searchStudies(page, 'Demo PACS A', 'D-10007')).toBe(1);
    await chooseStudy(page, /, CT trauma$/);
    await startTransfer(page, { destination, project, pseudonym: 'LIGHT-02' });
    const ended = async () => {
      await page.reload();
      const state = await stateOnPage(page).innerText();
      return /Done|Failed|Canceled/.test(state) ? state : undefined;
    };
    expect(await waitFor(ended, { deadlineMs: 60_000, intervalMs: 500, what: 'the job to end' })).toBe('Done');
    await page.getByText('30 of 30 images').first().waitFor();
  });
});

/** A CT in two transfer syntaxes with a report that refers to it: small, as there are several transfers of it. */
const SMALL_CT: StudyPlan = (() => {
  const label = 'light';
  const patient = {
    name: 'Quispe^Inti',
    id: 'LIGHT-4711',
    birthDate: '19610203',
    sex: 'M' as const,
    characterSet: 'ISO_IR 192',
    plainName: 'QUISPE INTI',
  };
  const slices = { label: `${label}.1`, number: 1, description: 'Thorax', slices: 24, size: 128, patient };
  return {
    label,
    patient,
    date: '20260203',
    time: '101112',
    accessionNumber: 'LIGHTACC1',
    id: 'L1',
    description: 'CT light',
    referringPhysician: 'Referring^Person',
    series: [
      ctSeries({ ...slices, compression: 'none' }),
      ctSeries({ ...slices, label: `${label}.2`, number: 2, description: 'Thorax RLE', compression: 'rle' }),
      reportSeries({
        label: `${label}.3`,
        number: 3,
        studyLabel: label,
        patient,
        text: 'Mr. Quispe: nothing found.',
        evidence: {
          seriesLabel: `${label}.1`,
          sopClassUID: SOP_CLASS.ct,
          instanceLabels: [`${label}.1/3`, `${label}.1/4`],
        },
      }),
    ],
  };
})();

describe('between Orthanc servers', () => {
  let original: WrittenStudy;
  let [source, destination]: Orthanc[] = [];

  beforeAll(async () => {
    await open(false);
    original = await writePlan(path.join(folder, 'original'), SMALL_CT);
    const configuration = { DicomAlwaysAllowGet: false, DicomAlwaysAllowMove: false };
    const peers = [{ aeTitle: 'VIADUCT_RX', port: product.receiverPort }];
    source = stack.use(await startOrthanc({ aeTitle: 'LIGHT_A', peers, configuration }));
    destination = stack.use(await startOrthanc({ aeTitle: 'LIGHT_B' }));
    for (const { path: file } of original.instances) await source.upload(file);
  });
  afterAll(() => stack.disposeAsync());

  test('nodes are made and tested in the browser', async () => {
    const { page } = person;
    await createServer(page, { name: 'Orthanc', aeTitle: 'LIGHT_A', port: source?.dicomPort ?? 0 });
    await testNode(page);
    await createServer(page, { name: 'Archive', aeTitle: 'LIGHT_B', port: destination?.dicomPort ?? 0 });
    await createFolder(page, 'Folder', path.join(product.home, 'folders', 'light'));
    await testNode(page);
  });

  test.each([
    { method: 'c-move', pseudonym: 'BY-MOVE' },
    { method: 'c-get', pseudonym: 'BY-GET' },
  ] as const)('a study goes from one to the other by $method', async ({ method, pseudonym }) => {
    const allowed = { AllowFind: true, AllowGet: method === 'c-get', AllowMove: method === 'c-move' };
    const viaduct = { AET: 'VIADUCT', Host: '127.0.0.1', Port: 104, ...allowed };
    await source?.request('/modalities/VIADUCT', { method: 'PUT', body: JSON.stringify(viaduct) });
    await setRetrieveMethod(person.page, 'Orthanc', method);
    const to = { destination: 'Archive', project: `Light ${method}`, pseudonym };
    await createProjectOnPage(person.page, to.project);
    expect(await transfer(person.page, 'Orthanc', original.plan, to)).toBe('Done');
    await expectPseudonymized(original, await filesOf(destination, pseudonym, path.join(folder, method)), pseudonym);
  });

  test('a study goes into a folder, in the layout that people know', async () => {
    const to = { destination: 'Folder', project: 'Light: folder', pseudonym: 'IN FOLDER' };
    await createProjectOnPage(person.page, to.project);
    expect(await transfer(person.page, 'Orthanc', original.plan, to)).toBe('Done');
    const number = /^Job (\d+)/.exec(await person.page.getByRole('heading', { level: 1 }).innerText())?.[1];
    const root = path.join(product.home, 'folders', 'light');
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
    await expectPseudonymized(original, files, 'IN FOLDER');
    const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
    for (const { file, values } of await dump(files)) {
      const value = (tag: string) => values.get(tag)?.[0] ?? '';
      expect(path.relative(root, file).split(path.sep)).toEqual([
        'Light_ folder',
        `${number}_${today}_Administrator`,
        'IN FOLDER',
        `${value('0008,0020')}-${value('0008,0030')}-CT-SR`,
        // What a description says of a patient cannot be known: the modality stands for it.
        `${value('0020,0011')}-${value('0008,0060')}`,
        `${value('0008,0018')}.dcm`,
      ]);
    }
  });

  test('scripts and content policy had nothing to complain about', () => {
    expect(person.troubles).toEqual([]);
  });
});

/** What an Orthanc holds of a patient, as files below `into`. */
async function filesOf(orthanc: Orthanc | undefined, patientId: string, into: string): Promise<string[]> {
  if (!orthanc) return [];
  const body = JSON.stringify({ Level: 'Instance', Query: { PatientID: patientId }, Expand: true });
  const found = await orthanc.request('/tools/find', { method: 'POST', body });
  const rows = (await found.json()) as { MainDicomTags: { SOPInstanceUID: string } }[];
  await mkdir(into);
  const files: string[] = [];
  for (const { SOPInstanceUID } of rows.map((row) => row.MainDicomTags)) {
    files.push(path.join(into, `${SOPInstanceUID}.dcm`));
    await writeFile(files.at(-1) ?? '', await orthanc.file(SOPInstanceUID));
  }
  return files;
}
