import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ConnectivityState, deviceDescribed, topics } from '#schemas';
import { LATENESS_MS } from '../../../processors/connectivity/state.ts';
import { Device, HOUR, MINUTE, START } from './device.ts';

const RUNS = 40;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`connectivity permutations: SEED=${seed}, ${RUNS} runs`);

const SEEN = { kind: 'report', historical: false } as const;

/** How long a history lasts, how far ticks are apart, and by how many of them an event may be late at most. */
interface Pace {
  readonly span: number;
  readonly tick: number;
  readonly lag: number;
}

/** Some hours, all within the lateness; and days, in which hours are closed while events still come. */
const PACES: readonly (readonly [string, Pace])[] = [
  ['hours', { span: 4 * HOUR, tick: 10 * MINUTE, lag: 30 }],
  ['days', { span: 60 * HOUR, tick: HOUR, lag: 22 }],
];

const kinds = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('report' as const), historical: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('link' as const),
      technology: fc.constantFrom('LTE_M' as const, 'LORAWAN' as const),
      gateway: fc.constantFrom(null, 'gw-1', 'gw-2'),
      snr: fc.constantFrom(null, -7.25, 3.5),
      packetsSent: fc.option(fc.nat({ max: 70_000 })),
      bytesUp: fc.option(fc.nat({ max: 100_000 })),
      latencyMs: fc.option(fc.double({ min: 0, max: 1e4, noNaN: true })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('began' as const, 'over' as const),
      sessionId: fc.constantFrom('s1', 's2', 's3', 's4'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('said' as const),
      intervalMs: fc.constantFrom(5 * MINUTE, 20 * MINUTE, HOUR),
    }),
  },
);

/** An event, when it happened, and after how many ticks it came to the log, in one run and in another. */
const happening = ({ span, tick, lag }: Pace) =>
  fc.record({
    what: kinds,
    // Few moments, so that several happen at once, some at the edge of a window.
    time: fc.integer({ min: 0, max: (20 * span) / tick }).map((n) => (n * tick) / 20),
    delay: fc.integer({ min: 0, max: 90_000 }),
    lags: fc.tuple(fc.nat({ max: lag }), fc.nat({ max: lag })),
    isTwice: fc.boolean(),
  });

type Happening = ReturnType<typeof happening> extends fc.Arbitrary<infer T> ? T : never;

async function send(device: Device, { what, time, delay }: Happening, sequence: number): Promise<void> {
  const when = { deviceTime: time, receivedAt: time + delay, sequence, payloadBytes: 20 };
  if (what.kind === 'report') return device.report({ ...when, historical: what.historical });
  if ('sessionId' in what) {
    return what.kind === 'began'
      ? device.sessionStarted(what.sessionId, when)
      : device.sessionEnded(what.sessionId, 'CONNECTION_LOST', when);
  }
  if (what.kind === 'link') {
    const { kind: _, ...said } = what;
    return device.link({ ...said, packetsLost: 0, spreadingFactor: what.technology === 'LORAWAN' ? 9 : null }, when);
  }
  const nothing = { model: null, hardware: null, firmware: null, lot: null, site: null };
  const said = { device: 'd1', ...nothing, reportIntervalMs: what.intervalMs };
  const times = { ...when, deviceTime: START + time, receivedAt: START + time + delay };
  return device.run.send(deviceDescribed, { ...said, ...times });
}

/** Folds a history in which each event comes so late, in a drawn order within each tick. */
async function folded(
  all: readonly Happening[],
  { span, tick: every, lag }: Pace,
  run: 0 | 1,
  shuffle: readonly number[],
  crashes: boolean,
) {
  const device = await Device.begin();
  const arrivals = all
    .map((each, i) => ({ each, i, tick: Math.ceil((each.time + each.delay) / every) + each.lags[run] }))
    .toSorted((a, b) => a.tick - b.tick || (shuffle[a.i] ?? 0) - (shuffle[b.i] ?? 0));
  for (const [number, { each, i, tick }] of arrivals.entries()) {
    await device.pass(tick * every, every);
    await send(device, each, i + 1);
    if (run === 1 && each.isTwice) await send(device, each, i + 1);
    if (crashes && number === arrivals.length >> 1) await device.run.crash({ keepLocalState: i % 2 === 0 });
  }
  const end = span + (lag + 2) * every;
  await device.pass(end, every);
  const open = contents(device);
  // Until the last hour is closed.
  await device.pass(end + LATENESS_MS + 2 * HOUR, HOUR);
  const state = device.run.state('acme/d1') as ConnectivityState;
  const closed = [...contents(device)].filter(([, { start }]) => start < (state.closedTo as number)).sort(byKey);
  return { open, closed, state, advice: device.run.read(topics.connectivityAdvice).map(({ detail }) => detail) };
}

/** The last revision of every row, without how it came to be. */
function contents(device: Device): ReadonlyMap<string, { readonly start: number }> {
  return new Map(
    [...device.windows].map(([key, row]) => {
      const { revision: _r, causeOffset: _o, causePath: _p, logTime: _t, ...rest } = row;
      return [key, rest] as const;
    }),
  );
}

test.each(PACES)(
  'in %s any order within the lateness, repetitions and crashes give the same last revisions',
  async (_, pace) => {
    const history = fc.array(happening(pace), { minLength: 1, maxLength: 25 });
    const shuffles = fc.array(fc.nat(), { minLength: 26, maxLength: 26 });
    await fc.assert(
      fc.asyncProperty(history, shuffles, async (drawn, shuffle) => {
        // Hours are written of devices that were seen.
        const all = [{ ...(drawn[0] as Happening), what: SEEN, time: 0 }, ...drawn];
        const one = await folded(all, pace, 0, [], false);
        const other = await folded(all, pace, 1, shuffle, true);
        expect(other.closed).toEqual(one.closed);
        // What is learnt only once an hour is closed can be otherwise before; all else cannot.
        const short = (rows: typeof one.open) => [...rows].filter(([key]) => !key.includes(' 3600 ')).sort(byKey);
        expect(short(other.open)).toEqual(short(one.open));
        const { status, lastSeen, firstSeen, sessions, said, gaps, learntMs, closedGaps, uplinks, monthBytes } =
          one.state;
        expect(other.state).toMatchObject({
          status,
          lastSeen,
          firstSeen,
          sessions,
          said,
          gaps,
          learntMs,
          closedGaps,
          uplinks,
          monthBytes,
        });
        expect(other.advice).toEqual(one.advice);
      }),
      { seed, numRuns: RUNS },
    );
  },
  120_000,
);

function byKey([a]: readonly [string, object], [b]: readonly [string, object]): number {
  return a < b ? -1 : 1;
}
