import type { AnswerOf, InputOf, Operation } from '../operations/operation.ts';
import type { RequestContext, SignedIn } from './context.ts';

/** Whether somebody is signed in follows from the operation's declaration. */
type ActorOf<O extends Operation> = O['access'] extends 'public' ? undefined : SignedIn;

/** What a handler gets: validated input, the person, and the context for streams. */
export interface Call<O extends Operation> extends InputOf<O> {
  readonly actor: ActorOf<O>;
  readonly ctx: RequestContext;
}

/** An operation with what it does. */
export interface Route {
  readonly operation: Operation;
  readonly handle: (call: Call<Operation>) => Promise<unknown>;
}

/** Binds a handler to its declared operation. */
export function route<O extends Operation>(operation: O, handle: (call: Call<O>) => Promise<AnswerOf<O>>): Route {
  // The mount validates input by the operation's own schemas before it calls the handler.
  return { operation, handle: handle };
}
