import type { Permission } from '@viaduct/domain';
import type { z } from 'zod';

/**
 * Who may call: everyone, everyone who is signed in, or who holds all the permissions listed.
 * `session` is for what a person may do before the one-time password is changed.
 */
export type Access = 'public' | 'session' | readonly [Permission, ...Permission[]];

/** What comes back when all goes well. */
export type Answer =
  | { readonly kind: 'json'; readonly status: 200 | 201 | 202; readonly schema: z.ZodType; readonly also503?: true }
  | { readonly kind: 'empty'; readonly status: 204 }
  | { readonly kind: 'events'; readonly events: Readonly<Record<string, z.ZodType>> }
  | { readonly kind: 'download'; readonly schema: z.ZodType };

/** One operation of the REST API: its place, who may call it, what goes in and what comes out. */
export interface Operation {
  readonly id: string;
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** Below `/api/v1`, parameters in braces. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly answer: Answer;
  /** Problems beside 401, 403 and 422: status → when. */
  readonly problems?: Readonly<Record<number, string>>;
}

/** Declares an operation and keeps the exact types of its schemas. */
export const operation = <const O extends Operation>(declared: O): O => declared;

type Output<T> = T extends z.ZodType ? z.output<T> : undefined;

/** The validated input of an operation. */
export interface InputOf<O extends Operation> {
  readonly params: Output<O['params']>;
  readonly query: Output<O['query']>;
  readonly headers: Output<O['headers']>;
  readonly body: Output<O['body']>;
}

/** What the handler of an operation gives back; streams write to the response themselves. */
export type AnswerOf<O extends Operation> = O['answer'] extends { kind: 'json'; schema: infer S }
  ? S extends z.ZodType
    ? z.input<S>
    : never
  : O['answer'] extends { kind: 'download'; schema: infer S }
    ? S extends z.ZodType
      ? { readonly fileName: string; readonly content: z.input<S> }
      : never
    : undefined;
