import { type Tag, elementOf } from '@viaduct/dicom/dictionary';
import { MODULE_ROWS } from './standard.ts';
import { repeatingGroupOf } from './table.ts';

/** Attributes of each module that a data set has at its top level; of repeating groups the first stands for all. */
const modules: ReadonlyMap<string, ReadonlySet<Tag>> = new Map(
  MODULE_ROWS.map(([name, tags]) => [name, new Set(tags.map((tag) => Number.parseInt(tag.replaceAll('x', '0'), 16)))]),
);

/** The modules of PS3.3 that rules can name, in the order of the alphabet: `General Study`. */
export const MODULES: readonly string[] = [...modules.keys()].sort();

/** The attributes of a module, without those inside its sequences; none of a module that rules cannot name. */
export function attributesOfModule(name: string): ReadonlySet<Tag> {
  return modules.get(name) ?? new Set();
}

/** Whether an attribute of the top level belongs to a module. */
export function isOfModule(name: string, tag: Tag): boolean {
  const first = repeatingGroupOf(tag) === 'overlay' ? 0x60000000 + elementOf(tag) : tag;
  return attributesOfModule(name).has(first);
}
