/** Whether Prisma refused a write because of a unique column (P2002). */
export const isTaken = (error: unknown) => codeOf(error) === 'P2002';
/** Whether Prisma refused a delete because other rows refer to the row (P2003, RESTRICT). */
export const isInUse = (error: unknown) => codeOf(error) === 'P2003' || codeOf(error) === 'P2014';
/** Whether Prisma did not find the row it should change (P2025). */
export const isMissing = (error: unknown) => codeOf(error) === 'P2025';

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
