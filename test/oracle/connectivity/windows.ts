import { growths, type Growth } from './counters.ts';
import { admitted, type Entry, type Event, HOUR, MINUTE, signsOf } from './event.ts';
import { linkOf } from './links.ts';

/** A row of a window, as far as it follows from what was said; by span, begin and technology. */
export type Row = Readonly<Record<string, unknown>>;

type Linked = Event & { readonly link: NonNullable<Event['link']> };

const SILENCE = 10 * MINUTE;
const SAMPLES = 64;

/**
 * All windows of one device, each computed from all events at once. Of hours only those that can change no more, since
 * others may still be reckoned by an interval that is learnt later.
 */
export class Windows {
  readonly rows = new Map<string, Row>();
  readonly #events: readonly Event[];
  readonly #signs: readonly number[];
  readonly #blind: readonly (readonly [number, number])[];
  readonly #links: readonly Linked[];
  readonly #growths: ReadonlyMap<Event, Growth>;

  /** `blind` are the times in which nobody could see; hours are told up to `closedTo`. */
  constructor(log: readonly Entry[], blind: readonly (readonly [number, number])[], closedTo: number) {
    const counted = admitted(log).filter((each) => 'event' in each);
    this.#events = counted.filter(({ late }) => !late).map(({ event }) => event);
    this.#signs = counted.flatMap(signsOf).toSorted((a, b) => a - b);
    this.#blind = blind;
    this.#links = sampled(this.#events.filter((event): event is Linked => event.link !== undefined));
    this.#growths = growths(this.#links);
    const starts = (span: number) => new Set(this.#events.map(({ eventTime }) => begin(eventTime, span)));
    for (const span of [60, 900]) for (const start of starts(span)) this.#write(span, start);
    const hours = starts(3_600);
    for (let hour = begin(this.#signs[0] ?? closedTo, 3_600); hour < closedTo; hour += HOUR) hours.add(hour);
    for (const hour of hours) if (hour < closedTo) this.#write(3_600, hour);
  }

  #write(span: number, start: number): void {
    const end = start + span * 1_000;
    const isIn = ({ eventTime }: Event) => eventTime >= start && eventTime < end;
    const events = this.#events.filter(isIn);
    const reports = events.filter(({ kind }) => kind === 'report' || kind === 'link');
    const linked = events.filter(({ kind }) => kind === 'link').length;
    const links = this.#links.filter(isIn);
    const technologies = [...new Set(links.map(({ link }) => link.technology))].toSorted();
    const missing = this.#missingIn(events, start);
    const interval = this.#saidBy(end) ?? (span === 3_600 ? this.#learntBy(end) : null);
    const expected = interval === null ? null : (span * 1_000) / interval;
    const due = Math.max(reports.length + missing, expected ?? 0);
    const shared = {
      start,
      spanSeconds: span,
      reports: reports.length,
      missing,
      expected,
      completeness: due === 0 ? null : reports.length / due,
      payloadBytes: reports.reduce((sum, { payloadBytes }) => sum + payloadBytes, 0),
      ...(span === 3_600 && interval !== null ? this.#connected(start, end, interval) : NOT_CONNECTED),
    };
    const isWhole = span < 3_600 && technologies.length === 1 && linked === events.length;
    const unsampled = linked - links.length;
    const write = (technology: string, row: Row) =>
      this.rows.set(`${span} ${start} ${technology}`, { ...shared, technology, ...row });
    for (const technology of technologies) {
      const own = links.filter(({ link }) => link.technology === technology);
      const counts = isWhole ? { linkReports: linked, unsampled } : { linkReports: own.length, unsampled: 0 };
      write(technology, { whole: isWhole, ...counts, ...this.#grown(own), ...linkOf(own) });
    }
    if (!isWhole) write('ALL', { whole: false, linkReports: linked, unsampled, ...this.#grown(links) });
  }

  #grown(links: readonly Linked[]): Row {
    const all = links.flatMap((link) => this.#growths.get(link) ?? []);
    const sum = (field: 'packetsSent' | 'packetsLost' | 'bytesUp' | 'bytesDown') => {
      const known = all.flatMap((growth) => growth[field] ?? []);
      return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
    };
    const [packetsSent, packetsLost] = [sum('packetsSent'), sum('packetsLost')];
    const count = (what: Growth['what']) => all.filter((growth) => growth.what === what).length;
    return {
      packetsSent,
      packetsLost,
      loss: packetsSent === null || packetsLost === null || packetsSent <= 0 ? null : packetsLost / packetsSent,
      resets: count('reset'),
      rollovers: count('rollover'),
      repetitions: count('repetition'),
      bytesUp: sum('bytesUp'),
      bytesDown: sum('bytesDown'),
    };
  }

  /** Numbers between the first and the last of each run, and since the last of the nearest minute before that has it. */
  #missingIn(events: readonly Event[], start: number): number {
    const runOf = ({ source, epoch }: Event) => `${source} ${epoch ?? ''}`;
    let missing = 0;
    for (const run of new Set(events.map(runOf))) {
      const numbers = events.filter((event) => runOf(event) === run).map(({ sequence }) => sequence);
      const earlier = this.#events.filter((event) => runOf(event) === run && event.eventTime < start);
      const nearest = Math.max(...earlier.map(({ eventTime }) => begin(eventTime, 60)));
      const before = earlier.filter(({ eventTime }) => eventTime >= nearest).map(({ sequence }) => sequence);
      const from = before.length === 0 ? Math.min(...numbers) - 1 : Math.max(...before);
      missing += Math.max(0, Math.max(...numbers) - from - numbers.length);
    }
    return missing;
  }

  #saidBy(end: number): number | null {
    const said = this.#events.filter(({ kind, eventTime }) => kind === 'interval' && eventTime < end);
    return said.toSorted((a, b) => a.eventTime - b.eventTime).at(-1)?.intervalMs ?? null;
  }

  /** The third quartile of the last sixteen gaps from one minute with signs to the next; null of fewer than five. */
  #learntBy(end: number): number | null {
    const minutes = new Map<number, number[]>();
    for (const sign of this.#signs.filter((each) => each < end)) {
      minutes.set(begin(sign, 60), [...(minutes.get(begin(sign, 60)) ?? []), sign]);
    }
    const runs = [...minutes.values()];
    const gaps = runs.slice(1).map((signs, i) => Math.min(...signs) - Math.max(...(runs[i] as number[])));
    const sorted = gaps.slice(-16).toSorted((a, b) => a - b);
    return sorted.length < 5 ? null : (sorted[Math.ceil(0.75 * sorted.length) - 1] as number);
  }

  /** How long some sign was no older than the device may be silent, and how long somebody could see. */
  #connected(start: number, end: number, interval: number): Row {
    const [first] = this.#signs;
    if (first === undefined) return NOT_CONNECTED;
    const allowed = Math.max(SILENCE, Math.ceil(3 * interval));
    const from = Math.max(start, Math.min(end, first));
    let [until, connected] = [from, 0];
    for (const sign of this.#signs) {
      const to = Math.min(end, sign + allowed);
      if (sign >= end || to <= until) continue;
      connected += to - Math.max(until, sign);
      until = to;
    }
    const hidden = this.#blind.map(([a, b]) => Math.max(0, Math.min(end, b) - Math.max(from, a)));
    const expectedMs = end - from - hidden.reduce((a, b) => a + b, 0);
    return { connectedMs: Math.min(connected, expectedMs), expectedMs };
  }
}

const NOT_CONNECTED = { connectedMs: null, expectedMs: null };

function begin(time: number, span: number): number {
  return time - (time % (span * 1_000));
}

/** The link reports in the order of their time and number, of each minute the first of them. */
function sampled(links: readonly Linked[]): readonly Linked[] {
  const sorted = links.toSorted((a, b) => a.eventTime - b.eventTime || a.sequence - b.sequence);
  const counts = new Map<number, number>();
  return sorted.filter(({ eventTime }) => {
    const count = 1 + (counts.get(begin(eventTime, 60)) ?? 0);
    counts.set(begin(eventTime, 60), count);
    return count <= SAMPLES;
  });
}
