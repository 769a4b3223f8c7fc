import { characterSetTerms, type DataElement, type DataSet } from '@viaduct/dicom/part10';
import { jsonElement, jsonTag, SPECIFIC_CHARACTER_SET, UNICODE, type JsonDataSet, type JsonElement } from './json.ts';
import type { Bulk } from './readDicom.ts';
import { valuesOf } from './values.ts';

function attribute(element: DataElement, terms: readonly string[]): JsonElement {
  const { vr, value, items, fragments } = element;
  if (items !== undefined) {
    return items.length === 0 ? { vr } : { vr, Value: items.map((item) => jsonDataSet(item, undefined, terms)) };
  }
  const values =
    vr === 'AT' ? valuesOf(element, terms)?.map((tag) => tag.replace(/\W/g, '')) : valuesOf(element, terms);
  if (values !== undefined) return jsonElement(vr, values);
  const bytes = fragments === undefined ? value : Buffer.concat(fragments);
  return bytes.length === 0 ? { vr } : { vr, InlineBinary: bytes.toString('base64') };
}

/**
 * A data set in the DICOM JSON Model (PS3.18 §F.2): text in Unicode, binary values in line, pixel data by its place in the file. Group
 * lengths are left out, as the model asks.
 */
export function jsonDataSet(dataSet: DataSet, bulk?: Bulk, inherited: readonly string[] = []): JsonDataSet {
  const own = dataSet.get(SPECIFIC_CHARACTER_SET);
  const terms = own === undefined ? inherited : characterSetTerms(own.value);
  const entries = [...dataSet.values()]
    .filter(({ tag }) => (tag & 0xffff) !== 0)
    .map((element): [number, JsonElement] => [
      element.tag,
      element.tag === SPECIFIC_CHARACTER_SET ? UNICODE : attribute(element, terms),
    ]);
  if (bulk !== undefined) entries.push([bulk.tag, { vr: bulk.vr, BulkDataURI: bulk.uri }]);
  const sorted = entries.toSorted(([one], [other]) => one - other);
  return Object.fromEntries(sorted.map(([tag, element]) => [jsonTag(tag), element]));
}
