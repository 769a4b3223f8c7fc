/** What a person chose for their last transfer, offered for the next one. */
export interface LastChoices {
  readonly sourceIds: readonly string[];
  readonly destinationId: string;
  readonly projectId: string;
  readonly pseudonymize: boolean;
}

/** The cookie that keeps the last choices of a person on this machine: identifiers of nodes and projects only. */
export const lastCookie = (userId: string): string => `last.${userId}`;

/** Writes them as the value of the cookie. */
export function writeLast({ sourceIds, destinationId, projectId, pseudonymize }: LastChoices): string {
  return [sourceIds.join(','), destinationId, projectId, pseudonymize ? '1' : '0'].join('_');
}

/** Reads them from the value of the cookie; what is not there is empty. */
export function readLast(value: string | undefined): LastChoices {
  const [sources = '', destinationId = '', projectId = '', pseudonymize = '1'] = (value ?? '').split('_');
  return {
    sourceIds: sources.split(',').filter(Boolean),
    destinationId,
    projectId,
    pseudonymize: pseudonymize !== '0',
  };
}
