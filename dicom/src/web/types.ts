import type { Throttle, TlsClient } from '../dimse/types.ts';

/** How we are let in. Secrets: never for logs. */
export type Authorization =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }
  /** A header of the server's own, such as an API key. */
  | { readonly kind: 'header'; readonly name: string; readonly value: string }
  /** OAuth 2.0 client credentials (RFC 6749 §4.4); tokens are kept until they expire. */
  | {
      readonly kind: 'client-credentials';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope?: string;
    };

/** The services of DICOMweb (PS3.18 §10): search, retrieve, store. */
export type WebService = 'qido' | 'wado' | 'stow';

/** A DICOMweb server and how patient we are with it. All times in ms. */
export interface WebPeer {
  /** Base of its resources, as in `https://pacs.example/dicom-web`. */
  readonly url: string;
  /** Paths between the base and the resources of a service, without slashes at their ends; none if left out. */
  readonly prefixes?: Readonly<Partial<Record<WebService, string>>>;
  readonly authorization?: Authorization;
  readonly tls?: TlsClient;
  readonly connectTimeoutMs: number;
  /** From the end of the request to the beginning of the response. */
  readonly responseTimeoutMs: number;
  /** Without a byte in the middle of a request or response. */
  readonly idleTimeoutMs: number;
  /** Holds the bodies of requests and responses to a speed. */
  readonly throttle?: Throttle;
  /** How often a request that is answered 429 or 503 is made again; 4 if it is left out. */
  readonly maxRetries?: number;
}
