import type { Event, Rules, Values } from './oracle.ts';
import { document, faultInRefusals, isTooLarge, order, read, type Write } from './patch.ts';

/** The twin, recomputed from every write ever accepted: nothing is forgotten, merged or kept in order. */
export const twin: Rules = {
  name: 'twin',
  version: 1,
  latenessMs: 7 * 24 * 3_600_000,
  gatekeeper: false,
  reads: ['fleetstream.TwinReported', 'fleetstream.TwinDesired'],
  begin() {
    const device = new Device();
    return {
      admitted: (type, event) => device.take(type === 'fleetstream.TwinReported' ? 'REPORTED' : 'DESIRED', event),
      refused: () => [],
    };
  },
};

type Section = 'REPORTED' | 'DESIRED';

interface Stamped extends Write {
  readonly eventTime: number;
  readonly sequence: number;
  readonly eventId: string;
}

/** The newest write of each path. */
type Newest = ReadonlyMap<string, Stamped>;
/** What is there, in path order. */
type Visible = ReadonlyMap<string, Shown>;
type Shown = Stamped & { readonly value: string };

interface Twin {
  readonly version: number;
  readonly reported: Newest;
  readonly desired: Newest;
  readonly refused: Newest;
  readonly reportedAt: number | null;
  readonly desiredAt: number | null;
}

class Device {
  #twin: Twin = {
    version: 0,
    reported: new Map(),
    desired: new Map(),
    refused: new Map(),
    reportedAt: null,
    desiredAt: null,
  };

  take(section: Section, event: Event): [string, Values][] {
    const before = this.#twin;
    const wrong = (code: string, path: string | null): [string, Values][] => [
      ['twin.rejections', rejection(section, event, before.version, code, path)],
    ];
    const expectedVersion = event['expectedVersion'] as number | null;
    if (expectedVersion !== null && expectedVersion !== before.version) return wrong('version_conflict', null);
    const patch = read(event['patch'] as string);
    if ('code' in patch) return wrong(patch.code, patch.path);
    const rejected = section === 'REPORTED' ? (event['rejected'] as Record<string, string>) : {};
    const fault = faultInRefusals(rejected);
    if (fault !== null) return wrong(fault.code, fault.path);
    const after = event.historical
      ? { ...before, version: before.version + 1 }
      : written(before, section, event, patch.writes, rejected);
    if (isTooLarge(text(visible(section === 'REPORTED' ? after.reported : after.desired))))
      return wrong('section_too_large', null);
    this.#twin = after;
    return emitted(section, event, patch.writes, before, after);
  }
}

function written(
  twin: Twin,
  section: Section,
  event: Event,
  writes: readonly Write[],
  rejected: Record<string, string>,
): Twin {
  const { eventTime, eventId } = event;
  const stamp = { eventTime, sequence: event.sequence ?? -1, eventId };
  const put = (known: Newest, more: readonly Write[]): Newest => {
    if (more.length === 0) return known;
    const next = new Map(known);
    for (const write of more) {
      const old = next.get(write.path);
      if (old === undefined || isNewer(stamp, old)) next.set(write.path, { ...write, ...stamp });
    }
    return next;
  };
  const at = (newest: number | null) => (writes.length === 0 ? newest : Math.max(newest ?? eventTime, eventTime));
  const refusals = Object.entries(rejected).map(([path, value]) => ({ path, value }));
  const next = { ...twin, version: twin.version + 1, refused: put(twin.refused, refusals) };
  if (section === 'REPORTED') return { ...next, reported: put(twin.reported, writes), reportedAt: at(twin.reportedAt) };
  return { ...next, desired: put(twin.desired, writes), desiredAt: at(twin.desiredAt) };
}

type Stamp = Pick<Stamped, 'eventTime' | 'sequence' | 'eventId'>;

function isNewer(a: Stamp, b: Stamp): boolean {
  if (a.eventTime !== b.eventTime) return a.eventTime > b.eventTime;
  return a.sequence === b.sequence ? a.eventId > b.eventId : a.sequence > b.sequence;
}

/** A value is there unless something newer was written at a path above or below it. */
function visible(newest: Newest): Visible {
  const known = memory.get(newest);
  if (known !== undefined) return known;
  const hidden = new Set<string>();
  for (const write of newest.values()) {
    for (const path of above(write.path)) {
      const ancestor = newest.get(path);
      if (ancestor === undefined) continue;
      hidden.add(isNewer(ancestor, write) ? write.path : path);
    }
  }
  const there = [...newest].filter(([path, { value }]) => value !== null && !hidden.has(path));
  const found = new Map(there.sort(([a], [b]) => order(a, b))) as Visible;
  memory.set(newest, found);
  return found;
}

/** Newest writes are never changed in place, so what they show is computed once. */
const memory = new WeakMap<Newest, Visible>();

function above(path: string): readonly string[] {
  const known = ancestors.get(path);
  if (known !== undefined) return known;
  const segments = path.split('/');
  const found = segments.slice(0, -1).map((_, i) => segments.slice(0, i + 1).join('/'));
  if (ancestors.size >= PATHS_MAX) ancestors.clear();
  ancestors.set(path, found);
  return found;
}

/** The same paths come in every history. */
const ancestors = new Map<string, readonly string[]>();
const PATHS_MAX = 10_000;

function text(values: Visible): string {
  const known = texts.get(values);
  if (known !== undefined) return known;
  const made = document([...values].map(([path, { value }]) => [path, value]));
  texts.set(values, made);
  return made;
}

const texts = new WeakMap<Visible, string>();

function emitted(
  section: Section,
  event: Event,
  writes: readonly Write[],
  before: Twin,
  after: Twin,
): [string, Values][] {
  const now = { reported: visible(after.reported), desired: visible(after.desired) };
  const changes =
    section === 'REPORTED'
      ? changed(visible(before.reported), now.reported)
      : changed(visible(before.desired), now.desired);
  const { source, historical } = event;
  const { version, reportedAt, desiredAt } = after;
  const change = {
    ...subject(event),
    section,
    source,
    sequence: event.sequence ?? -1,
    historical,
    version,
    writes,
    changes,
    reportedAt,
    desiredAt,
    reported: text(now.reported),
    desired: text(now.desired),
  };
  const emits: [string, Values][] = [['twin.changes', change]];
  if (historical) return emits;
  const old = statuses(before);
  const current = statuses(after);
  if (
    old === current ||
    (old.length === current.length && old.every((each, i) => isOldNews(each, current[i] as Status)))
  )
    return emits;
  const superseded = section === 'REPORTED' ? [] : old.filter((status) => isSuperseded(status, current));
  const paths = [
    ...current,
    ...superseded.map((status) => ({ ...status, status: 'SUPERSEDED', since: event.eventTime })),
  ];
  const open = current.filter(({ status }) => status !== 'CONVERGED');
  const delta = document(open.map(({ path, desired }) => [path, desired]));
  const metadata = document(open.map(({ path, desiredEventTime }) => [path, String(desiredEventTime)]));
  return [...emits, ['twin.deltas', { ...subject(event), version, delta, metadata, paths }]];
}

function changed(was: Visible, now: Visible): Values[] {
  if (was === now) return [];
  return [...new Set([...was.keys(), ...now.keys()])]
    .map((path) => {
      const old = was.get(path);
      return {
        path,
        previous: old?.value ?? null,
        current: now.get(path)?.value ?? null,
        previousEventTime: old?.eventTime ?? null,
      };
    })
    .filter(({ previous, current }) => previous !== current)
    .sort((a, b) => order(a.path, b.path));
}

interface Status {
  readonly path: string;
  readonly status: string;
  readonly since: number;
  readonly desired: string;
  readonly desiredEventTime: number;
  readonly reported: string | null;
  readonly reason: string | null;
}

/** False of what makes a new delta: that a device repeats another value is no news. */
function isOldNews(a: Status, b: Status): boolean {
  if (a.path !== b.path || a.status !== b.status || a.desired !== b.desired) return false;
  return a.desiredEventTime === b.desiredEventTime && a.reason === b.reason;
}

function isSuperseded({ path, status, desired }: Status, current: readonly Status[]): boolean {
  return status !== 'CONVERGED' && !current.some((other) => other.path === path && other.desired === desired);
}

function statuses(all: Twin): readonly Status[] {
  const known = judged.get(all);
  if (known !== undefined) return known;
  const now = { reported: visible(all.reported), desired: visible(all.desired) };
  const found = [...now.desired.values()].map((wanted): Status => {
    const { path, value: desired, eventTime: desiredEventTime } = wanted;
    const about = { path, desired, desiredEventTime, reason: null };
    const exact = now.reported.get(path);
    if (exact?.value === desired) {
      return { ...about, status: 'CONVERGED', since: Math.max(exact.eventTime, desiredEventTime), reported: desired };
    }
    const below = within(now.reported, `${path}/`);
    const inside =
      below.length === 0 ? null : document(below.map((leaf) => [leaf.path.slice(path.length), leaf.value]));
    const reported = exact?.value ?? inside;
    const here = [path, ...above(path)];
    const refusal = newestAfter(
      wanted,
      here.map((at) => all.refused.get(at)),
    );
    if (refusal !== undefined)
      return { ...about, status: 'REJECTED', since: refusal.eventTime, reported, reason: refusal.value };
    const answer = newestAfter(wanted, [...here.map((at) => all.reported.get(at)), ...below]);
    if (answer !== undefined) return { ...about, status: 'DRIFTED', since: answer.eventTime, reported };
    return { ...about, status: 'PENDING', since: desiredEventTime, reported };
  });
  judged.set(all, found);
  return found;
}

function within(values: Visible, prefix: string): Shown[] {
  const found: Shown[] = [];
  for (const leaf of values.values()) if (leaf.path.startsWith(prefix)) found.push(leaf);
  return found;
}

/** What one event leaves is what the next one finds. */
const judged = new WeakMap<Twin, readonly Status[]>();

function newestAfter(wanted: Stamped, writes: readonly (Stamped | undefined)[]): Stamped | undefined {
  let newest: Stamped | undefined;
  for (const write of writes) if (write !== undefined && isNewer(write, newest ?? wanted)) newest = write;
  return newest;
}

function rejection(section: Section, event: Event, version: number, code: string, path: string | null): Values {
  return {
    ...subject(event),
    section,
    code,
    path,
    expectedVersion: event['expectedVersion'],
    version,
    patch: event['patch'],
  };
}

function subject({ tenant, device, eventId, eventTime, receivedAt }: Event) {
  return { tenant, device, eventId, eventTime, receivedAt };
}
