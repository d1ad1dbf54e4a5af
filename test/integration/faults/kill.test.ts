import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { chanceFrom } from '../../simulation/chance.ts';
import { openFleet } from './fleet.ts';
import { canRun, LONG, ownKafka, registryUrl, seedOf } from './own.ts';

const KILLS = LONG ? 50 : 8;
/** They flow until the last kill. */
const EVENTS_MIN = LONG ? 1_000_000 : 20_000;
const RATE = 4_000;
const EVENTS_MAX = 100 * EVENTS_MIN;
/** Where a worker dies; an empty one by a kill from outside at a random moment. */
const DEADLY = ['', 'fetched', 'folded', 'commit.begin', '', 'commit.done', 'save.begin', 'save.done'];

test.skipIf(!canRun)(
  `${KILLS} times kill -9 of a worker while events flow: the derived topics equal the oracle`,
  {
    timeout: LONG ? 1_800_000 : 240_000,
  },
  async () => {
    const seed = seedOf('kill');
    const chance = chanceFrom(seed);
    const kafka = await ownKafka();
    const fleet = await openFleet({
      brokers: kafka.brokers,
      registry: registryUrl(),
      seed,
      events: EVENTS_MAX,
      rate: RATE,
    });
    /** First output in ms, of lives whose predecessor had the same name, and of those that wait for the session of another. */
    const recoveries = { same: [] as number[], other: [] as number[] };
    let previous = '';
    let outstanding = Number.POSITIVE_INFINITY;
    for (let life = 0; life < KILLS; life++) {
      // Some lives begin on a machine that has never held the state.
      const instance = chance.hit(0.25) ? `new-${life}` : 'a';
      const deadly = DEADLY[life % DEADLY.length] as string;
      const before = await fleet.derived();
      const bornAt = performance.now();
      const worker = fleet.start(instance, deadly === '' ? {} : { deadly, nth: chance.int(3, 12) });
      const dead = deadly === '' ? pause(chance.int(2_500, 5_000)) : Promise.race([worker.ended, pause(30_000)]);
      let isOver = false;
      void dead.then(() => {
        isOver = true;
      });
      while (!isOver) {
        if ((await fleet.derived()) > before) {
          recoveries[instance === previous || previous === '' ? 'same' : 'other'].push(performance.now() - bornAt);
          break;
        }
        await pause(50);
      }
      await dead;
      await worker.kill();
      const [, signal] = await worker.ended;
      expect(signal, worker.lines.join('\n')).toBe('SIGKILL');
      outstanding = Math.min(outstanding, await fleet.outstanding());
      previous = instance;
    }
    const last = fleet.start('a');
    while (fleet.sentSoFar() < EVENTS_MIN) await pause(100);
    fleet.enough();
    await fleet.sent;
    await fleet.drained(120_000);
    await last.stop();
    console.log(
      `${KILLS} kills, at least ${outstanding} events outstanding at each; first output after a restart under the same name: ${msOf(recoveries.same)}; under another: ${msOf(recoveries.other)}`,
    );
    expect(outstanding).toBeGreaterThan(0);
    expect(await fleet.differs()).toBeNull();
    await fleet.close();
  },
);

function msOf(recoveries: readonly number[]): string {
  const sorted = recoveries.toSorted((a, b) => a - b);
  if (sorted.length === 0) return 'none';
  return `${Math.round(sorted[sorted.length >> 1] as number)} ms in the median, ${Math.round(sorted.at(-1) as number)} ms at worst`;
}
