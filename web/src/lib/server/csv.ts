/** A value of a CSV file (RFC 4180). What a spreadsheet would take for a formula is made text. */
function field(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line of a CSV file. */
export function csvLine(values: readonly (string | number | null | undefined)[]): string {
  return `${values.map(field).join(',')}\r\n`;
}

/** A page of a list, as the API gives it. */
interface Page<Row> {
  readonly items: readonly Row[];
  readonly nextCursor: string | null;
}

/**
 * A CSV file of a whole list, read page by page while it is sent: nothing is collected. It begins with a byte order mark,
 * so that spreadsheets read it as UTF-8.
 * @param read a page of the list; the first one without a cursor
 */
export function csvFile<Row>(
  fileName: string,
  head: readonly string[],
  first: Page<Row>,
  read: (cursor: string) => Promise<Page<Row>>,
  line: (row: Row) => readonly (string | number | null | undefined)[],
): Response {
  const encoder = new TextEncoder();
  let page: Page<Row> | undefined = first;
  let begun = false;
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      if (!begun) controller.enqueue(encoder.encode(`\uFEFF${csvLine(head)}`));
      else if (page?.nextCursor) page = await read(page.nextCursor);
      else page = undefined;
      begun = true;
      if (!page) controller.close();
      else if (page.items.length > 0)
        controller.enqueue(encoder.encode(page.items.map((row) => csvLine(line(row))).join('')));
      else if (!page.nextCursor) controller.close();
    },
  });
  return new Response(body, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${fileName}"`,
    },
  });
}
