import { describe, expect, test } from 'vitest';
import type { Signal } from '#schemas';
import { type Chance, chanceFrom } from '../../simulation/chance.ts';
import { MINUTE, SECOND, Tenant } from './tenant.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`inhibition in any order: SEED=${SEED}`);

const GRACE_MS = 30 * SECOND;
/** What each alert is behind: devices behind gateways, one gateway behind another, two devices behind both. */
const BEHIND: Readonly<Record<string, readonly string[]>> = {
  gw1: [],
  gw2: ['gw1'],
  gw3: [],
  d1: ['gw1'],
  d2: ['gw2'],
  d3: ['gw3'],
  d4: ['gw1', 'gw3'],
  d5: ['gw2', 'gw3'],
  d6: [],
};

interface Said {
  readonly kind: Signal['kind'];
  readonly device: string;
}

const keyOf = (device: string) => `${device.startsWith('gw') ? 'connectivity.offline' : 'rules.silent'}/${device}`;

/** What devices go down, and which of them come back. */
function storyOf(chance: Chance) {
  const down = Object.keys(BEHIND).filter(() => chance.hit(0.7));
  return { down, up: down.filter(() => chance.hit(0.5)) };
}

/** Says all of it within the time of grace, in an order that chance chooses. */
function say(tenant: Tenant, said: readonly Said[], chance: Chance): void {
  const begin = tenant.logTime;
  const times = said.map(() => begin + chance.int(1, GRACE_MS - 1)).sort((a, b) => a - b);
  for (const [index, { kind, device }] of shuffled(said, chance).entries()) {
    tenant.tick(times[index] as number);
    tenant.say(kind, { alert: keyOf(device), behind: BEHIND[device] ?? [] });
  }
}

function shuffled<T>(values: readonly T[], chance: Chance): readonly T[] {
  return values
    .map((value) => [chance.int(0, 1_000_000_000), value] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, value]) => value);
}

/** Alerts that receivers know and have not seen the end of. */
function known(tenant: Tenant): readonly string[] {
  const newest = new Map(
    tenant.changes.filter(({ deliver }) => deliver).map((change) => [change.alert, change.status]),
  );
  return [...newest].flatMap(([alert, status]) => (status === 'OPEN' ? [alert] : [])).sort();
}

/** What receivers know once all is told, and once what is over no longer explains anything. */
function outcome({ down, up }: ReturnType<typeof storyOf>, chance: Chance) {
  const tenant = new Tenant({ graceMs: GRACE_MS, burst: 1_000 });
  say(
    tenant,
    down.map((device) => ({ kind: 'RAISED', device })),
    chance,
  );
  tenant.tick(3 * MINUTE);
  const during = known(tenant);
  say(
    tenant,
    up.map((device) => ({ kind: 'CLEARED', device })),
    chance,
  );
  tenant.tick(10 * MINUTE);
  return { during, after: known(tenant) };
}

describe(`what is explained does not depend on the order in which it is told (seed ${SEED})`, () => {
  test('within the time of grace', () => {
    const stories = chanceFrom(SEED);
    let hidden = 0;
    for (let story = 0; story < 40; story++) {
      const told = storyOf(stories);
      const orders = Array.from({ length: 8 }, (_, order) => outcome(told, chanceFrom(SEED + 100 * story + order)));
      for (const order of orders) expect(order, `story ${story}: ${JSON.stringify(told)}`).toEqual(orders[0]);
      hidden += told.down.length - (orders[0]?.during.length ?? 0);
    }
    expect(hidden).toBeGreaterThan(20);
  });

  test('and hides exactly what has all its ways down, where nothing hides in a circle', () => {
    const stories = chanceFrom(SEED + 1);
    for (let story = 0; story < 40; story++) {
      const told = storyOf(stories);
      const isShown = (device: string, down: readonly string[]) => {
        const behind = BEHIND[device] ?? [];
        return down.includes(device) && (behind.length === 0 || !behind.every((each) => down.includes(each)));
      };
      const shown = (down: readonly string[]) =>
        Object.keys(BEHIND)
          .filter((device) => isShown(device, down))
          .map(keyOf)
          .sort();
      const left = told.down.filter((device) => !told.up.includes(device));
      const { during, after } = outcome(told, stories);
      expect({ during, after }).toEqual({ during: shown(told.down), after: shown(left) });
    }
  });
});
