/**
 * Gives memory that is used up back at once, if these bytes are all of it: a socket allocates 64 KB for each chunk, and collecting them as
 * garbage would cost more than all else that is done with them. Nobody may use the bytes any more.
 */
export function release({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
