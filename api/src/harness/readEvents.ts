/** One server-sent event. */
export interface ReadEvent {
  readonly event: string;
  readonly data: unknown;
  readonly id?: string;
}

/** Reads the events of a response; comments and retry hints are left out. */
export async function* readEvents(response: Response): AsyncGenerator<ReadEvent, undefined> {
  if (!response.body) throw new Error('no body');
  let waiting = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    waiting += text;
    for (let end = waiting.indexOf('\n\n'); end >= 0; end = waiting.indexOf('\n\n')) {
      const fields = new Map(
        waiting
          .slice(0, end)
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
      );
      waiting = waiting.slice(end + 2);
      const event = fields.get('event');
      if (event) yield { event, data: JSON.parse(fields.get('data') ?? 'null'), id: fields.get('id') };
    }
  }
  return undefined;
}
