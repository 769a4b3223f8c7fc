import { invalid } from '../http/problems.ts';
import type { NodeInput, NodePatch } from '../schemas/nodes.ts';

/** The faces of a server as they would be. */
export interface Faces {
  readonly aeTitle: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly face: 'dimse' | 'web';
  readonly tlsCertificate: string | null;
  readonly tlsKey: string | null;
  readonly webUrl: string | null;
  readonly webAuth: string;
  readonly webAuthName: string | null;
  readonly webAuthTokenUrl: string | null;
  /** Whether there is a secret, or one is given. */
  readonly hasSecret: boolean;
}

const FOLDER_HAS = ['kind', 'name', 'notes', 'maySource', 'mayDestination', 'windows', 'probe', 'path'];

/** Throws 422 for a field that this kind of node does not have. */
export function checkFields(kind: 'server' | 'folder', input: NodePatch): void {
  const odd = Object.keys(input).find((name) => (kind === 'server' ? name === 'path' : !FOLDER_HAS.includes(name)));
  if (odd !== undefined) throw invalid(odd, `A ${kind} has no such field.`);
}

/** The faces of a server after a change. */
export function facesAfter(before: Faces, input: NodePatch | Extract<NodeInput, { kind: 'server' }>): Faces {
  const { webAuthSecret: secret } = input;
  return {
    aeTitle: input.aeTitle === undefined ? before.aeTitle : input.aeTitle,
    host: input.host === undefined ? before.host : input.host,
    port: input.port === undefined ? before.port : input.port,
    face: input.face ?? before.face,
    tlsCertificate: input.tlsCertificate === undefined ? before.tlsCertificate : input.tlsCertificate,
    tlsKey: input.tlsKey === undefined ? before.tlsKey : input.tlsKey,
    webUrl: input.webUrl === undefined ? before.webUrl : input.webUrl,
    webAuth: input.webAuth ?? before.webAuth,
    webAuthName: input.webAuthName === undefined ? before.webAuthName : input.webAuthName,
    webAuthTokenUrl: input.webAuthTokenUrl === undefined ? before.webAuthTokenUrl : input.webAuthTokenUrl,
    hasSecret: secret === undefined ? before.hasSecret : secret !== null,
  };
}

/** A server that nothing is known of yet. */
export const NO_FACE: Faces = {
  aeTitle: null,
  host: null,
  port: null,
  face: 'dimse',
  tlsCertificate: null,
  tlsKey: null,
  webUrl: null,
  webAuth: 'none',
  webAuthName: null,
  webAuthTokenUrl: null,
  hasSecret: false,
};

/** Throws 422 when a server could not be reached like that. */
export function checkFaces(faces: Faces): void {
  const dimse = ['aeTitle', 'host', 'port'] as const;
  const missing = dimse.filter((name) => faces[name] === null);
  if (missing.length === dimse.length && faces.webUrl === null) {
    throw invalid('aeTitle', 'A server needs an AE title with host and port, a DICOMweb address, or both.');
  }
  const [first] = missing;
  if (first !== undefined && missing.length < dimse.length) {
    throw invalid(first, 'AE title, host and port belong together: give all three, or none.');
  }
  if (faces.face === 'web' && faces.webUrl === null)
    throw invalid('webUrl', 'Give the DICOMweb address that work shall use.');
  if ((faces.tlsCertificate === null) !== (faces.tlsKey === null))
    throw invalid(faces.tlsKey === null ? 'tlsKey' : 'tlsCertificate', 'Certificate and key belong together.');
  checkAuthentication(faces);
}

const NAMES: Readonly<Record<string, string>> = {
  basic: 'Name the user to sign in with.',
  oauth2: 'Name the client to sign in with.',
  header: 'Name the header that carries the secret.',
};

function checkAuthentication({ webUrl, webAuth, webAuthName, webAuthTokenUrl, hasSecret }: Faces): void {
  if (webAuth === 'none') return;
  if (webUrl === null) throw invalid('webUrl', 'Give the DICOMweb address that this sign-in is for.');
  const unnamed = webAuthName === null ? NAMES[webAuth] : undefined;
  if (unnamed !== undefined) throw invalid('webAuthName', unnamed);
  if (webAuth === 'oauth2' && webAuthTokenUrl === null) {
    throw invalid('webAuthTokenUrl', 'Give the address where tokens are asked for.');
  }
  if (!hasSecret) throw invalid('webAuthSecret', 'Give the password, token or client secret.');
}
