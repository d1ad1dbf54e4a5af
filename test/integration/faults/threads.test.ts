import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openFleet } from './fleet.ts';
import { canRun, ownKafka, registryUrl, seedOf } from './own.ts';
import type { WorkerProcess } from './processes.ts';

const PARTITIONS = 6;

test.skipIf(!canRun)(
  'two threads of one process share the partitions, are killed, and stop cleanly: the derived topics equal the oracle',
  { timeout: 240_000 },
  async () => {
    const seed = seedOf('threads');
    const kafka = await ownKafka();
    const options = { brokers: kafka.brokers, registry: registryUrl(), seed, events: 20_000, rate: 2_000 };
    const fleet = await openFleet({ ...options, partitions: PARTITIONS });

    const first = fleet.run('a', { threads: 2 });
    await shared(first);
    while ((await fleet.derived()) < 1_000) await pause(50);
    await first.kill();
    expect(await fleet.outstanding()).toBeGreaterThan(0);

    // The shares of the new life come when the group has heard that the old one is dead.
    const second = fleet.run('a', { threads: 2 });
    await shared(second);
    const { health } = /(?<health>http:\S+)"/.exec(second.lines.join('\n'))?.groups ?? {};
    await expect.poll(async () => (await fetch(health as string)).status, { timeout: 30_000 }).toBe(200);

    await fleet.sent;
    await fleet.drained(120_000);
    await second.stop();
    expect(second.lines.at(-1)).toContain('stopped');
    // Node warns of what kafkajs does with its timers, and a user would see it.
    expect([...first.errors, ...second.errors]).toEqual([]);
    expect(await fleet.differs()).toBeNull();
    await fleet.close();
  },
);

test.skipIf(!canRun)('a thread that fails ends the process with its error', { timeout: 120_000 }, async () => {
  const kafka = await ownKafka();
  const options = { brokers: kafka.brokers, registry: registryUrl(), seed: seedOf('threads'), events: 100 };
  const fleet = await openFleet({ ...options, partitions: PARTITIONS });
  await fleet.sent;
  const wrong = fleet.run('a', { threads: 2, partitions: PARTITIONS + 1 });
  expect((await wrong.ended)[0]).toBe(1);
  expect(wrong.lines.at(-1)).toMatch(/^partitions_changed: /);
  await fleet.close();
});

/** Waits until each of the two threads holds half of the partitions. */
async function shared({ lines }: WorkerProcess): Promise<void> {
  const newest = () => {
    const shares = lines.filter((line) => line.includes('"share_begins"')).map((line) => JSON.parse(line) as Begun);
    return shares.filter(({ generation }) => generation === shares.at(-1)?.generation);
  };
  const held = () => newest().map(({ partitions }) => partitions.length);
  await expect.poll(held, { timeout: 60_000 }).toEqual([PARTITIONS / 2, PARTITIONS / 2]);
  expect(new Set(newest().flatMap(({ partitions }) => partitions)).size).toBe(PARTITIONS);
}

interface Begun {
  readonly generation: number;
  readonly partitions: readonly number[];
}
