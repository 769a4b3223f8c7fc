import createFetchClient, { type Client, type ClientOptions } from 'openapi-fetch';
import type { components, paths } from './generated/schema.ts';

export type { components, operations, paths } from './generated/schema.ts';
export { events, type EventSourceLike, type LiveEvents, type SearchEvents } from './events.ts';

type Schemas = components['schemas'];
export type ActionInput = Schemas['ActionInput'];
export type BulkAnswer = Schemas['BulkAnswer'];
export type BulkInput = Schemas['BulkInput'];
export type BulkResult = Schemas['BulkResult'];
export type CloneInput = Schemas['CloneInput'];
export type Dashboard = Schemas['Dashboard'];
export type Effect = Schemas['Effect'];
export type Failure = Schemas['Failure'];
export type FailureGroup = Schemas['FailureGroup'];
export type Found = Schemas['Found'];
export type Gate = Schemas['Gate'];
export type HeldDecision = Schemas['HeldDecision'];
export type HeldImage = Schemas['HeldImage'];
export type HeldPicture = Schemas['HeldPicture'];
export type Instance = Schemas['Instance'];
export type Job = Schemas['Job'];
export type JobAction = Schemas['JobAction'];
export type JobInput = Schemas['JobInput'];
export type JobRow = Schemas['JobRow'];
export type JobState = Schemas['JobState'];
export type LogEntry = Schemas['LogEntry'];
export type Needed = Schemas['Needed'];
export type Node = Schemas['Node'];
export type NodeInput = Schemas['NodeInput'];
export type NodePatch = Schemas['NodePatch'];
export type NodeCapabilities = Schemas['NodeCapabilities'];
export type NodeExperience = Schemas['NodeExperience'];
export type MoveTest = Schemas['MoveTest'];
export type NodeTest = Schemas['NodeTest'];
export type FaceTest = Schemas['FaceTest'];
export type Preview = Schemas['Preview'];
export type Problem = Schemas['Problem'];
export type Profile = Schemas['Profile'];
export type ProfileContent = Schemas['ProfileContent'];
export type ProfileRow = Schemas['ProfileRow'];
export type Project = Schemas['Project'];
export type ProjectInput = Schemas['ProjectInput'];
export type QueueItem = Schemas['QueueItem'];
export type QueuePage = Schemas['QueuePage'];
export type Readiness = Schemas['Readiness'];
export type Receiver = Schemas['Receiver'];
export type Reference = Schemas['Reference'];
export type Request = Schemas['Request'];
export type Schedule = Schemas['Schedule'];
export type ScheduleInput = Schemas['ScheduleInput'];
export type Search = Schemas['Search'];
export type SearchInput = Schemas['SearchInput'];
export type SearchSource = Schemas['SearchSource'];
export type Series = Schemas['Series'];
export type Session = Schemas['Session'];
export type SignIn = Schemas['SignIn'];
export type Step = Schemas['Step'];
export type Study = Schemas['Study'];
export type Task = Schemas['Task'];
export type TaskAction = Schemas['TaskAction'];
export type TaskActionInput = Schemas['TaskActionInput'];
export type TaskDetail = Schemas['TaskDetail'];
export type TaskFilter = Schemas['TaskFilter'];
export type TasksActionAnswer = Schemas['TasksActionAnswer'];
export type TasksActionInput = Schemas['TasksActionInput'];
export type Throughput = Schemas['Throughput'];
export type Wait = Schemas['Wait'];
export type Windows = Schemas['Windows'];
export type WindowsInput = Schemas['WindowsInput'];
export type Worker = Schemas['Worker'];
export type WithheldSeries = Schemas['WithheldSeries'];

/** Where the server is and how to reach it. `baseUrl` is its origin, without `/api/v1`. */
export type ViaductOptions = Pick<ClientOptions, 'baseUrl' | 'fetch' | 'headers'>;

/** A typed client: `client.GET('/api/v1/jobs/{id}', { params: { path: { id } } })` → `{ data, error, response }`. */
export type ViaductClient = Client<paths>;

/**
 * Makes a client of the REST API. It never throws on an answer: `error` is then a `Problem` (RFC 9457).
 * Outside a browser pass the session cookie and, for unsafe methods, the `origin` of the server as headers.
 */
export function createClient(options: ViaductOptions): ViaductClient {
  return createFetchClient<paths>({
    ...options,
    // Lists are repeated parameters: ?state=running&state=paused
    querySerializer: { array: { style: 'form', explode: true } },
  });
}
