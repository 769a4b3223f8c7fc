/** What the gateway has to know of a node: a row of the table `node`, or a form that is being tested. */
export interface GatewayNode {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly aeTitle: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly callingAeTitle: string | null;
  readonly retrieveMethod: string;
  readonly connectTimeoutMs: number;
  readonly associationTimeoutMs: number;
  readonly responseTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Bytes to it and from it together, in 1,000,000 a second; null: no limit. */
  readonly megabytesPerSecond: number | null;
  /** Specific Character Set of queries; null: Unicode where it is needed. */
  readonly queryCharacterSet: string | null;
  /** Names of domain's QUIRKS; others have no effect. */
  readonly quirks: readonly string[];
  /** `dimse` or `web`: the face that work uses where there are both. */
  readonly face: string;
  readonly tls: boolean;
  readonly tlsCa: string | null;
  readonly tlsCertificate: string | null;
  readonly tlsKey: string | null;
  readonly tlsServerName: string | null;
  readonly webUrl: string | null;
  readonly webQidoPrefix: string;
  readonly webWadoPrefix: string;
  readonly webStowPrefix: string;
  readonly webAuth: string;
  readonly webAuthName: string | null;
  readonly webAuthTokenUrl: string | null;
  readonly webAuthSecret: Uint8Array<ArrayBuffer> | null;
  readonly path: string | null;
  readonly suspended: boolean;
}

/** The ways in which a server can be spoken to. */
export type FaceKind = 'dimse' | 'web';

/** The faces that a server has; the one that work uses comes first. */
export function facesOf({ kind, face, aeTitle, host, port, webUrl }: GatewayNode): FaceKind[] {
  if (kind !== 'server') return [];
  const faces: FaceKind[] = [
    ...(aeTitle && host && port ? (['dimse'] as const) : []),
    ...(webUrl ? (['web'] as const) : []),
  ];
  return face === 'web' ? faces.toReversed() : faces;
}

/** How instances are fetched from a server. */
export function retrieveMethodOf(node: GatewayNode): 'c-get' | 'c-move' | 'wado' {
  if (facesOf(node)[0] === 'web') return 'wado';
  return node.retrieveMethod === 'c-move' ? 'c-move' : 'c-get';
}
