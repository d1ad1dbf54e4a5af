import type { ConnectivityBlock, RecentLink, RecentMinute, RecentRun } from '#schemas';
import { MINUTE_MS } from './minute.ts';
import { Packer, Unpacker } from './packing.ts';

/** Minutes that are kept together, oldest first, and how often each of their windows was written. */
export interface Block {
  readonly minutes: RecentMinute[];
  readonly revisions: number[];
}

const SIGNALS = ['rssi', 'snr', 'rsrp', 'rsrq', 'sinr'] as const;
const COUNTERS = ['packetsSent', 'packetsLost', 'bytesUp', 'bytesDown'] as const;

/** Steps in which radios tell decibels, in thousandths, widest first. */
const STEPS = [1_000, 500, 250, 100, 10, 1];

/** Packs a block that begins at that time. Technologies are named first, so that of a single one the column is zero. */
export function packed(block: Block, start: number): ConnectivityBlock {
  const names: string[] = [];
  return { names, columns: columnsOf(block, start, names) };
}

/**
 * Puts later minutes before those that a block has, which are not touched. How often windows were written is told with
 * the newest, of all of them.
 */
export function appended(
  { names: before, columns }: ConnectivityBlock,
  later: Block,
  start: number,
): ConnectivityBlock {
  const names = [...before];
  const first = columnsOf(later, start, names);
  return { names, columns: Buffer.concat([first, columns]) };
}

/** How often windows of a block were written. */
export function writtenIn({ columns }: ConnectivityBlock): number[] {
  const unpacker = new Unpacker(columns);
  const [, , , revisions = 0] = unpacker.column(4);
  return unpacker.column(revisions);
}

export function unpacked(block: ConnectivityBlock, start: number): Block {
  const unpacker = new Unpacker(block.columns);
  const parts: RecentMinute[][] = [];
  while (!unpacker.isAtEnd) parts.push(minutesIn(unpacker, block.names, start));
  const [only = []] = parts;
  return { minutes: parts.length <= 1 ? only : parts.toReversed().flat(), revisions: writtenIn(block) };
}

function columnsOf({ minutes, revisions }: Block, start: number, names: string[]): Uint8Array {
  const placeOf = (name: string) => {
    const place = names.indexOf(name);
    return place === -1 ? names.push(name) - 1 : place;
  };
  const packer = new Packer();
  const links = minutes.flatMap((minute) => minute.links);
  const runs = minutes.flatMap((minute) => minute.streams);
  const counts = [minutes.length, runs.length, links.length, revisions.length];
  packer.column(4, (i) => counts[i] as number);
  packer.column(revisions.length, (i) => revisions[i] as number);
  packMinutes(packer, minutes, start);
  packLinks(packer, links, placeOf);
  packRuns(packer, runs, placeOf);
  return packer.toBytes();
}

function minutesIn(unpacker: Unpacker, names: readonly string[], start: number): RecentMinute[] {
  const [minutes = 0, runs = 0, links = 0, revisions = 0] = unpacker.column(4);
  unpacker.column(revisions);
  const column = () => unpacker.column(minutes);
  const [starts, reports, bytes, runCounts] = [column(), column(), column(), column()];
  const [linkCounts, unsampled, others] = [column(), column(), column()];
  const [firsts, lasts, times] = [column(), column(), unpacker.column(links)];
  const allLinks = unpackLinks(unpacker, times, names);
  const allRuns = unpackRuns(unpacker, runs, names);
  let [begin, link, run] = [start, 0, 0];
  const found: RecentMinute[] = [];
  for (let i = 0; i < minutes; i++) {
    begin += (starts[i] as number) * MINUTE_MS;
    const linkCount = linkCounts[i] as number;
    const own = allLinks.slice(link, (link += linkCount));
    for (const each of own) each.eventTime += begin;
    const base = own[0]?.eventTime ?? begin;
    const first = value(firsts[i] as number);
    const seenFirst = first === null ? null : first + base;
    found.push({
      start: begin,
      reports: (reports[i] as number) + linkCount,
      payloadBytes: bytes[i] as number,
      seenFirst,
      seenLast: seenFirst === null ? null : seenFirst + (lasts[i] as number),
      streams: allRuns.slice(run, (run += runCounts[i] as number)),
      links: own,
      linkReports: linkCount + (unsampled[i] as number),
      others: others[i] as number,
    });
  }
  return found;
}

function packMinutes(packer: Packer, minutes: readonly RecentMinute[], start: number): void {
  const column = (valueOf: (minute: RecentMinute) => number) =>
    packer.column(minutes.length, (i) => valueOf(minutes[i] as RecentMinute));
  let last = start;
  column(({ start: begin }) => {
    const distance = (begin - last) / MINUTE_MS;
    last = begin;
    return distance;
  });
  column(({ reports, links }) => reports - links.length);
  column(({ payloadBytes }) => payloadBytes);
  column(({ streams }) => streams.length);
  column(({ links }) => links.length);
  column(({ linkReports, links }) => linkReports - links.length);
  column(({ others }) => others);
  column(({ seenFirst, links, start: begin }) => {
    return seenFirst === null ? 0 : code(seenFirst - (links[0]?.eventTime ?? begin));
  });
  column(({ seenFirst, seenLast }) => (seenLast ?? 0) - (seenFirst ?? 0));
  const times = minutes.flatMap(({ start: begin, links }) => links.map(({ eventTime }) => eventTime - begin));
  packer.column(times.length, (i) => times[i] as number);
}

function packLinks(packer: Packer, links: readonly RecentLink[], placeOf: (name: string) => number): void {
  const column = (valueOf: (link: RecentLink) => number) =>
    packer.column(links.length, (i) => valueOf(links[i] as RecentLink));
  column(({ technology }) => placeOf(technology));
  column(({ gateway }) => (gateway === null ? 0 : 1 + placeOf(gateway)));
  let last = 0;
  column(({ sequence }) => {
    const distance = sequence - last;
    last = sequence;
    return distance;
  });
  column(({ payloadBytes }) => payloadBytes);
  for (const signal of SIGNALS) {
    const step = links.length === 0 ? 0 : stepOf(links, signal);
    packer.column(links.length === 0 ? 0 : 1, () => step);
    const width = STEPS[step] as number;
    column((link) => {
      const value = link[signal];
      return value === null ? 0 : code(value / width);
    });
  }
  column(({ spreadingFactor }) => code(spreadingFactor));
  column(({ dataRate }) => code(dataRate));
  column(({ latency }) => code(latency));
  for (const counter of COUNTERS) {
    let count = 0;
    column((link) => {
      const next = link[counter];
      if (next === null) return 0;
      const grown = next - count;
      count = next;
      return code(grown);
    });
  }
}

/** The widest step that all values of a signal are multiples of. */
function stepOf(links: readonly RecentLink[], signal: (typeof SIGNALS)[number]): number {
  let step = 0;
  const isMultiple = (link: RecentLink) => (link[signal] ?? 0) % (STEPS[step] as number) === 0;
  while (!links.every(isMultiple)) step++;
  return step;
}

/** The links, each with its time since the begin of its minute. */
function unpackLinks(unpacker: Unpacker, times: readonly number[], names: readonly string[]) {
  const column = () => unpacker.column(times.length);
  const [technologies, gateways, sequences, payloads] = [column(), column(), column(), column()];
  const [rssi, snr, rsrp, rsrq, sinr] = [...SIGNALS].map(() => {
    const [step = 0] = times.length === 0 ? [] : unpacker.column(1);
    return scaled(column(), STEPS[step] as number);
  });
  const [factors, rates, latencies] = [column(), column(), column()];
  const [sent, lost, up, down] = [...COUNTERS].map(() => summed(column()));
  let sequence = 0;
  return times.map((eventTime, i) => ({
    eventTime,
    sequence: (sequence += sequences[i] as number),
    technology: names[technologies[i] as number] as string,
    gateway: gateways[i] === 0 ? null : (names[(gateways[i] as number) - 1] as string),
    payloadBytes: payloads[i] as number,
    rssi: rssi?.[i] ?? null,
    snr: snr?.[i] ?? null,
    rsrp: rsrp?.[i] ?? null,
    rsrq: rsrq?.[i] ?? null,
    sinr: sinr?.[i] ?? null,
    spreadingFactor: value(factors[i] as number),
    dataRate: value(rates[i] as number),
    latency: value(latencies[i] as number),
    packetsSent: sent?.[i] ?? null,
    packetsLost: lost?.[i] ?? null,
    bytesUp: up?.[i] ?? null,
    bytesDown: down?.[i] ?? null,
  }));
}

function packRuns(packer: Packer, runs: readonly RecentRun[], placeOf: (name: string) => number): void {
  const column = (valueOf: (run: RecentRun) => number) =>
    packer.column(runs.length, (i) => valueOf(runs[i] as RecentRun));
  column(({ source }) => placeOf(source));
  column(({ epoch }) => code(epoch));
  let end = 0;
  column(({ first, last }) => {
    const distance = first - end;
    end = last;
    return distance;
  });
  column(({ first, last }) => last - first);
  column(({ first, last, count }) => last - first + 1 - count);
}

function unpackRuns(unpacker: Unpacker, count: number, names: readonly string[]): RecentRun[] {
  const column = () => unpacker.column(count);
  const [sources, epochs, firsts, lengths, gaps] = [column(), column(), column(), column(), column()];
  let last = 0;
  return sources.map((source, i) => {
    const first = last + (firsts[i] as number);
    last = first + (lengths[i] as number);
    const numbers = { first, last, count: last - first + 1 - (gaps[i] as number) };
    return { source: names[source] as string, epoch: value(epochs[i] as number), ...numbers };
  });
}

/** A number that may be missing: zero is none, and those that are not negative are one more. */
function code(number: number | null): number {
  return number === null ? 0 : number >= 0 ? number + 1 : number;
}

function value(coded: number): number | null {
  return coded === 0 ? null : coded > 0 ? coded - 1 : coded;
}

function scaled(codes: readonly number[], step: number): (number | null)[] {
  return codes.map((coded) => (coded === 0 ? null : (coded > 0 ? coded - 1 : coded) * step));
}

/** Counts from how far each is beyond the one before. */
function summed(codes: readonly number[]): (number | null)[] {
  let last = 0;
  return codes.map((coded) => {
    const grown = value(coded);
    return grown === null ? null : (last += grown);
  });
}
