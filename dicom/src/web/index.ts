/** DICOMweb (PS3.18): the client's side of QIDO-RS, WADO-RS and STOW-RS. */
export { WebClient } from './client.ts';
export type { RequestOptions } from './client.ts';
export { WebError } from './errors.ts';
export type { WebCause } from './errors.ts';
export type { WebRequest, WebResponse } from './http.ts';
export { retrieve } from './retrieve.ts';
export type { RetrieveCounts, RetrieveTarget } from './retrieve.ts';
export { search } from './search.ts';
export type { SearchOptions } from './search.ts';
export { store } from './store.ts';
export type { StoreOutcome } from './store.ts';
export type { Authorization, WebPeer, WebService } from './types.ts';
