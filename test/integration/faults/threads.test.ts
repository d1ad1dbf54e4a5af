import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openFleet, type WorkerProcess } from './fleet.ts';
import { canRun, ownKafka, registryUrl, seedOf } from './own.ts';

const PARTITIONS = 6;
const EVENTS_MIN = 10_000;
const EVENTS_MAX = 1_000_000;

test.skipIf(!canRun)(
  'two threads of a process share the partitions, are killed by kill -9, and go on: the derived topics equal the oracle',
  { timeout: 240_000 },
  async () => {
    const seed = seedOf('threads');
    const kafka = await ownKafka();
    const fleet = await openFleet({
      brokers: kafka.brokers,
      registry: registryUrl(),
      seed,
      events: EVENTS_MAX,
      partitions: PARTITIONS,
      rate: 2_000,
    });
    const first = fleet.run('a', 2);
    await until(() => sharesOf(first).size === 2, first);
    while ((await fleet.derived()) === 0) await pause(50);
    await first.kill();
    expect(await fleet.outstanding()).toBeGreaterThan(0);

    const second = fleet.run('a', 2);
    await until(() => sharesOf(second).size === 2, second);
    const shares = [...sharesOf(second).values()];
    expect(shares.map(({ length }) => length)).toEqual([PARTITIONS / 2, PARTITIONS / 2]);
    expect(new Set(shares.flat()).size).toBe(PARTITIONS);
    while (fleet.sentSoFar() < EVENTS_MIN) await pause(100);
    fleet.enough();
    await fleet.sent;
    await fleet.drained(120_000);
    await second.stop();
    expect(await fleet.differs()).toBeNull();
    await fleet.close();
  },
);

/** The share that each thread holds, once they are all of one generation and hold every partition. */
function sharesOf({ lines }: WorkerProcess): Map<number, readonly number[]> {
  const begun = lines
    .filter((line) => line.includes('share_begins'))
    .map((line) => JSON.parse(line) as { thread: number; generation: number; partitions: readonly number[] });
  const newest = Math.max(...begun.map(({ generation }) => generation));
  const held = begun.filter(({ generation, partitions }) => generation === newest && partitions.length < PARTITIONS);
  return new Map(held.map(({ thread, partitions }) => [thread, partitions]));
}

async function until(holds: () => boolean, { child, lines }: WorkerProcess): Promise<void> {
  while (!holds()) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${lines.slice(-10).join('\n')}`);
    await pause(50);
  }
}
