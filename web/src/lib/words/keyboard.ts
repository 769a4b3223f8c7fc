/** What the keyboard does; the keys as they are printed on it. */
export const keyboard = {
  title: 'Keyboard',
  open: 'Show this list',
  keys: [
    { keys: ['/'], what: 'Find a job, a study by its UID, a patient ID, a node' },
    { keys: ['?'], what: 'Show this list' },
    { keys: ['g', 'd'], what: 'Go to the dashboard' },
    { keys: ['g', 't'], what: 'Go to transfer' },
    { keys: ['g', 'j'], what: 'Go to jobs' },
    { keys: ['g', 'q'], what: 'Go to the queue' },
    { keys: ['g', 'n'], what: 'Go to nodes' },
    { keys: ['↑', '↓'], what: 'In a table: from row to row' },
    { keys: ['Space'], what: 'In a table: select the row' },
    { keys: ['Enter'], what: 'In a table: open the row' },
    { keys: ['Shift', 'click'], what: 'Select all rows in between' },
    { keys: ['Esc'], what: 'Close what is open' },
  ],
} as const;

/** Words of quick find. */
export const find = {
  label: 'Find',
  placeholder: 'Job, UID, patient ID, node',
  title: 'Find',
  act: 'Find',
  hint: 'A job by its number or title, a study by its UID, patient ID, accession number or pseudonym, a node by its name.',
  jobs: 'Jobs',
  studies: 'Studies of jobs',
  nodes: 'Nodes',
  servers: 'On the servers',
  pages: 'Pages',
  asPatient: (text: string) => `Search the servers for patient ID ${text}`,
  asUid: 'Search the servers for this study UID',
  more: {
    jobs: 'The ten newest. There are more: write more of the title, or look into the list of jobs.',
    studies: 'Ten of them. There are more: look into the studies of the job.',
    nodes: 'The first ten. There are more: write more of the name.',
  },
  nothing: 'Nothing is known by that.',
} as const;
