import type { Admission, Envelope, SequenceRange } from '#sdk';

/** Runs of consecutive sequences kept for a stream; with more, the oldest gap is given up. */
export const RUNS_MAX = 64;
/** Epochs kept of a source; an older one can no longer be told from a repetition. */
export const EPOCHS_MAX = 4;
/** Streams kept of a key; the source seen first goes first. */
export const STREAMS_MAX = 16;
/** Ids kept of events without a sequence. */
export const IDS_MAX = 64;
/** Hex digits kept of each id: 64 bits tell 64 events apart. */
const ID_DIGITS = 16;

/** The sequences seen of one source in one epoch, as runs: first and last of each, ascending. */
export interface Stream {
  readonly source: string;
  readonly epoch: number | null;
  /** Below this, nothing can be told any more. */
  floor: number;
  readonly runs: number[];
}

/** What has been seen of one key: the window within which a repetition is recognised. */
export interface Window {
  readonly streams: Stream[];
  /** Of events without a sequence, oldest first. */
  readonly ids: string[];
}

/** Whether an event is new, has been seen, or is too old to tell. */
export interface Verdict {
  readonly outcome: 'new' | 'duplicate' | 'beyond';
  readonly admission: Admission;
}

const NOTHING = { dedupable: true, missing: null, filled: false, lost: null, reset: false } as const;
const NEW: Verdict = { outcome: 'new', admission: NOTHING };
const NOT_DEDUPABLE: Verdict = { outcome: 'new', admission: { ...NOTHING, dedupable: false } };
const DUPLICATE: Verdict = { outcome: 'duplicate', admission: NOTHING };
const BEYOND: Verdict = { outcome: 'beyond', admission: NOTHING };

/** What is learned where nothing is asked: at deadlines. */
export const NO_ADMISSION: Admission = NOTHING;

export function emptyWindow(): Window {
  return { streams: [], ids: [] };
}

/** Judges an event and remembers it. */
export function admit(window: Window, event: Envelope): Verdict {
  if (event.sequence === null) {
    return event.deviceTime === null ? NOT_DEDUPABLE : admitId(window.ids, event.eventId.slice(0, ID_DIGITS));
  }
  for (const stream of window.streams) {
    if (stream.epoch === event.epoch && stream.source === event.source) return admitSequence(stream, event.sequence);
  }
  return admitStream(window.streams, event.source, event.epoch, event.sequence);
}

function admitId(ids: string[], id: string): Verdict {
  if (ids.includes(id)) return DUPLICATE;
  ids.push(id);
  if (ids.length > IDS_MAX) ids.shift();
  return NEW;
}

function admitStream(streams: Stream[], source: string, epoch: number | null, sequence: number): Verdict {
  const siblings = streams.filter((stream) => stream.source === source).sort((a, b) => order(a) - order(b));
  const oldest = siblings[0];
  const newest = siblings.at(-1);
  const reset = newest !== undefined && (epoch ?? -1) > order(newest);
  if (oldest !== undefined && siblings.length >= EPOCHS_MAX) {
    if ((epoch ?? -1) < order(oldest)) return BEYOND;
    streams.splice(streams.indexOf(oldest), 1);
  }
  if (streams.length >= STREAMS_MAX) streams.shift();
  streams.push({ source, epoch, floor: 0, runs: [sequence, sequence] });
  return reset ? { outcome: 'new', admission: { ...NOTHING, reset: true } } : NEW;
}

function order(stream: Stream): number {
  return stream.epoch ?? -1;
}

function admitSequence(stream: Stream, sequence: number): Verdict {
  const { runs } = stream;
  const end = runs.length - 1;
  const newest = runs[end] as number;
  if (sequence === newest + 1) {
    runs[end] = sequence;
    return NEW;
  }
  if (sequence > newest) {
    runs.push(sequence, sequence);
    return learned({ missing: { first: newest + 1, last: sequence - 1 }, lost: trim(stream) });
  }
  if (sequence < stream.floor) return BEYOND;
  return admitEarlier(stream, sequence);
}

function admitEarlier(stream: Stream, sequence: number): Verdict {
  const { runs } = stream;
  // Late arrivals are mostly recent, so the search goes backwards.
  let run = runs.length - 2;
  while (run >= 0 && (runs[run] as number) > sequence) run -= 2;
  if (run >= 0 && sequence <= (runs[run + 1] as number)) return DUPLICATE;
  const touchesBelow = run >= 0 && (runs[run + 1] as number) === sequence - 1;
  const above = run + 2;
  const touchesAbove = (runs[above] as number) === sequence + 1;
  if (touchesBelow && touchesAbove) runs.splice(run + 1, 2);
  else if (touchesBelow) runs[run + 1] = sequence;
  else if (touchesAbove) runs[above] = sequence;
  else runs.splice(above, 0, sequence, sequence);
  if (run >= 0) return learned({ filled: true, lost: trim(stream) });
  // Before the first number ever seen nothing was known to be missing.
  const missing = touchesAbove ? null : { first: sequence + 1, last: (runs[above + 2] as number) - 1 };
  return learned({ missing, lost: trim(stream) });
}

/** Gives up the oldest gap when there are too many. */
function trim(stream: Stream): SequenceRange | null {
  const { runs } = stream;
  if (runs.length <= RUNS_MAX * 2) return null;
  const lost = { first: (runs[1] as number) + 1, last: (runs[2] as number) - 1 };
  runs.splice(0, 2);
  stream.floor = runs[0] as number;
  return lost;
}

function learned(part: Partial<Admission>): Verdict {
  return { outcome: 'new', admission: { ...NOTHING, ...part } };
}

/** The window as bytes: a format version, then varints. */
export function encodeWindow(window: Window): Buffer {
  return Buffer.from(viewOfWindow(window));
}

/** The same, valid until the next call: a buffer for each key of each commit would cost more than the encoding. */
export function viewOfWindow(window: Window): Buffer {
  const out = WRITER;
  out.reset();
  out.number(1);
  out.number(window.streams.length);
  for (const { source, epoch, floor, runs } of window.streams) {
    out.text(source);
    out.number(epoch === null ? 0 : 1);
    if (epoch !== null) out.signed(epoch);
    out.signed(floor);
    out.number(runs.length);
    let previous = 0;
    for (const bound of runs) {
      out.signed(bound - previous);
      previous = bound;
    }
  }
  out.number(window.ids.length);
  for (const id of window.ids) out.hex(id);
  return out.bytes();
}

/** Reads what `encodeWindow` wrote. Throws on bytes of another format. */
export function decodeWindow(bytes: Buffer): Window {
  const input = new Reader(bytes);
  if (input.number() !== 1) throw new Error('admission window of an unknown format');
  const streams: Stream[] = [];
  for (let left = input.number(); left > 0; left--) {
    const source = input.text();
    const epoch = input.number() === 0 ? null : input.signed();
    const floor = input.signed();
    const runs: number[] = [];
    let previous = 0;
    for (let bounds = input.number(); bounds > 0; bounds--) {
      previous += input.signed();
      runs.push(previous);
    }
    streams.push({ source, epoch, floor, runs });
  }
  const ids: string[] = [];
  for (let left = input.number(); left > 0; left--) ids.push(input.hex());
  return { streams, ids };
}

class Writer {
  #buffer = Buffer.allocUnsafe(256);
  #length = 0;

  reset(): void {
    this.#length = 0;
  }

  number(value: number): void {
    this.#room(10);
    let rest = value;
    while (rest >= 128) {
      this.#buffer[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#length++] = rest;
  }

  /** The sign goes in front, so that every safe integer fits. */
  signed(value: number): void {
    this.number(value < 0 ? 1 : 0);
    this.number(Math.abs(value));
  }

  text(value: string): void {
    const bytes = Buffer.byteLength(value);
    this.number(bytes);
    this.#room(bytes);
    this.#length += this.#buffer.write(value, this.#length);
  }

  hex(value: string): void {
    this.#room(ID_DIGITS / 2);
    this.#length += this.#buffer.write(value, this.#length, 'hex');
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

const WRITER = new Writer();

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  number(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Error('admission window cut short');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  signed(): number {
    const negative = this.number() === 1;
    const magnitude = this.number();
    return negative ? -magnitude : magnitude;
  }

  text(): string {
    const bytes = this.number();
    return this.#bytes.toString('utf8', this.#at, (this.#at += bytes));
  }

  hex(): string {
    return this.#bytes.toString('hex', this.#at, (this.#at += ID_DIGITS / 2));
  }
}
