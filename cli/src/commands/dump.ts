import { defineCommand } from '../command.ts';
import { dumpLines } from '../dumpText.ts';
import { jsonDataSet } from '../jsonDataSet.ts';
import { line } from '../output.ts';
import { readDicom } from '../readDicom.ts';

export default defineCommand({
  usage: 'dump FILE [--json]',
  help: 'Prints the file meta information and the data set of a DICOM file. Pixel data is not read: its place is said.',
  positionals: [1, 1],
  options: {
    full: { type: 'boolean', help: 'prints long values whole' },
    json: { type: 'boolean', help: 'prints the data set in the DICOM JSON Model (PS3.18 §F)' },
  },
  async run({ positionals: [file = ''], values }) {
    const { meta, dataSet, bulk } = await readDicom(file);
    if (values.json) {
      await line(JSON.stringify(jsonDataSet(dataSet, bulk), undefined, 2));
      return;
    }
    for (const text of dumpLines(meta, { full: values.full })) await line(text);
    await line('');
    for (const text of dumpLines(dataSet, { full: values.full, bulk })) await line(text);
  },
});
