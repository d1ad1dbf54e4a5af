/** An answer of ClickHouse that is an error: its number and name are ClickHouse's own. */
export class QueryError extends Error {
  readonly number: number;
  readonly code: string;

  constructor(number: number, code: string, message: string, options?: ErrorOptions) {
    super(`Code: ${number}. DB::Exception: ${message}. (${code})`, options);
    this.name = 'QueryError';
    this.number = number;
    this.code = code;
  }

  /** Reads ClickHouse's text of an error; one without a number is 1002, UNKNOWN_EXCEPTION. */
  static from(error: unknown): QueryError {
    if (error instanceof QueryError) return error;
    const text = error instanceof Error ? error.message : String(error);
    const [, number, message, code] =
      /Code: (\d+)\. DB::Exception: ([^]*?)\.? \(([A-Z_0-9]+)\)[^()]*$/.exec(text) ?? [];
    if (number === undefined || message === undefined || code === undefined) {
      return new QueryError(1002, 'UNKNOWN_EXCEPTION', text, { cause: error });
    }
    return new QueryError(Number(number), code, message.replace(/^Code: \d+\. DB::Exception: /, ''), { cause: error });
  }

  /** The HTTP status that ClickHouse gives this error. */
  get status(): number {
    if (NOT_FOUND.has(this.number)) return 404;
    if (BAD_REQUEST.has(this.number)) return 400;
    return OTHER.get(this.number) ?? 500;
  }
}

/** Unknown function, identifier, type, storage, table, aggregate, database, format, setting. */
const NOT_FOUND = new Set([46, 47, 50, 56, 60, 63, 73, 81, 115]);

/** What the text of the query, its parameters or its body got wrong. */
const BAD_REQUEST = new Set([
  6, 25, 26, 27, 36, 38, 41, 42, 43, 44, 53, 62, 69, 70, 72, 117, 130, 158, 183, 321, 452, 456, 457,
]);

/** Not implemented, timeout, too many queries, access denied, authentication failed. */
const OTHER: ReadonlyMap<number, number> = new Map([
  [48, 501],
  [159, 408],
  [202, 503],
  [497, 403],
  [516, 403],
]);
