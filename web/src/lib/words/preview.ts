import { countOf } from './count.ts';

/** Words of the preview. */
export const preview = {
  title: 'Preview',
  intro:
    'What pseudonymizing would do to one image of each series of a study, element by element. The image is fetched, shown and forgotten: nothing is stored.',
  source: 'Source',
  study: 'Study Instance UID',
  studyHelp: 'Or choose Preview beside a study in the basket of Transfer.',
  project: 'Project',
  profile: 'Profile',
  asProject: 'As the project says',
  choose: 'Choose …',
  act: 'Show preview',
  missing: 'Fill this in.',
  series: 'Series',
  seriesName: (number: string, modality: string) => `${number || '?'} · ${modality}`,
  by: (profile: string, version: number, hash: string) => `By ${profile}, version ${version} (${hash})`,
  pseudonym: (pseudonym: string) => `as ${pseudonym}`,
  filter: 'Show',
  filters: { all: 'All', changed: 'Changed', removed: 'Removed', kept: 'Kept', unlisted: 'Unlisted' },
  caption: 'Elements before and after',
  columns: { element: 'Element', vr: 'VR', before: 'Before', after: 'After', outcome: 'What is done', rule: 'Rule' },
  outcomes: { kept: 'kept', removed: 'removed', emptied: 'emptied', replaced: 'replaced' },
  none: 'No element of this kind.',
  elements: (count: number) => countOf(count, 'element'),
  pixels: 'Pixels',
  decisions: {
    pass: 'They pass as they are.',
    mask: 'What is black here is blackened in every frame.',
    review: 'The image waits until somebody has looked at it.',
    exclude: 'The image is left out.',
  },
  noRisk: 'Nothing says that they show who the patient is.',
  unseen: 'The image cannot be shown here.',
  picture: 'The image, each pixel as bright as it ever is in any frame',
  fromBasket: 'Preview',
} as const;
