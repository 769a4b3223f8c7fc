/** What a text in quick find may mean to servers. */
export interface Meaning {
  readonly studyInstanceUid?: string;
  readonly patientId?: string;
}

/** Reads a text of quick find: dotted digits are a UID, anything but the number of a job (`#118`) may be a patient ID. */
export function meaningOf(text: string): Meaning {
  const given = text.trim();
  if (/^\d+(\.\d+){2,}$/.test(given) && given.length <= 64) return { studyInstanceUid: given };
  const isPatientId = given.length >= 2 && given.length <= 64 && !/[\\\p{Cc}#]/u.test(given);
  return isPatientId ? { patientId: given } : {};
}

/** Whether a name contains what was typed. */
export function matches(name: string, text: string): boolean {
  return name.toLowerCase().includes(text.trim().toLowerCase());
}
