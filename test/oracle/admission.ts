/** The declared bounds of what is remembered of one device; see `runtime/engine/admission.ts`. */
const RUNS_MAX = 64;
const EPOCHS_MAX = 4;
const STREAMS_MAX = 16;
const IDS_MAX = 64;

export interface Range {
  readonly first: number;
  readonly last: number;
}

export interface Judged {
  readonly outcome: 'new' | 'duplicate' | 'beyond';
  readonly dedupable: boolean;
  readonly missing: Range | null;
  readonly filled: boolean;
  readonly lost: Range | null;
  readonly reset: boolean;
}

interface Stream {
  readonly source: string;
  readonly epoch: number;
  /** Every number seen and not given up. */
  seen: Set<number>;
  /** The least and the greatest of them. */
  lowest: number;
  highest: number;
  /** Numbers below were given up. */
  floor: number;
}

/** All that was seen of one device, as plain sets. */
export class Seen {
  #streams: Stream[] = [];
  #ids: string[] = [];

  judge(event: {
    source: string;
    epoch: number | null;
    sequence: number | null;
    deviceTime: number | null;
    eventId: string;
  }): Judged {
    if (event.sequence !== null) return this.#numbered(event.source, event.epoch ?? -1, event.sequence);
    if (event.deviceTime === null) return { ...NEW, dedupable: false };
    if (this.#ids.includes(event.eventId)) return DUPLICATE;
    this.#ids = [...this.#ids, event.eventId].slice(-IDS_MAX);
    return NEW;
  }

  #numbered(source: string, epoch: number, sequence: number): Judged {
    const stream = this.#streams.find((known) => known.source === source && known.epoch === epoch);
    return stream === undefined ? this.#begun(source, epoch, sequence) : numbered(stream, sequence);
  }

  #begun(source: string, epoch: number, sequence: number): Judged {
    const epochs = this.#streams.filter((known) => known.source === source).map((known) => known.epoch);
    const reset = epochs.length > 0 && epoch > Math.max(...epochs);
    if (epochs.length === EPOCHS_MAX) {
      const oldest = Math.min(...epochs);
      if (epoch < oldest) return BEYOND;
      this.#streams = this.#streams.filter((known) => known.source !== source || known.epoch !== oldest);
    }
    if (this.#streams.length === STREAMS_MAX) this.#streams = this.#streams.slice(1);
    this.#streams.push({ source, epoch, seen: new Set([sequence]), lowest: sequence, highest: sequence, floor: 0 });
    return { ...NEW, reset };
  }
}

const NEW: Judged = { outcome: 'new', dedupable: true, missing: null, filled: false, lost: null, reset: false };
const DUPLICATE: Judged = { ...NEW, outcome: 'duplicate' };
const BEYOND: Judged = { ...NEW, outcome: 'beyond' };

function numbered(stream: Stream, sequence: number): Judged {
  if (sequence < stream.floor) return BEYOND;
  if (stream.seen.has(sequence)) return DUPLICATE;
  const { lowest, highest } = stream;
  const missing =
    sequence > highest ? range(highest + 1, sequence - 1) : sequence < lowest ? range(sequence + 1, lowest - 1) : null;
  const filled = sequence > lowest && sequence < highest;
  stream.seen.add(sequence);
  stream.lowest = Math.min(lowest, sequence);
  stream.highest = Math.max(highest, sequence);
  return { ...NEW, missing, filled, lost: giveUp(stream) };
}

function range(first: number, last: number): Range | null {
  return first > last ? null : { first, last };
}

/** With more runs of numbers than are kept, the lowest gap will not be filled any more. */
function giveUp(stream: Stream): Range | null {
  // Each run has a number of its own.
  if (stream.seen.size <= RUNS_MAX) return null;
  const numbers = [...stream.seen].sort((a, b) => a - b);
  const starts = numbers.filter((number) => !stream.seen.has(number - 1));
  if (starts.length <= RUNS_MAX) return null;
  const second = starts[1] as number;
  const below = numbers.filter((number) => number < second);
  stream.floor = second;
  stream.lowest = second;
  stream.seen = new Set(numbers.filter((number) => number >= second));
  return { first: (below.at(-1) as number) + 1, last: second - 1 };
}
