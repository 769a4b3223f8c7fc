import { type Tag, keywordOf, tagOf } from '@viaduct/dicom/dictionary';
import { type Edit, type VisitedElement, decodeText, uidText, withoutPadding } from '@viaduct/dicom/part10';
import type { RuleContext } from './context.ts';
import { shiftDate, shiftDateTime } from './dates.ts';
import { dummyFor } from './dummies.ts';
import { approximateText } from './marks.ts';
import { UID } from './uids.ts';

/** VRs with text that people type. */
export const FREE_TEXT: ReadonlySet<string> = new Set(['LO', 'LT', 'SH', 'ST', 'UC', 'UT']);
const SINGLE_VALUE = new Set(['LT', 'ST', 'UT', 'UR']);
/** How values of these VRs must look to be kept: PS3.5 §6.2, times with ACR-NEMA's colons and whole numbers with fractions too. */
const SYNTAX: Readonly<Record<string, RegExp>> = {
  AS: /^\d{3}[DWMY]$/,
  DA: /^(\d{8})$/,
  DS: /^ *[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)? *$/,
  DT: /^\d{4}(\d{2}){0,5}(\.\d{1,6})?([+-]\d{4})?$/,
  IS: /^ *[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)? *$/,
  TM: /^(\d{2}(:?\d{2}(:?\d{2}(\.\d{1,6})?)?)?)$/,
  UI: UID,
};

/** The text of an element in its character set, padding removed. */
export function textOfElement(element: VisitedElement): string {
  return withoutPadding(decodeText(element.value(), element.list.specificCharacterSet, element.vr));
}

/** The values of an element whose VR has no special characters. */
function plainValues(element: VisitedElement): string[] {
  return withoutPadding(element.value().toString('latin1')).split('\\');
}

/** Puts a text in the place of an element's value, in the element's character set. */
export function replaceText(element: VisitedElement, text: string): Edit {
  return { replace: approximateText(text, element.list.specificCharacterSet, element.vr) };
}

function replacePlain(values: readonly string[]): Edit {
  return { replace: Buffer.from(values.join('\\'), 'latin1') };
}

/** Whether the values have the form that their VR prescribes; true for VRs without one. */
export function isWellFormed(element: VisitedElement): boolean {
  const syntax = SYNTAX[element.vr];
  if (syntax === undefined) return true;
  return plainValues(element).every((value) => value.trim() === '' || syntax.test(value.trim()));
}

/** Another value that is valid and tells nothing; an empty value stays empty. */
export function dummy(element: VisitedElement): Edit {
  return element.length === 0 ? 'keep' : { replace: dummyFor(element.vr) };
}

/** New UIDs for all that are not in the registry. */
export function remap(element: VisitedElement, { outUid }: RuleContext): Edit {
  if (element.length === 0) return 'keep';
  return replacePlain(uidText(element.value()).split('\\').map(outUid));
}

/** Dates moved by the patient's days; what is no date is emptied and reported. */
export function shift(element: VisitedElement, { shiftDays, onInvalid }: RuleContext): Edit {
  if (element.length === 0) return 'keep';
  const shiftOne = element.vr === 'DA' ? shiftDate : shiftDateTime;
  const shifted = plainValues(element).map((value) => (value.trim() === '' ? '' : shiftOne(value.trim(), shiftDays)));
  if (shifted.every((value) => value !== undefined)) return replacePlain(shifted);
  onInvalid({ path: element.path, vr: element.vr });
  return 'empty';
}

/** Keyed identifiers in the place of others, value by value. */
export function derive(element: VisitedElement, { deriveIdentifier }: RuleContext): Edit {
  if (element.length === 0) return 'keep';
  const attribute = keywordOf(element.tag) ?? String(element.tag);
  const values = textOfElement(element).split('\\');
  return replacePlain(values.map((value) => (value.trim() === '' ? '' : deriveIdentifier(attribute, value))));
}

/** Ages above the profile's limit become the next higher one, so that the oldest are one class (45 CFR 164.514(b)(2)(i)(C)). */
export function capAge(element: VisitedElement, { profile }: RuleContext): Edit {
  const [value = ''] = plainValues(element);
  const years = /^(\d{3})Y$/.exec(value)?.[1];
  if (years === undefined || profile.maximumAge === null || Number(years) <= profile.maximumAge) return 'keep';
  return replacePlain([`${String(profile.maximumAge + 1).padStart(3, '0')}Y`]);
}

/** Drops the words of a text that nobody vouches for; undefined when nothing is left. */
export function cleanText(element: VisitedElement, context: RuleContext): Edit | undefined {
  if (element.length === 0) return 'keep';
  const original = textOfElement(element);
  const values = SINGLE_VALUE.has(element.vr) ? [original] : original.split('\\');
  const cleaned = values.map((value) => context.clean(value, context.identity));
  const words = cleaned.flatMap(({ dropped }) => dropped);
  if (words.length === 0) return 'keep';
  context.onDropped({ path: element.path, words });
  const text = cleaned.map((each) => each.text).join('\\');
  return text.replaceAll('\\', '').trim() === '' ? undefined : replaceText(element, text);
}

/** Elements whose text tells of devices and software, where numbers look like dates. */
const EQUIPMENT = /Version|Manufacturer|Model|Kernel|Nomenclature|CodingScheme|SequenceName|Algorithm|Application/;

/** Whether a text attribute is about equipment. */
export function isAboutEquipment(tag: Tag): boolean {
  return EQUIPMENT.test(keywordOf(tag) ?? '');
}

export const PATIENT_NAME = tagOf('PatientName');
export const PATIENT_ID = tagOf('PatientID');
