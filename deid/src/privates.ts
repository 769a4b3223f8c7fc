import { elementOf, groupOf, isPrivateCreator } from '@viaduct/dicom/dictionary';
import type { Edit, VisitedElement } from '@viaduct/dicom/part10';
import type { Decision, RuleContext } from './context.ts';
import { SAFE_PRIVATE_ROWS } from './standard.ts';
import { keep } from './keeping.ts';
import { seenAs } from './registered.ts';
import { dummy, remap, replaceText, shift } from './values.ts';

/** A private attribute that holds nothing of an identity. */
export interface SafePrivateAttribute {
  /** As in the private creator element, without padding. */
  readonly creator: string;
  readonly group: number;
  /** Low byte: where the block is does not matter (PS3.5 §7.8.1). */
  readonly element: number;
  /** The VR it must have; empty for any. */
  readonly vr: string;
}

/** The safe private attributes of a profile: those of the standard (PS3.15 table E.3.10-1) and its own. */
export interface SafePrivateList {
  /** The VR of a safe attribute, empty for any; undefined when it is not safe. */
  vrOf(creator: string, group: number, element: number): string | undefined;
  /** Whether the creator has any safe attribute in the group. */
  knows(creator: string, group: number): boolean;
}

const STANDARD: readonly SafePrivateAttribute[] = SAFE_PRIVATE_ROWS.map(([creator, group, element, vr]) => ({
  creator,
  group,
  element,
  vr,
}));

function keyOf(creator: string, group: number): string {
  return `${group} ${creator}`;
}

/** Makes the list of the attributes that stay. */
export function safePrivateList(own: readonly SafePrivateAttribute[], withStandard: boolean): SafePrivateList {
  const blocks = new Map<string, Map<number, string>>();
  for (const { creator, group, element, vr } of withStandard ? [...STANDARD, ...own] : own) {
    const block = blocks.get(keyOf(creator, group)) ?? new Map<number, string>();
    blocks.set(keyOf(creator, group), block.set(element, vr));
  }
  return {
    vrOf: (creator, group, element) => blocks.get(keyOf(creator, group))?.get(element),
    knows: (creator, group) => blocks.has(keyOf(creator, group)),
  };
}

/** Binary numbers: safe also where nothing says what they are. */
const NUMBERS = /^(?:F[LD]|[SU][LSV]|AT)$/;
/** Some vendors keep the picture once more in them. */
const BYTES: ReadonlySet<string> = new Set(['OB', 'OW']);
const REMOVED: Decision = { edit: 'remove', rule: 'private' };

/** Whether the VR in the file is one that the list promises. Without a written VR the list's word is all there is. */
function agrees(listed: string, found: string): boolean {
  return listed === '' || found === 'UN' || listed.split('/').includes(found);
}

/** A safe block is announced anew by its creator's name; one of which nothing stays is not announced. */
function decideCreator(element: VisitedElement, list: SafePrivateList): Decision {
  const creator = element.privateCreator ?? '';
  const group = groupOf(element.tag);
  if (!list.knows(creator, group)) return REMOVED;
  const block = elementOf(element.tag);
  const isUsed = element.list.tags.some(
    (tag) =>
      groupOf(tag) === group &&
      elementOf(tag) >>> 8 === block &&
      list.vrOf(creator, group, elementOf(tag) & 0xff) !== undefined,
  );
  return isUsed ? { edit: replaceText(element, creator), rule: 'safe private creator' } : REMOVED;
}

function editOf(element: VisitedElement, context: RuleContext): Edit {
  const { dates } = context.profile.options;
  switch (element.vr) {
    case 'UI':
      return context.profile.options.retainUIDs ? 'keep' : remap(element, context);
    case 'DA':
    case 'DT':
      if (dates === 'keep') return keep(element, context).edit;
      return dates === 'shift' ? shift(element, context) : 'empty';
    case 'PN':
    case 'AE':
      return dummy(element);
    default:
      return keep(element, context).edit;
  }
}

/**
 * A private attribute stays when the list knows its creator, group and element and its VR is the listed one; its value is then treated as
 * its VR asks (PS3.15 §E.3.10).
 */
export function decidePrivate(element: VisitedElement, context: RuleContext): Decision {
  const { privateCreator, tag } = element;
  const list = context.safePrivate;
  if (privateCreator === undefined) return REMOVED;
  if (isPrivateCreator(tag)) return decideCreator(element, list);
  const listed = list.vrOf(privateCreator, groupOf(tag), elementOf(tag) & 0xff);
  if (listed === undefined) return REMOVED;
  if (context.isMasked && BYTES.has(element.vr)) return { edit: 'remove', rule: 'private bytes beside masked pixels' };
  if (!agrees(listed, element.vr)) return { edit: 'remove', rule: 'private, other VR than listed' };
  if (element.vr !== 'UN') return { edit: editOf(element, context), rule: 'safe private' };
  return NUMBERS.test(listed) ? { edit: keep(seenAs(element, listed), context).edit, rule: 'safe private' } : REMOVED;
}
