/** VR DA (PS3.5 §6.2) or the older `YYYY.MM.DD` as `YYYY-MM-DD`; anything else as empty text. */
export function dateOf(da: string): string {
  const [, year, month, day] = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(da.trim()) ?? [];
  return year ? `${year}-${month}-${day}` : '';
}

/** VR TM as `HH:MM`; anything else as empty text. */
export function timeOf(tm: string): string {
  const [, hours, minutes = '00'] = /^(\d{2}):?(\d{2})?/.exec(tm.trim()) ?? [];
  return hours ? `${hours}:${minutes}` : '';
}

/** `YYYY-MM-DD` as VR DA; undefined stays undefined. */
export const toDate = (date: string | undefined) => date?.replaceAll('-', '');
