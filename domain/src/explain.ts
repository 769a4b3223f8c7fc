import type { Cause } from './causes.ts';

/** Facts of a cause: numbers, addresses, AE titles, status codes. Absent ones leave their words out. */
export type CauseFacts = Readonly<Record<string, string | number>>;

/** A cause in the words of the page: what happened, why (where it is known), what to do about it. */
export interface Explanation {
  readonly happened: string;
  readonly why: string;
  readonly todo: string;
}

interface Context {
  /** Name of the node that it is about. */
  readonly node: string;
  readonly facts: CauseFacts;
  /** "on 10.1.2.3:104" or nothing. */
  readonly address: string;
}

type Words = readonly [happened: string, why: string, todo: string];
type Writer = (context: Context) => Words;

/**
 * Explains a cause. `nodeName` is the name of the server or folder it is about. Facts read: `host`, `port`,
 * `calledAETitle`, `callingAETitle`, `waitedMs`, `retryAfterMs`, `completed`, `instances`, `missing`,
 * `failed`, `receiverAETitle`, `attribute`; `refusal` with `refusedAETitle` and `refusedAddress`.
 */
export function explain(cause: Cause, facts: CauseFacts = {}, nodeName = 'The server'): Explanation {
  const address = 'host' in facts ? ` on ${facts.host}${'port' in facts ? `:${facts.port}` : ''}` : '';
  const [happened, why, todo] = WORDS[cause]({ node: nodeName, facts, address });
  return { happened, why, todo };
}

/** The explanation as one text: the sentences that are not empty. */
export function sentenceOf(cause: Cause, facts: CauseFacts = {}, nodeName?: string): string {
  const { happened, why, todo } = explain(cause, facts, nodeName);
  return [happened, why, todo].filter((sentence) => sentence !== '').join(' ');
}

/** `1 image`, `1,234 images`. */
function images(count: string | number | undefined): string {
  if (count === undefined) return 'images';
  return `${Number(count).toLocaleString('en-US')} ${Number(count) === 1 ? 'image' : 'images'}`;
}

/** A duration in ms in words: `30 s`, `2 min`. */
function lasting(ms: string | number): string {
  const seconds = Math.max(1, Math.round(Number(ms) / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** `‘NAME’` where the name is known. */
const quoted = (name: string | number | undefined, otherwise: string) => (name === undefined ? otherwise : `‘${name}’`);

const again = ({ facts }: Context) =>
  facts.retryAfterMs === undefined
    ? 'We ask again later, more slowly.'
    : `We ask again in ${lasting(facts.retryAfterMs)}, more slowly.`;

const WORDS: Readonly<Record<Cause, Writer>> = {
  'connection-refused': ({ node, address }) => [
    `${node} does not accept connections${address}.`,
    '',
    'Is it running, and is the port right?',
  ],
  'connect-timeout': ({ node, address, facts }) => [
    `${node} cannot be reached${address}${facts.waitedMs === undefined ? '' : ` within ${lasting(facts.waitedMs)}`}.`,
    '',
    'Is the address right, and does a firewall let us through?',
  ],
  'host-unknown': ({ node, facts }) => [
    `The host name ${facts.host === undefined ? `of ${node}` : `‘${facts.host}’ of ${node}`} is not known.`,
    '',
    'Check the host of this node.',
  ],
  'tls-failure': ({ node, facts }) => [`No secure connection to ${node} could be made.`, ...tlsWords(facts)],
  'sign-in-refused': ({ node }) => [
    `${node} does not accept our sign-in.`,
    '',
    'Enter user and secret of this node anew.',
  ],
  'called-ae-rejected': ({ node, facts }) => [
    `${node} does not know the name ${quoted(facts.calledAETitle, 'we called it by')}.`,
    '',
    'Check the AE title of this node.',
  ],
  'calling-ae-rejected': ({ node, facts }) => [
    `${node} does not accept us${facts.callingAETitle === undefined ? '' : ` as ‘${facts.callingAETitle}’`}.`,
    '',
    'Its administrator has to register this name with our address.',
  ],
  'association-rejected': ({ node }) => [
    `${node} refuses to talk to us.`,
    'It gave no reason that we could act on.',
    'Ask its administrator what it needs from us.',
  ],
  'association-rejected-transient': (context) => [`${context.node} takes no more connections now.`, '', again(context)],
  'context-not-accepted': ({ node }) => [
    `${node} does not support what we asked for.`,
    'It refused this kind of image or request, or every encoding we could offer for it.',
    'Ask its administrator to enable it.',
  ],
  'aborted-by-peer': ({ node }) => [
    `${node} broke off the connection.`,
    '',
    'What is missing is asked for again; if it goes on, look into its log.',
  ],
  'closed-without-response': ({ node }) => [
    `${node} closed the connection without an answer.`,
    '',
    'Is there really a DICOM server behind this port?',
  ],
  'silent-peer': ({ node, facts }) => [
    `${node} accepted the connection but has not answered${facts.waitedMs === undefined ? '' : ` for ${lasting(facts.waitedMs)}`}.`,
    'It may be hanging.',
    '',
  ],
  'protocol-violation': ({ node }) => [
    `${node} sent something that is not DICOM.`,
    '',
    'Is there really a DICOM server behind this port?',
  ],
  'refused-out-of-resources': (context) => [`${context.node} is overloaded; ${lower(again(context))}`, '', ''],
  'status-failure': ({ node, facts }) => [
    `${node} could not do what we asked for${facts.httpStatus === undefined ? '' : ` (HTTP ${facts.httpStatus})`}.`,
    '',
    facts.httpStatus === 404 ? 'Is its DICOMweb address right?' : 'Look into its log at this time.',
  ],
  'move-destination-unknown': ({ node, facts }) => [
    `${node} does not know where to send the images to.`,
    '',
    `Its administrator has to register ${quoted(facts.receiverAETitle, 'our receiver')} with our address and port.`,
  ],
  'move-arrived-nothing': ({ node, facts }) => [
    `${node} says it sent ${images(facts.completed)}, none arrived.`,
    '',
    `Does it know ${quoted(facts.receiverAETitle, 'our receiver')} with our address and port?`,
  ],
  'move-not-delivered': ({ node, facts }) => [
    `${node} could not send ${images(facts.failed)} to ${quoted(facts.receiverAETitle, 'our receiver')}.`,
    ...deliveryWords(facts),
  ],
  'study-unknown': ({ node }) => [
    `${node} does not have this study.`,
    '',
    'It may have been moved or deleted; search for it again.',
  ],
  'instance-withheld': ({ node, facts }) => [
    `${node} lists ${images(facts.missing)} that it does not send.`,
    '',
    'Retry when it has them; only they are asked for.',
  ],
  'not-at-destination': ({ node, facts }) => [
    `${node} accepted ${images(facts.missing)} that it does not have.`,
    '',
    'Look into its log, then retry; only they are sent.',
  ],
  'instance-broken': ({ node, facts }) => [
    `${facts.missing === undefined ? 'Images' : images(facts.missing)} of ${node} cannot be read.`,
    'The data do not follow the DICOM standard.',
    'Have them repaired at the source, then retry.',
  ],
  'document-not-cleanable': ({ facts }) => [
    `${facts.missing === undefined ? 'Documents' : images(facts.missing)} stayed here.`,
    'An enclosed document (PDF, CDA) or a recording cannot be pseudonymized: it may name the patient anywhere.',
    'Leave its series out, or send the study identified if you may.',
  ],
  'burned-in-risk': ({ facts }) => [
    `${facts.missing === undefined ? 'Images' : images(facts.missing)} stayed here.`,
    'The picture itself may show who the patient is, and nobody here can read or mask it.',
    'Leave the series out, or send the study identified if you may.',
  ],
  'left-out': ({ facts }) => [
    `${facts.instances === undefined ? 'Images' : images(facts.instances)} left out.`,
    'The profile, the options of the job or whoever looked at them wants it so.',
    '',
  ],
  'attribute-coerced': ({ node, facts }) => [
    `${node} changed ${facts.attribute === undefined ? 'attributes' : `the ${facts.attribute}`} of ${images(facts.instances)} while storing them.`,
    '',
    '',
  ],
  'folder-outside-roots': ({ node }) => [
    `${node} lies outside of the folders that Viaduct may write to.`,
    '',
    'Choose a folder below one of them.',
  ],
  'folder-missing': ({ node }) => [`The folder of ${node} does not exist.`, '', 'Create it, or check the path.'],
  'folder-not-writable': ({ node }) => [
    `The folder of ${node} cannot be written to.`,
    '',
    'Give Viaduct the right to write there; the work goes on by itself.',
  ],
  'disk-full': ({ node }) => [`There is no space left at ${node}.`, '', 'Make room; the work goes on by itself.'],
  'file-exists': ({ node }) => [
    `${node} already has a file of this name with other content.`,
    '',
    'Move it away, then retry.',
  ],
  'spool-full': () => ['The transfer disk is full.', '', 'The work goes on when there is room.'],
  'spool-lost': () => ['Images in transit were lost with their disk.', '', 'They are fetched again.'],
  'host-lost': () => ['The machine that worked on this does not answer.', '', 'Another one takes over.'],
  'node-suspended': ({ node }) => [`${node} is suspended.`, '', 'The work goes on when it is resumed.'],
  'node-gone': ({ node }) => [`${node} has been removed or is not usable for this.`, '', 'Start a new job.'],
  'pseudonym-conflict': () => [
    'The pseudonym belongs to another patient, or the patient has another pseudonym.',
    '',
    'Use the pseudonym that the project has for this patient.',
  ],
  canceled: () => ['It was canceled.', '', ''],
  'window-closed': () => ['The hours for this work ended.', '', 'It goes on where it was when they begin again.'],
  internal: () => ['Something went wrong inside Viaduct.', '', 'Retry; if it happens again, tell its administrator.'],
};

/** Why TLS failed and what to do about it, by `problem`. */
function tlsWords({ problem, file }: CauseFacts): [why: string, todo: string] {
  switch (problem) {
    case 'certificate-untrusted':
      return ['Its certificate is not signed by an authority that we trust.', 'Name the right one in its settings.'];
    case 'certificate-expired':
      return ['Its certificate has expired, or is not valid yet.', 'Its administrator has to renew it.'];
    case 'certificate-name':
      return ['Its certificate is for another name.', 'Check its host, or set the name in its certificate.'];
    case 'our-certificate-required':
    case 'our-certificate-refused':
    case 'closed-after-handshake':
      return ['It does not accept our certificate, or wants one.', 'Name the one that its administrator trusts.'];
    case 'no-tls':
      return ['It does not speak TLS on this port.', 'Check the port, or switch TLS off.'];
    case 'file-missing':
      return [`The file ‘${file}’ cannot be read.`, 'Put it into the folder for certificates of every host.'];
    case 'key-unusable':
      return [
        `‘${file}’ is not the key of the certificate, or its passphrase is wrong or missing.`,
        `Check both; the passphrase belongs into ‘${file}.passphrase’ beside it.`,
      ];
    default:
      return ['', 'Check the certificates.'];
  }
}

/** Why nothing came to our receiver, by whom it refused meanwhile and why (`refusal`), and what to do about it. */
function deliveryWords({ refusal, refusedAETitle, refusedAddress, receiverAETitle }: CauseFacts): [string, string] {
  const caller = `${quoted(refusedAETitle, 'Somebody')}${refusedAddress === undefined ? '' : ` at ${refusedAddress}`}`;
  const register = `register ${quoted(receiverAETitle, 'our receiver')} with our address and port`;
  switch (refusal) {
    case 'caller-unknown':
      return [
        `${caller} called our receiver meanwhile and was refused: no node has this AE title.`,
        'If that was this server: it has to send under the AE title of this node.',
      ];
    case 'instance':
      return [
        `${caller} sent images meanwhile that nobody had asked it for.`,
        'If that was this server: it has to send under the AE title of this node.',
      ];
    case 'address':
      return [
        `${caller} called our receiver meanwhile and was refused: its address is not among those that may connect.`,
        'Add the address to VIADUCT_RECEIVER_PEERS.',
      ];
    case 'called-ae-title':
      return [`${caller} called our receiver meanwhile by another AE title.`, `Its administrator has to ${register}.`];
    default:
      return [
        'Our receiver was not called meanwhile: the server does not know it, or does not reach it.',
        `Its administrator has to ${register}, and no firewall may be between.`,
      ];
  }
}

const lower = (sentence: string) => sentence.charAt(0).toLowerCase() + sentence.slice(1);
