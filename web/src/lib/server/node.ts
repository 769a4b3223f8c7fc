import type { NodeValues } from '../forms/node.ts';
import { hoursIn } from '../forms/schedule.ts';
import { valuesOf } from './form.ts';

/** The settings of a node that a posted form carries. */
export function nodeValuesIn(form: FormData): NodeValues {
  return { fields: valuesOf(form), hours: hoursIn(form, 'windows') };
}

/** The same without the secret: it is never sent back. */
export function withoutSecret({ fields, hours }: NodeValues): NodeValues {
  return { fields: { ...fields, webAuthSecret: '' }, hours };
}
