/** What a text in quick find may mean. */
export interface Meaning {
  readonly jobNumber?: number;
  readonly studyInstanceUid?: string;
  readonly patientId?: string;
}

/** Reads a text of quick find: `118` and `#118` may be a job, dotted digits are a UID, anything may be a patient ID. */
export function meaningOf(text: string): Meaning {
  const given = text.trim();
  if (/^\d+(\.\d+){2,}$/.test(given) && given.length <= 64) return { studyInstanceUid: given };
  const number = /^#?(\d{1,7})$/.exec(given)?.[1];
  const patientId = given.length >= 2 && given.length <= 64 && !/[\\\p{Cc}#]/u.test(given) ? given : undefined;
  return { ...(number && { jobNumber: Number(number) }), ...(patientId && { patientId }) };
}

/** Whether a name contains what was typed. */
export function matches(name: string, text: string): boolean {
  return name.toLowerCase().includes(text.trim().toLowerCase());
}
