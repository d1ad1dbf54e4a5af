import { type Change, drop, set } from '#sdk';
import type { ConnectivityState, RecentMinute } from '#schemas';
import { MEMORY } from './counters.ts';
import { Hour } from './hour.ts';
import { emptyMinute, HOUR_MS, MINUTE_MS, MINUTE_S, minuteOf, QUARTER_MS } from './minute.ts';
import { type Kept, recent } from './state.ts';

/** The newest minutes that are never packed: a window, and the reports before it that its growth is told from. */
const RECENT_MIN = MEMORY + 1;

/** Where what is left of the minutes that were dropped stands. */
const CLOSED = 'closed';

/**
 * The minutes of a device as a step reads and writes them. The newest stand each for itself, so that a report costs one
 * minute; before `packedTo` they are packed by the hour.
 */
export class Minutes {
  readonly #kept: Pick<Kept, 'recent' | 'blocks'>;
  readonly #loaded = new Map<string, Hour>();
  /** Those of the newest that this step has written; null where they are gone. */
  readonly #edited = new Map<number, RecentMinute | null>();
  /** Begins of the newest minutes, oldest first, and how often the window of each was written. */
  readonly #starts: number[];
  readonly #written: number[];
  #packedTo: number;

  constructor(state: ConnectivityState, kept: Pick<Kept, 'recent' | 'blocks'>) {
    this.#kept = kept;
    this.#starts = startsOf(state);
    this.#written = [...state.written];
    this.#packedTo = state.packedTo;
  }

  /** What the state keeps of them. */
  get index(): Pick<ConnectivityState, 'recent' | 'steps' | 'written' | 'packedTo'> {
    let last = this.#packedTo;
    const steps = this.#starts.map((start) => {
      const step = (start - last) / MINUTE_MS;
      last = start;
      return step;
    });
    return { recent: [], steps, written: this.#written, packedTo: this.#packedTo };
  }

  /** What is left of the minutes that were dropped. */
  get closed(): RecentMinute {
    return this.#load(CLOSED, 0).minutes[0] ?? emptyMinute(0);
  }

  close(last: RecentMinute): void {
    this.#load(CLOSED, 0).keep(last);
  }

  edit(time: number, change: (minute: RecentMinute) => RecentMinute): void {
    const start = minuteOf(time);
    if (start < this.#packedTo) {
      this.#hour(hourBegin(start)).edit(start, change);
      return;
    }
    let place = this.#starts.length;
    while (place > 0 && (this.#starts[place - 1] as number) > start) place--;
    const isKnown = this.#starts[place - 1] === start;
    this.#edited.set(start, change(isKnown ? this.#at(start) : emptyMinute(start)));
    if (isKnown) return;
    this.#starts.splice(place, 0, start);
    this.#written.splice(place, 0, 0);
  }

  /** Minutes from one moment to before another, oldest first. */
  within(from: number, to: number): readonly RecentMinute[] {
    const found: RecentMinute[] = [];
    // Beyond `packedTo` the block of the hour has nothing to give.
    for (let time = from; time < Math.min(to, this.#packedTo); time = hourBegin(time) + HOUR_MS) {
      for (const minute of this.#hour(hourBegin(time)).minutes)
        if (minute.start >= from && minute.start < to) found.push(minute);
    }
    for (const start of this.#starts) if (start >= from && start < to) found.push(this.#at(start));
    return found;
  }

  /** Minutes from that of a moment to that of another, both included, oldest first. */
  *from(time: number, until: number): Iterable<RecentMinute> {
    for (let at = minuteOf(time); at <= until; at = hourBegin(at) + HOUR_MS) {
      yield* this.within(at, Math.min(hourBegin(at) + HOUR_MS, minuteOf(until) + MINUTE_MS));
    }
  }

  /** Goes back over minutes before a moment and not before the hour of the oldest, until one is enough. */
  back(time: number, oldest: number | null, isEnough: (minute: RecentMinute) => boolean): void {
    for (let i = this.#starts.length - 1; i >= 0; i--) {
      const start = this.#starts[i] as number;
      if (start < time && isEnough(this.#at(start))) return;
    }
    for (let end = Math.min(time, this.#packedTo); end > (oldest ?? Infinity); end = hourBegin(end - 1)) {
      const { minutes } = this.#hour(hourBegin(end - 1));
      for (const minute of minutes.toReversed()) if (minute.start < end && isEnough(minute)) return;
    }
  }

  /** Counts that a window of a minute or a quarter is written; gives how often it was. */
  revise(span: number, start: number): number {
    const index = span === MINUTE_S ? this.#starts.lastIndexOf(start) : -1;
    if (index >= 0) {
      const written = 1 + (this.#written[index] ?? 0);
      this.#written[index] = written;
      return written;
    }
    const hour = hourBegin(start);
    return this.#hour(hour).revise(placeOf(span, start - hour), 1);
  }

  /** Packs all but the newest minutes. */
  pack(): void {
    const over = this.#starts.splice(0, Math.max(0, this.#starts.length - RECENT_MIN));
    const written = this.#written.splice(0, over.length);
    for (const [i, start] of over.entries()) {
      const hour = this.#hour(hourBegin(start));
      hour.append(this.#at(start));
      hour.revise(placeOf(MINUTE_S, start - hourBegin(start)), written[i] ?? 0);
      this.#edited.set(start, null);
    }
    const last = over.at(-1);
    if (last !== undefined) this.#packedTo = last + MINUTE_MS;
  }

  /** Forgets an hour. */
  drop(hour: number): void {
    this.#hour(hour).drop();
    for (let i = this.#starts.length - 1; i >= 0; i--) {
      const start = this.#starts[i] as number;
      if (hourBegin(start) !== hour) continue;
      this.#edited.set(start, null);
      this.#starts.splice(i, 1);
      this.#written.splice(i, 1);
    }
  }

  get changes(): readonly Change[] {
    const changes: Change[] = [];
    for (const [start, minute] of this.#edited) {
      changes.push(minute === null ? drop(recent, minuteKey(start)) : set(recent, minuteKey(start), minute));
    }
    const open = minuteKey(hourBegin(this.#packedTo));
    for (const [key, hour] of this.#loaded) {
      const change = hour.changeOf(key, key === open);
      if (change !== null) changes.push(change);
    }
    return changes;
  }

  /** One of the newest. */
  #at(start: number): RecentMinute {
    const minute = this.#edited.get(start) ?? this.#kept.recent.get(minuteKey(start));
    if (minute === undefined) throw new Error(`minute_lost: the minute ${start} is named and not kept`);
    return minute;
  }

  #hour(hour: number): Hour {
    return this.#load(minuteKey(hour), hour);
  }

  #load(key: string, start: number): Hour {
    const known = this.#loaded.get(key);
    if (known !== undefined) return known;
    const loaded = new Hour(start, this.#kept.blocks.get(key));
    this.#loaded.set(key, loaded);
    return loaded;
  }
}

/** Begins of the newest minutes, oldest first. */
export function startsOf({ recent: minutes, steps, packedTo }: ConnectivityState): number[] {
  // As version 2 named them, until one is written.
  if (minutes.length > 0) return minutes.map((minute) => minute * MINUTE_MS);
  let start = packedTo;
  return steps.map((step) => (start += step * MINUTE_MS));
}

/** Hours of which there are blocks, among these keys. */
export function hoursIn(keys: readonly string[]): readonly number[] {
  return keys.filter((key) => key !== CLOSED).map((key) => Number(key) * MINUTE_MS);
}

function minuteKey(start: number): string {
  return String(start / MINUTE_MS);
}

function hourBegin(time: number): number {
  return Math.floor(time / HOUR_MS) * HOUR_MS;
}

/** Where the window that begins so long after the hour stands in its block. */
function placeOf(span: number, offset: number): number {
  return span === MINUTE_S ? offset / MINUTE_MS : HOUR_MS / MINUTE_MS + offset / QUARTER_MS;
}
