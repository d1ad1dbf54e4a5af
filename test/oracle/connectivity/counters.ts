import type { Event, Link } from './event.ts';

/** What a report adds to what is counted. */
export interface Growth {
  readonly what: 'growth' | 'reset' | 'rollover' | 'repetition';
  readonly packetsSent: number | null;
  readonly packetsLost: number | null;
  readonly bytesUp: number | null;
  readonly bytesDown: number | null;
}

type Field = 'packetsSent' | 'packetsLost' | 'bytesUp' | 'bytesDown';
const FIELDS: readonly Field[] = ['packetsSent', 'packetsLost', 'bytesUp', 'bytesDown'];
const NONE = { packetsSent: null, packetsLost: null, bytesUp: null, bytesDown: null };

/** What each report says that its counters grew by, since the report before it of the same technology. */
export function growths(links: readonly Event[]): ReadonlyMap<Event, Growth> {
  const found = new Map<Event, Growth>();
  const technologies = new Set(links.map(({ link }) => link?.technology));
  for (const technology of technologies) {
    const own = links.filter(({ link }) => link?.technology === technology && FIELDS.some((f) => link?.[f] !== null));
    for (const [i, event] of own.entries()) {
      const before = own.slice(Math.max(0, i - 8), i).map(({ link }) => link as Link);
      const growth = growthOf(event.link as Link, before);
      if (growth !== null) found.set(event, growth);
    }
  }
  return found;
}

function growthOf(link: Link, before: readonly Link[]): Growth | null {
  const isRepeated = (one: Link, earlier: readonly Link[]) =>
    earlier.slice(-4).some((other) => FIELDS.every((field) => other[field] === one[field]));
  if (isRepeated(link, before)) return { what: 'repetition', ...NONE };
  const fresh = before.filter((one, i) => !isRepeated(one, before.slice(0, i)));
  const from = fresh.at(-1);
  if (from === undefined) return null;
  const steps = FIELDS.map((field) => step(from[field], link[field]));
  const isReset = steps.some((each) => each?.what === 'reset');
  const isOver = steps.some((each) => each?.what === 'rollover');
  const grown = (i: number) => {
    const each = steps[i] ?? null;
    return each === null ? null : isReset ? (link[FIELDS[i] as Field] as number) : each.by;
  };
  const [packetsSent, packetsLost, bytesUp, bytesDown] = [grown(0), grown(1), grown(2), grown(3)];
  return { what: isReset ? 'reset' : isOver ? 'rollover' : 'growth', packetsSent, packetsLost, bytesUp, bytesDown };
}

/** From the highest quarter of 16 or 32 bits into the lowest a counter ran over; any other fall is a new beginning. */
function step(from: number | null, to: number | null): { readonly what: string; readonly by: number } | null {
  if (from === null || to === null) return null;
  if (to >= from) return { what: 'growth', by: to - from };
  for (const size of [2 ** 16, 2 ** 32]) {
    if (from < size && from >= (size * 3) / 4 && to < size / 4) return { what: 'rollover', by: to + size - from };
  }
  return { what: 'reset', by: to };
}
