/**
 * What servers are known to do otherwise than the standard says, and what is done about it: data that the gateway acts on
 * and pages show. Whatever a server answers is filtered again by us, with or without a quirk.
 */
export const QUIRKS = {
  'ignores-keys': 'It ignores keys of a query: an answer that leaves out what was asked for is not believed.',
  'wrong-counts': 'Its numbers of series and images are wrong: they are neither shown nor used.',
  'false-success': 'It reports success where sub-operations failed: its counters are not believed.',
  'empty-under-load':
    'Under load it answers with success and nothing: that is taken as overload, and asked again later.',
  'single-uid': 'It takes no lists of UIDs: every image that is asked for by name is a request of its own.',
  'context-by-class':
    'For C-GET it looks at the SOP class of a presentation context alone: transfer syntaxes are offered one after the other.',
  'one-transfer-syntax': 'It takes presentation contexts of one transfer syntax only.',
  'plain-web-queries':
    'It does not decode DICOMweb queries: other characters than letters and digits are asked for as *.',
} as const satisfies Readonly<Record<string, string>>;
export type Quirk = keyof typeof QUIRKS;

/** Their names, in the order in which they are shown. */
export const QUIRK_NAMES = Object.keys(QUIRKS) as [Quirk, ...Quirk[]];

/** Type guard for names that come from the database. */
export const isQuirk = (text: string): text is Quirk => Object.hasOwn(QUIRKS, text);
