import { countOf, images } from './count.ts';

/** Words of the page of projects. */
export const projects = {
  title: 'Projects',
  caption: 'Projects',
  none: 'No projects yet',
  noneHelp:
    'A project is the frame a job runs in: it holds the key for pseudonyms, so that the same patient is the same in every job of it.',
  columns: { name: 'Name', trial: 'Trial', profile: 'Profile', jobs: 'Jobs', created: 'Created' },
  add: 'Create a project',
  name: 'Name',
  trialId: 'Trial protocol ID',
  trialName: 'Trial protocol name',
  profile: 'Do your researchers need true dates?',
  profileHelp: 'The profile says what becomes of dates and of everything else that tells who somebody is.',
  profileLink: 'What the profiles do',
  change: 'Change profile',
  changed: (name: string, profile: string) => `${name} goes by ${profile} from the next study on.`,
  act: 'Create project',
  created: (name: string) => `${name} is created.`,
  errors: { name: 'Give it a name.', long: 'At most 64 characters.' },
} as const;

/** Words of the page that the administrator of a PACS is shown. */
export const receiver = {
  title: 'Receiver',
  intro:
    'What the administrator of a PACS has to register so that it knows Viaduct. Each host sends and receives: register all of them.',
  caption: 'Our hosts and their receivers',
  columns: {
    host: 'Host',
    aeTitle: 'AE title',
    address: 'Address',
    port: 'Port',
    state: 'State',
    seen: 'Last seen',
    spool: 'Disk free',
  },
  callers: 'Who has called',
  callsSince: (host: string, when: string) => `${host} counts since ${when}.`,
  noCalls: 'Nobody has called the receivers yet',
  noCallsHelp: 'Who calls stands here, with what it sent and why it was refused, if it was.',
  callColumns: {
    aeTitle: 'AE title',
    address: 'From',
    host: 'Receiver of',
    open: 'Open now',
    associations: 'Associations',
    images: 'Images',
    bytes: 'Size',
    refused: 'Refused',
    last: 'Last contact',
  },
  refusedImages: (count: number) => `${images(count)} that no running transfer expects`,
  refusedCalls: (count: number, why: string) => `${countOf(count, 'association')}: ${why}`,
  up: 'Listening',
  down: 'Not listening',
  none: 'No worker has reported yet',
  noneHelp: 'Transfers wait until a worker runs. It reports here as soon as it has started.',
  everywhere: (host: string) => `the address of ${host}`,
  everywhereHelp: (address: string) => `It listens on every interface (${address}).`,
  enter: 'What to enter at the PACS',
  calls: 'Viaduct calls it as',
  callsHelp:
    'C-ECHO, C-FIND, C-GET, C-MOVE and C-STORE come under this AE title from the hosts below. A node may have its own.',
  receives: 'Destinations of C-MOVE',
  receivesHelp: 'Only needed where images are fetched by C-MOVE. One entry per host, with these three values each.',
  services: 'Services we offer',
  servicesHelp: 'C-STORE and C-ECHO as an SCP. It refuses everything that no running transfer expects.',
  letter: 'All of it as text',
  letterHelp: 'For a letter to the administrator.',
} as const;
