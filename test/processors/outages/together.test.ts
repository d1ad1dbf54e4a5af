// What receivers are told where devices fail together: one alert of what they have in common, and none of theirs.
import { expect, test } from 'vitest';
import { type LinkReported, linkReported, sessionEnded, sessionStarted, topics } from '#schemas';
import { simulate, type Simulation } from '#runtime/simulate.ts';
import { alerts } from '../../../processors/alerts/processor.ts';
import { connectivity } from '../../../processors/connectivity/processor.ts';
import { outages } from '../../../processors/outages/processor.ts';
import { link, MINUTE, SECOND, START } from '../connectivity/device.ts';

type Places = Readonly<Record<string, Partial<LinkReported>>>;

const lte = (cell: string, operator = 'o1') => ({ technology: 'LTE_M', cell, operator }) as const;

/** Devices `a0`, `a1` and so on, over these places in turn. */
function some(name: string, count: number, ...places: Partial<LinkReported>[]): Places {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}${i}`, places[i % places.length] ?? {}]));
}

/** Everybody reports each minute from one minute to another, except those who are silent. */
async function live(
  run: Simulation,
  places: Places,
  [from, to]: readonly [number, number],
  isSilent: (device: string) => boolean = () => false,
): Promise<void> {
  for (let minute = from; minute < to; minute++) {
    await run.advanceTo(START + minute * MINUTE + SECOND);
    for (const [device, place] of Object.entries(places))
      if (!isSilent(device)) await run.send(linkReported, { ...link({ ...place }), device });
    await run.advanceTo(START + minute * MINUTE + 30 * SECOND);
  }
}

const begin = async () => {
  const run = await simulate(alerts, { beside: [connectivity, outages], partitions: 2 });
  await run.advanceTo(START);
  return run;
};

/** What is delivered, as change and key. */
const delivered = (run: Simulation) =>
  run.read(topics.alerts).flatMap(({ deliver, change, alert }) => (deliver ? [`${change} ${alert}`] : []));

const cases = [
  ['a cell', 'outages.cell/cell:o1:c1', some('a', 5, lte('c1')), some('b', 12, lte('c2'), lte('c3'))],
  [
    'an operator',
    'outages.operator/operator:o1',
    some('a', 9, lte('c1'), lte('c2'), lte('c3')),
    some('b', 9, lte('c9', 'o2')),
  ],
  [
    'some SIMs of an operator',
    'outages.subscriptions/subscriptions:o1',
    some('a', 6, lte('c1'), lte('c2'), lte('c3')),
    some('b', 12, lte('c1'), lte('c2'), lte('c3')),
  ],
] as const;

test.each(cases)(
  'where %s is away, one alert is told, and one device that fails beside it has its own',
  { timeout: 60_000 },
  async (_, alert, away, others) => {
    const run = await begin();
    const all = { ...away, ...others };
    await live(run, all, [0, 5]);
    await live(run, all, [5, 30], (device) => device in away);
    await run.crash({ keepLocalState: false });
    expect(delivered(run)).toEqual([`OPENED ${alert}`]);
    await live(run, all, [30, 55], (device) => device in away || device === 'b0');
    expect(delivered(run)).toEqual([`OPENED ${alert}`, 'RELEASED connectivity.offline/b0']);
    await live(run, all, [55, 75]);
    const ends = delivered(run).slice(2);
    expect(ends.toSorted()).toEqual(['RESOLVED connectivity.offline/b0', `RESOLVED ${alert}`]);
  },
);

/** The session of a device breaks off each two minutes, for twenty seconds. */
async function flap(
  run: Simulation,
  places: Places,
  devices: readonly string[],
  [from, to]: readonly [number, number],
): Promise<void> {
  for (let minute = from; minute < to; minute += 2) {
    const at = (seconds: number) => START + minute * MINUTE + seconds * SECOND;
    for (const [offset, type] of [
      [0, sessionEnded],
      [20, sessionStarted],
    ] as const) {
      await run.advanceTo(at(offset));
      for (const device of devices) {
        const session = minute + offset / 20 - 1;
        await run.send(type, { device, sessionId: `${device}-${session}`, reason: 'CONNECTION_LOST' });
      }
    }
    for (const offset of [40, 80, 119]) await run.advanceTo(at(offset));
    for (const [device, place] of Object.entries(places))
      await run.send(linkReported, { ...link({ ...place }), device });
  }
}

test('where most devices of a cell come and go, the cell is told; where one does, the device', async () => {
  const cell = some('a', 4, lte('c1'));
  for (const [devices, opened] of [
    [Object.keys(cell), ['OPENED outages.flapping/cell:o1:c1']],
    [['a0'], ['RELEASED connectivity.flapping/a0']],
  ] as const) {
    const run = await begin();
    await live(run, cell, [0, 2]);
    await flap(run, cell, devices, [2, 26]);
    expect(delivered(run)).toEqual(opened);
    await live(run, cell, [26, 60]);
    expect(delivered(run).slice(1)).toEqual(opened.map((each) => each.replace(/^\w+/, 'RESOLVED')));
  }
}, 60_000);
