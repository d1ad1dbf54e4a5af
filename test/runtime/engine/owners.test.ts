import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type Owners, ownersOf } from '#runtime/engine/owners.ts';
import { type Log, LogError } from '#runtime/log/log.ts';
import { type Chance, chanceFrom } from '../../simulation/chance.ts';
import { Bench } from './examples.ts';

/** Apps over one log, and what the members of each run. */
class Apps {
  readonly members = new Map<string, ReadonlySet<string>>();
  /** Called after each look at the members of an app. */
  looked: () => void | Promise<void> = () => undefined;
  readonly #bench = new Bench();

  of(app: string, processors: readonly string[], log: Log = this.#bench.log): Owners {
    const isRun = async (other: string, processor: string) => {
      const found = this.members.get(other)?.has(processor) ?? false;
      await this.looked();
      return found;
    };
    return ownersOf({ log, registry: this.#bench.registry, app, processors, isRun, now: () => 0 });
  }

  /** A worker of the app that gets as far as folding. */
  async start(app: string, processors: readonly string[], log?: Log): Promise<Owners> {
    const owners = this.of(app, processors, log);
    await owners.claim();
    this.members.set(app, new Set(processors));
    try {
      await owners.confirm();
    } catch (error) {
      this.members.delete(app);
      throw error;
    }
    return owners;
  }

  /** The log, each of whose steps takes some turns of the others. */
  slow(chance: Chance): Log {
    return new Proxy(this.#bench.log, {
      get(target, name) {
        const found: unknown = Reflect.get(target, name, target);
        if (typeof found !== 'function') return found;
        return async (...args: unknown[]) => {
          for (let turns = chance.int(0, 5); turns > 0; turns--) await turn();
          return Reflect.apply(found, target, args) as unknown;
        };
      },
    });
  }
}

const OWNED = { code: 'processor_owned' };

test('a processor moves to another app once no worker of the first runs it, though that one runs on', async () => {
  const apps = new Apps();
  const first = await apps.start('a', ['ledger', 'twin']);
  await expect(apps.start('b', ['twin'])).rejects.toMatchObject({
    ...OWNED,
    message: expect.stringMatching(
      /^processor_owned: twin is run by app a, so app b must not; [^\n]*without twin; [^\n]*$/,
    ),
  });
  await first.confirm();
  // Killed, or stopped: either way it is no member any more.
  apps.members.delete('a');
  await apps.start('a', ['ledger']);
  const second = await apps.start('b', ['twin']);
  await second.confirm();
  await expect(first.confirm()).rejects.toMatchObject(OWNED);
  await expect(apps.start('a', ['ledger', 'twin'])).rejects.toMatchObject(OWNED);
  apps.members.delete('b');
  await apps.start('a', ['ledger', 'twin']);
});

describe('an app that joins while another claims', () => {
  /** `a` owns the processor, and comes back just after the first look at it. */
  async function comesBack(apps: Apps, atSecondLook: () => void = () => undefined) {
    const first = await apps.start('a', ['twin']);
    apps.members.delete('a');
    let looks = 0;
    apps.looked = async () => {
      looks++;
      if (looks === 2) atSecondLook();
      if (looks > 1) return;
      apps.members.set('a', new Set(['twin']));
      await first.confirm();
    };
    return first;
  }

  test('stays its owner, and the other is refused', async () => {
    const apps = new Apps();
    const first = await comesBack(apps);
    await expect(apps.of('b', ['twin']).claim()).rejects.toMatchObject(OWNED);
    await first.confirm();
  });

  test('is seen by a claim that could not look the first time', async () => {
    const apps = new Apps();
    const first = await comesBack(apps, () => {
      throw new LogError('log_refused', 'group a shares its partitions out now; ask again');
    });
    const other = apps.of('b', ['twin']);
    await expect(other.claim()).rejects.toMatchObject({ code: 'log_refused' });
    await expect(other.claim()).rejects.toMatchObject(OWNED);
    await first.confirm();
  });

  test.each(['b', 'c'])('is seen by %s, after b ended between its claim and its look', async (app) => {
    const apps = new Apps();
    const first = await comesBack(apps, () => {
      throw new Error('killed');
    });
    await expect(apps.of('b', ['twin']).claim()).rejects.toThrow('killed');
    await expect(apps.of(app, ['twin']).claim()).rejects.toMatchObject(OWNED);
    if (app === 'b') await first.confirm();
  });
});

test.each(Array.from({ length: 100 }, (_, i) => i + 1))(
  'three apps in any order, one at a time: seed %i',
  async (seed) => {
    const chance = chanceFrom(seed);
    const apps = new Apps();
    const running = new Set<string>();
    let begun = 0;
    const live = async (app: string) => {
      const log = apps.slow(chance.fork());
      for (let life = 0; life < 4; life++) {
        for (let turns = chance.int(0, 20); turns > 0; turns--) await turn();
        const owners = await apps.start(app, ['twin'], log).catch(refused);
        if (owners === null) continue;
        running.add(app);
        begun++;
        expect([...running], `seed ${seed}`).toEqual([app]);
        for (let turns = chance.int(0, 20); turns > 0; turns--) await turn();
        running.delete(app);
        apps.members.delete(app);
      }
    };
    await Promise.all(['a', 'b', 'c'].map(live));
    expect(begun, `seed ${seed}`).toBeGreaterThan(0);
  },
);

function refused(error: unknown): null {
  if ((error as { readonly code?: unknown }).code !== OWNED.code) throw error;
  return null;
}
