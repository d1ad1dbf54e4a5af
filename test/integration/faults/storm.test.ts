import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openFleet } from './fleet.ts';
import { canRun, LONG, ownKafka, registryUrl, seedOf } from './own.ts';
import type { WorkerProcess } from './processes.ts';

const STORM_MS = LONG ? 180_000 : 20_000;
const FROZEN_MS = LONG ? 15_000 : 13_000;

test.skipIf(!canRun)(
  'workers that come and go, and one that is frozen: the derived topics equal the oracle',
  {
    timeout: LONG ? 600_000 : 240_000,
  },
  async () => {
    const seed = seedOf('storm');
    const kafka = await ownKafka();
    const events = LONG ? 200_000 : 40_000;
    const fleet = await openFleet({ brokers: kafka.brokers, registry: registryUrl(), seed, events, rate: 1_000 });
    const steady = fleet.start('steady');
    const frozen = fleet.start('frozen');
    const stormEnds = Date.now() + STORM_MS;
    const freeze = freezeOnce(frozen);
    let guest: WorkerProcess | null = null;
    let moves = 0;
    while (Date.now() < stormEnds) {
      await pause(2_000);
      if (guest === null) guest = fleet.start('guest');
      else {
        // Half of the guests leave as they should.
        if (moves % 4 === 1) await guest.stop();
        else await guest.kill();
        guest = null;
      }
      moves++;
    }
    await freeze;
    await guest?.stop();
    await fleet.sent;
    await fleet.drained(120_000);
    await Promise.all([steady.stop(), frozen.stop()]);
    const lost = frozen.lines.filter((line) => /^(ownership_lost|fenced) /.test(line)).length;
    const shares = steady.lines.filter((line) => line.startsWith('share_begins')).length;
    console.log(`${moves} moves, ${shares} shares of the steady worker; the frozen one lost its share ${lost} times`);
    expect(shares).toBeGreaterThan(2);
    expect(await fleet.differs()).toBeNull();
    await fleet.close();
  },
);

/** Longer than its session: the group gives its share to others meanwhile, and it wakes with a commit of the past. */
async function freezeOnce({ child }: WorkerProcess): Promise<void> {
  await pause(5_000);
  child.kill('SIGSTOP');
  await pause(FROZEN_MS);
  child.kill('SIGCONT');
}
