import type { Problem } from '../schemas/common.ts';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Not valid',
  429: 'Too many requests',
  500: 'Internal error',
  502: 'No answer from a server',
  503: 'Not available',
};

/** What a problem may carry beside its status and sentence. */
export interface ProblemExtras {
  /** Short name; becomes `urn:viaduct:problem:<name>`. */
  readonly name?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error that a client is told about as it is. The sentence must not contain patient data. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly extras: ProblemExtras;

  constructor(status: number, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.status = status;
    this.extras = extras;
  }

  /** The body of the answer, RFC 9457. */
  toBody(): Problem {
    return problemBody(this.status, this.message, this.extras);
  }
}

/** Writes a problem as RFC 9457 wants it. */
export function problemBody(status: number, detail: string, extras: ProblemExtras = {}): Problem {
  return {
    type: extras.name ? `urn:viaduct:problem:${extras.name}` : 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    ...(extras.errors && { errors: [...extras.errors] }),
  };
}

/** 404: the same sentence for what does not exist and for what is somebody else's. */
export const notFound = (what: string) => new ApiProblem(404, `There is no such ${what}.`);

/** 422 for one field. */
export const invalid = (path: string, message: string) => new ApiProblem(422, message, { errors: [{ path, message }] });
