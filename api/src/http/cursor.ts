import type { z } from 'zod';
import { invalid } from './problems.ts';

/** A position in a list as opaque text. */
export const encodeCursor = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url');

/** Reads a position back; 422 for what was not made by the same list. */
export function decodeCursor<T>(schema: z.ZodType<T>, cursor: string): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw invalid('cursor', 'This list has no such place: read it from its beginning.');
  }
}
