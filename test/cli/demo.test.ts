import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Agenda } from '../../cli/demo/agenda.ts';
import { type Happening, makeFleet } from '../../cli/demo/fleet.ts';
import { random } from '../../cli/demo/random.ts';

const START = Date.UTC(2026, 10, 1);
const TEN_MINUTES = 600_000;

type Event = Extract<Happening, { kind: 'event' }>;

function played(seed: number, startMs = START, stepMs = TEN_MINUTES): Happening[] {
  const fleet = makeFleet(seed, 300, startMs);
  const happened: Happening[] = [];
  for (let at = stepMs; at <= TEN_MINUTES; at += stepMs) happened.push(...fleet.until(at));
  return happened;
}

function digest(happenings: readonly Happening[]): string {
  const hash = createHash('sha256');
  for (const each of happenings)
    hash.update(JSON.stringify([each.atMs, each.device.id, each.kind === 'desire' ? each.patch : each.body]));
  return hash.digest('hex');
}

const events = played(7).filter((each): each is Event => each.kind === 'event');

describe('the demo fleet', () => {
  test('says the same for the same seed, in whatever steps it is played', () => {
    expect(digest(played(7))).toBe(digest(played(7, START, 50)));
    expect(digest(played(7))).not.toBe(digest(played(8)));
  });

  test('moves with its start, and numbers a later run in later epochs', () => {
    const later = played(7, START + 3_600_000).filter((each): each is Event => each.kind === 'event');
    expect(later.map(({ atMs, device, route }) => [atMs, device.id, route])).toEqual(
      events.map(({ atMs, device, route }) => [atMs, device.id, route]),
    );
    const epochs = (all: readonly Event[]) =>
      all.map(({ body }) => body['epoch'] as number | undefined).filter((each) => each !== undefined);
    expect(Math.min(...epochs(later))).toBeGreaterThan(Math.max(...epochs(events)));
  });

  test('has both tenants and all four technologies', () => {
    const { devices } = makeFleet(7, 1_000, START);
    const kinds = new Set(devices.map(({ tenant, profile }) => `${tenant} ${profile.technology}`));
    expect(kinds.size).toBe(8);
    expect(new Set(devices.map(({ tenant, id }) => `${tenant}/${id}`)).size).toBe(1_000);
  });

  test('sends duplicates byte for byte', () => {
    const seen = new Map<string, number>();
    for (const { device, route, body } of events) {
      const key = `${device.tenant}/${device.id}/${route}/${JSON.stringify(body)}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    expect([...seen.values()].filter((count) => count === 2).length).toBeGreaterThan(events.length / 500);
  });

  test('sends late bursts with the times and numbers of the days offline', () => {
    const late = events.filter(
      ({ atMs, body }) => (body['time'] as number) < START + atMs - 86_400_000 && (body['time'] as number) > START / 2,
    );
    expect(late.length).toBeGreaterThan(100);
    const bursts = new Set(late.map(({ device, atMs }) => `${device.id}@${atMs}`));
    expect(bursts.size).toBeLessThan(late.length / 20);
    expect(late.filter(({ body }) => 'sequence' in body).length).toBeGreaterThan(0);
  });

  test('has clocks of 1970, of ten years ahead, of minutes ahead, and none', () => {
    const shifts = events.map(({ atMs, body }) => ('time' in body ? (body['time'] as number) - (START + atMs) : null));
    expect(shifts).toContain(null);
    expect(shifts.some((shift) => shift !== null && shift < -50 * 365 * 86_400_000)).toBe(true);
    expect(shifts.some((shift) => shift !== null && shift > 9 * 365 * 86_400_000)).toBe(true);
    expect(shifts).toContain(11 * 60_000);
  });

  test('begins counters anew in a later epoch, leaves gaps, and has devices that number nothing', () => {
    const numbers = new Map<string, number[]>();
    const epochs = new Map<string, Set<number>>();
    for (const { device, body } of events) {
      if (!('sequence' in body)) continue;
      const stream = `${device.tenant}/${device.id}/${String(body['epoch'])}`;
      numbers.set(stream, [...(numbers.get(stream) ?? []), body['sequence'] as number]);
      const key = `${device.tenant}/${device.id}`;
      epochs.set(key, (epochs.get(key) ?? new Set()).add(body['epoch'] as number));
    }
    expect([...epochs.values()].some((each) => each.size > 1)).toBe(true);
    const withGap = [...numbers.values()].filter((each) => new Set(each).size < Math.max(...each) + 1);
    expect(withGap.length).toBeGreaterThan(0);
    expect(events.some(({ body }) => !('sequence' in body))).toBe(true);
  });

  test('answers a desired state as the device is minded', () => {
    const fleet = makeFleet(7, 300, START);
    const answers = new Map<string, readonly Event[]>();
    for (const device of fleet.devices) fleet.told(device, { interval: 30 }, 0);
    const said = fleet.until(60_000).filter((each): each is Event => each.kind === 'event');
    for (const temper of ['obeys', 'drifts', 'refuses', 'ignores'] as const) {
      const own = said.filter(
        ({ device, route, body }) =>
          device.temper === temper &&
          route === 'twin/reported' &&
          !('sequence' in body) &&
          !('firmware' in (body['patch'] as object)),
      );
      answers.set(
        temper,
        own.filter(({ body }) => 'rejected' in body || 'interval' in (body['patch'] as object)),
      );
    }
    const patches = (temper: string) =>
      new Set((answers.get(temper) ?? []).map(({ body }) => JSON.stringify(body['patch'])));
    expect(patches('obeys')).toEqual(new Set(['{"interval":30}']));
    expect(patches('drifts')).toEqual(new Set(['{"interval":30}', '{"interval":31}']));
    expect(new Set(answers.get('refuses')?.map(({ body }) => JSON.stringify(body['rejected'])))).toEqual(
      new Set(['{"/interval":"locked by the site"}']),
    );
    expect(answers.get('ignores')).toEqual([]);
  });
});

describe('what goes wrong in the demo fleet', () => {
  const MINUTE = 60_000;
  const happenings = played(7);

  const isWithin = (atMs: number) => atMs >= 2 * MINUTE && atMs < 17 * MINUTE;

  test('is a gateway that nobody behind it is heard through for a quarter of an hour, while others are', () => {
    const of = (gateway: string, from: number, to: number) =>
      events.filter(
        ({ device, route, atMs, body }) =>
          device.gateway === gateway && route === 'telemetry' && atMs >= from && atMs < to && !('stored' in body),
      ).length;
    expect(of('acme-gw-1', 0, 2 * MINUTE)).toBeGreaterThan(0);
    const silent = events.filter(({ device, atMs }) => device.gateway === 'acme-gw-1' && isWithin(atMs));
    expect(silent).toEqual([]);
    expect(of('acme-gw-2', 2 * MINUTE, 10 * MINUTE)).toBeGreaterThan(0);
  });

  test('is a battery that has fallen for days, and goes on to fall', () => {
    const isStored = (time: number) => time < START && time > START - 30 * 86_400_000;
    const levels = events.filter(({ route, body }) => route === 'battery' && isStored(body['time'] as number));
    const [first] = levels;
    expect(new Set(levels.map(({ device }) => device.id)).size).toBe(1);
    const all = events.filter(({ route, device }) => route === 'battery' && device.id === first?.device.id);
    const told = all
      .map(({ body }) => ({ at: body['time'] as number, level: body['level'] as number }))
      .toSorted((a, b) => a.at - b.at);
    expect(told.length).toBeGreaterThan(10);
    expect(told.map(({ level }) => level)).toEqual(told.map(({ level }) => level).toSorted((a, b) => b - a));
    expect(START - (told[0]?.at ?? START)).toBeGreaterThan(3 * 86_400_000);
  });

  test('is seen and judged by operators', () => {
    const remarks = happenings.filter(({ kind }) => kind === 'remark');
    const told = remarks.flatMap((each) => ('route' in each && each.route !== 'maintenance' ? [each.route] : []));
    expect(told).toEqual(['alert/acknowledged']);
  });
});

test('an agenda gives everything back in order of time, then of arrival', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
      const agenda = new Agenda<number>();
      for (const [order, at] of times.entries()) agenda.add(at, order);
      const taken: [number, number][] = [];
      for (let entry = agenda.take(); entry !== null; entry = agenda.take()) taken.push([entry.atMs, entry.what]);
      const sorted = [...times.entries()]
        .map(([order, at]) => [at, order] as [number, number])
        .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      expect(taken).toEqual(sorted);
      expect(agenda.nextMs).toBe(Number.POSITIVE_INFINITY);
    }),
  );
});

test('random numbers are even, and differ between streams', () => {
  expect(new Set(Array.from({ length: 100 }, (_, stream) => random(3, stream).unit())).size).toBe(100);
  const own = random(1, 1);
  const counts = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 100_000; i++) {
    const drawn = own.whole(0, 9);
    counts[drawn] = (counts[drawn] as number) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});
