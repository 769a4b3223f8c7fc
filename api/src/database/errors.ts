/** Whether a write was refused because of a unique column (Prisma P2002, PostgreSQL 23505). */
export const isTaken = (error: unknown) => ['P2002', '23505'].includes(codeOf(error));
/** Whether Prisma refused a delete because other rows refer to the row (P2003, RESTRICT). */
export const isInUse = (error: unknown) => ['P2003', 'P2014'].includes(codeOf(error));
/** Whether Prisma did not find the row it should change (P2025). */
export const isMissing = (error: unknown) => codeOf(error) === 'P2025';

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '');
