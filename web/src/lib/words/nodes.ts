import { formatCount, formatRate } from '../format.ts';
import type { FaceTest, Node } from '../types.ts';
import { countOf, listOf } from './count.ts';

/** What a sentence about a node says after its name, where it begins with that. */
export function afterName(sentence: string, name: string): string | undefined {
  return sentence.startsWith(`${name} `) ? sentence.slice(name.length + 1) : undefined;
}

/** Words of the list of nodes, of their pages and of their forms. */
export const nodes = {
  title: 'Nodes',
  caption: 'Systems and folders that data comes from or goes to',
  none: 'No nodes yet',
  noneHelp: 'A node is a PACS or a folder. Add the one your data comes from and the one it goes to.',
  addServer: 'Add a server',
  addFolder: 'Add a folder',
  newServer: 'New server',
  newFolder: 'New folder',
  health: { ok: 'Answers', failing: 'Does not answer', unknown: 'Not asked yet', suspended: 'Suspended' },
  columns: {
    name: 'Name',
    address: 'Address',
    health: 'Health',
    load: 'Associations',
    requests: 'Requests / min',
    error: 'Last error',
    gate: 'Now',
    windows: 'Hours',
    use: 'Used as',
    jobs: 'Open jobs',
  },
  of: (used: number, of: number) => `${formatCount(used)} of ${formatCount(of)}`,
  slowedTo: (allowed: number) => `slowed to ${allowed} for now`,
  unlimited: 'no limit',
  uses: (node: Pick<Node, 'maySource' | 'mayDestination'>) =>
    listOf([...(node.maySource ? ['source'] : []), ...(node.mayDestination ? ['destination'] : [])]) || 'nothing',
  probed: (minutes: number) =>
    minutes > 0
      ? `Idle nodes are asked for a sign of life every ${countOf(minutes, 'minute')}.`
      : 'Idle nodes are not asked for a sign of life.',
  edit: 'Change settings',
  editTitle: (name: string) => `Settings of ${name}`,
  create: 'Create node',
  save: 'Save changes',
  created: (name: string) => `${name} is created. Test it now.`,
  saved: 'Changes are saved.',
  remove: 'Delete node',
  removeTitle: (name: string) => `Delete ${name}?`,
  removeEffects: ['Only a node that no job has used can be deleted; others are suspended instead.'],
  now: {
    title: 'Now',
    associations: 'Associations',
    slowed: (allowed: number) =>
      `It refuses, breaks off or is slow: ${countOf(allowed, 'association')} at most for now.`,
    associationsLabel: (used: number, of: number) => `Associations, now ${used} of ${of}`,
    requests: 'Requests, last minute',
    requestsLabel: (count: number, of: number) => `Requests per minute, now ${count} of ${of}`,
    retrieved: 'Fetched',
    stored: 'Stored',
    hour: 'last hour, steps of 5 min',
    nothing: 'nothing',
    throughputLabel: (what: string, total: string) => `${what} in the last hour, in steps of 5 min: ${total}`,
    usedBy: 'Used now by',
    usedByNone: 'no job',
    jobUses: (number: number, used: number) => `job ${number} (${countOf(used, 'association')})`,
    openJobs: 'Jobs with open studies',
    gate: 'Hours',
    lastAsked: 'Last asked',
    error: 'Last error',
    errorNone: 'none',
    tolerates: (left: number) =>
      `After ${countOf(left, 'more vain attempt', 'more vain attempts')} in a row it is suspended until it answers again.`,
    seeQueue: 'Show its queue',
  },
  suspendedNote: ({ suspendedBy, suspendedReason }: Pick<Node, 'suspendedBy' | 'suspendedReason'>) =>
    `Suspended${suspendedBy ? ` by ${suspendedBy}` : ''}: ${suspendedReason ?? ''}`,
  suspend: {
    act: 'Suspend',
    title: (name: string) => `Suspend ${name}?`,
    effects: (jobs: number) => [
      ...(jobs > 0
        ? [
            `${countOf(jobs, 'job')} with open studies: those that run stop at their next image, all wait until it is resumed.`,
          ]
        : ['No job works with it now.']),
      'Nothing is lost: work goes on where it stopped.',
    ],
    reason: 'Reason',
    reasonHelp: 'Shown wherever work waits for it.',
    missing: 'Say why it is suspended.',
    resume: 'Resume node',
    done: (name: string) => `${name} is suspended.`,
    resumed: (name: string) => `${name} is resumed.`,
  },
  everything: {
    title: 'Everything of this node',
    help: 'Its open studies in every job, whoever owns it. You are told first what it affects.',
    name: (name: string) => `the studies of ${name}`,
  },
  facts: {
    title: 'Settings',
    dimse: 'DICOM',
    dimseNone: 'no DICOM face',
    web: 'DICOMweb',
    webNone: 'no DICOMweb face',
    used: 'used by work',
    tls: 'TLS',
    tlsNone: 'not spoken',
    tlsWith: (files: readonly string[]) => `spoken${files.length > 0 ? `; ${listOf(files)}` : ''}`,
    signIn: 'Sign-in',
    limits: 'Limits',
    atOnce: (count: number) => `${countOf(count, 'association')} at once`,
    perMinute: (count: number | null) =>
      count === null ? 'requests not limited' : `${countOf(count, 'request')} per minute`,
    perSecond: (megabytes: number | null) =>
      megabytes === null ? 'speed not limited' : formatRate(megabytes * 1_000_000),
    timeouts: 'Time-outs',
    notes: 'Notes',
    probe: 'Probe when idle',
    yes: 'yes',
    no: 'no',
    charset: 'Character set of queries',
    quirks: 'Quirks',
    itsOwn: 'Unicode',
    calls: (title: string) => `calls as ${title}`,
  },
  capabilities: {
    title: 'Capabilities',
    act: 'Find out',
    running: 'Asking …',
    never: 'Nobody has looked yet. Finding out opens some associations, one after the other, and sends nothing.',
    probed: 'Found out',
    verification: 'Verification (C-ECHO)',
    find: 'Finds (C-FIND)',
    get: 'Gives (C-GET)',
    move: 'Sends (C-MOVE)',
    store: 'Stores (C-STORE)',
    commitment: 'Storage commitment',
    roots: { patient: 'by patient', study: 'by study' },
    classes: (count: number) => countOf(count, 'SOP class', 'SOP classes'),
    yes: 'yes',
    no: 'no',
    matrix: 'SOP classes and transfer syntaxes that it stores',
    sopClass: 'SOP class',
    transferSyntaxes: 'Transfer syntaxes',
  },
  test: {
    title: 'Test',
    act: 'Test now',
    running: 'Testing …',
    help: 'Asks the node as a transfer would and says where it fails.',
    ok: 'The test passed.',
    failed: 'It does not work yet.',
    caption: (face: string) => `Steps of the test: ${face}`,
    columns: { step: 'Step', outcome: 'Outcome', took: 'Took' },
    steps: {
      resolve: 'Resolve the host name',
      connect: 'Connect',
      associate: 'Negotiate an association',
      echo: 'Ask for an echo (C-ECHO)',
      search: 'Search for a study (QIDO-RS)',
      folder: 'Write, read back and delete a file',
    } satisfies Record<FaceTest['steps'][number]['step'], string>,
    faces: { dimse: 'DICOM', web: 'DICOMweb', folder: 'Folder' } satisfies Record<FaceTest['face'], string>,
    passed: 'passed',
    stopped: 'failed',
  },
} as const;
