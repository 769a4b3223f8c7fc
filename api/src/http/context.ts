import type { Actor } from '@viaduct/domain';
import type { DefaultContext, DefaultState, ParameterizedContext } from 'koa';

/** The person behind a request. */
export interface SignedIn extends Actor {
  readonly name: string;
  readonly username: string;
  readonly email: string;
  readonly mustChangePassword: boolean;
  /** The session of the browser; a search belongs to it. */
  readonly sessionId: string;
}

/** What the middleware leaves for those behind it. */
export interface RequestState extends DefaultState {
  requestId: string;
  /** Template of the operation, for the log: real paths contain identifiers. */
  route?: string;
  userId?: string;
}

/** Koa's context as it is used here. */
export type RequestContext = ParameterizedContext<RequestState, DefaultContext>;
