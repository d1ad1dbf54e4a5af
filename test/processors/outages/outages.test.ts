import { describe, expect, test } from 'vitest';
import { type LinkReported, linkReported, topics } from '#schemas';
import { simulate, type Simulation } from '#runtime/simulate.ts';
import { connectivity } from '../../../processors/connectivity/processor.ts';
import { outages } from '../../../processors/outages/processor.ts';
import { link, MINUTE, SECOND, START } from '../connectivity/device.ts';

/** A fleet on both stages; times count from `START`. */
class Fleet {
  readonly run: Simulation;
  readonly places: ReadonlyMap<string, Partial<LinkReported>>;
  now = 0;

  private constructor(run: Simulation, places: Fleet['places']) {
    this.run = run;
    this.places = places;
  }

  static async begin(places: Readonly<Record<string, Partial<LinkReported>>>): Promise<Fleet> {
    const run = await simulate(outages, { beside: [connectivity], partitions: 3 });
    await run.advanceTo(START);
    return new Fleet(run, new Map(Object.entries(places)));
  }

  /** Everybody reports each minute until that time, except those who are silent. */
  async live(until: number, silent: (device: string) => boolean = () => false): Promise<void> {
    while (this.now < until) {
      this.now += MINUTE;
      await this.run.advanceTo(START + this.now);
      for (const [device, place] of this.places) {
        if (!silent(device)) await this.run.send(linkReported, { ...link({ ...place }), device });
      }
    }
    await this.run.advanceTo(START + this.now + SECOND);
  }

  /** The last verdict of each device. */
  get verdicts(): ReadonlyMap<string, string> {
    const all = this.run.read(topics.outageVerdicts).toSorted((a, b) => a.revision - b.revision);
    return new Map(all.map(({ device, verdict }) => [device, verdict]));
  }

  signals(rule: string): readonly string[] {
    return this.run.read(topics.signals).flatMap((each) => (each.rule === rule ? [`${each.kind} ${each.device}`] : []));
  }
}

const lora = (gateway: string) => ({ technology: 'LORAWAN', gateway }) as const;
const lte = (cell: string, operator: string) => ({ technology: 'LTE_M', cell, operator }) as const;

/** Devices of that name and number, each at a place. */
function some(
  name: string,
  count: number,
  place: Partial<LinkReported>,
): Readonly<Record<string, Partial<LinkReported>>> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}${i}`, place]));
}

describe('outages', () => {
  test('tell that a gateway is down from who depends on it, name it once, and tell when it is up again', async () => {
    const fleet = await Fleet.begin({ ...some('a', 6, lora('gw-1')), ...some('b', 6, lora('gw-2')) });
    await fleet.live(5 * MINUTE);
    await fleet.live(30 * MINUTE, (device) => device.startsWith('a') || device === 'b0');
    expect([...fleet.verdicts].filter(([device]) => device !== 'b0').map(([, verdict]) => verdict)).toEqual(
      Array.from({ length: 6 }, () => 'GATEWAY_OR_BACKHAUL'),
    );
    expect(fleet.verdicts.get('b0')).toBe('DEVICE');
    expect(fleet.signals('outages.gateway')).toEqual(['RAISED gw-1']);
    const [told] = fleet.run
      .read(topics.outageVerdicts)
      .filter(({ device }) => device === 'a0')
      .slice(-1);
    expect(told).toMatchObject({ groupKind: 'gateway', groupName: 'gw-1', silent: 6, members: 6 });
    expect(told?.devices).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'a5']);
    expect(told?.causePath).toMatch(/^outages\/2\/\d+$/);
    await fleet.live(40 * MINUTE);
    expect(fleet.signals('outages.gateway')).toEqual(['RAISED gw-1', 'CLEARED gw-1']);
  }, 30_000);

  test('tell a cell from an operator by how far the silence reaches', async () => {
    const places = {
      ...some('a', 5, lte('c1', 'o1')),
      ...some('b', 5, lte('c2', 'o1')),
      ...some('c', 5, lte('c3', 'o2')),
    };
    const cell = await Fleet.begin(places);
    await cell.live(3 * MINUTE);
    await cell.live(20 * MINUTE, (device) => device.startsWith('a'));
    expect(cell.run.read(topics.outageVerdicts).at(-1)).toMatchObject({ verdict: 'OPERATOR_OR_CELL', groupName: 'c1' });
    const operator = await Fleet.begin(places);
    await operator.live(3 * MINUTE);
    await operator.live(20 * MINUTE, (device) => !device.startsWith('c'));
    const last = operator.run.read(topics.outageVerdicts).at(-1);
    expect(last).toMatchObject({ verdict: 'OPERATOR_OR_CELL', groupKind: 'operator', groupName: 'o1', silent: 10 });
  }, 30_000);

  test('tell that ingress was away when all places are silent, and late events confirm it', async () => {
    const fleet = await Fleet.begin({
      ...some('a', 4, lora('gw-1')),
      ...some('b', 4, lora('gw-2')),
      ...some('c', 4, lte('c1', 'o1')),
    });
    await fleet.live(3 * MINUTE);
    await fleet.live(20 * MINUTE, () => true);
    expect(new Set(fleet.verdicts.values())).toEqual(new Set(['INGEST']));
    // What a connector had held back comes with the times at which it was received.
    for (let minute = 4; minute <= 20; minute += 4) {
      for (const [device, place] of fleet.places) {
        const at = START + minute * MINUTE;
        await fleet.run.send(linkReported, { ...link({ ...place }), device, deviceTime: at, receivedAt: at });
      }
    }
    await fleet.live(21 * MINUTE);
    const last = fleet.run
      .read(topics.outageVerdicts)
      .filter(({ device }) => device === 'a0')
      .at(-1);
    expect(last).toMatchObject({ verdict: 'INGEST', detail: expect.stringContaining('Late events') as string });
    expect(fleet.signals('connectivity.offline').filter((each) => each.startsWith('RETRACTED'))).toHaveLength(12);
  }, 30_000);

  test('are judged alike after a crash, from the changelog alone', async () => {
    const fleet = await Fleet.begin({ ...some('a', 6, lora('gw-1')), ...some('b', 6, lora('gw-2')) });
    await fleet.live(5 * MINUTE);
    await fleet.run.crash({ keepLocalState: false });
    await fleet.live(16 * MINUTE, (device) => device.startsWith('a'));
    await fleet.run.crash();
    await fleet.live(30 * MINUTE, (device) => device.startsWith('a'));
    expect([...fleet.verdicts.values()]).toEqual(Array.from({ length: 6 }, () => 'GATEWAY_OR_BACKHAUL'));
    expect(fleet.signals('outages.gateway')).toEqual(['RAISED gw-1']);
  }, 30_000);
});
