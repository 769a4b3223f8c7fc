/** What quick find hands to the transfer page: never through the address, it may name a patient. */
export const handover = $state<{ search: { patientId?: string; studyInstanceUid?: string } | null }>({ search: null });
