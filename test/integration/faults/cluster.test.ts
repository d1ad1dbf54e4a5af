import { setTimeout as pause } from 'node:timers/promises';
import { Kafka } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { EVENTS_TOPIC } from '#sdk';
import { startCluster } from '../../stack/index.ts';
import { openFleet } from './fleet.ts';
import { canRun, LONG, registryUrl, seedOf } from './own.ts';

const KILLS = LONG ? 6 : 3;

test.skipIf(!canRun)(
  `three brokers, ${KILLS} of them killed, coordinators and leaders among them: the derived topics equal the oracle`,
  { timeout: LONG ? 900_000 : 400_000 },
  async () => {
    const seed = seedOf('cluster');
    // The first answer of a registry is its slowest, and three brokers that start slow it down.
    await fetch(`${registryUrl()}/subjects`);
    const kafka = await startCluster();
    onTestFinished(() => kafka.close());
    const admin = new Kafka({ brokers: [...kafka.brokers] }).admin();
    const events = LONG ? 100_000 : 40_000;
    const fleet = await openFleet({ brokers: kafka.brokers, registry: registryUrl(), seed, events, rate: 500 });
    onTestFinished(() => fleet.close());
    const worker = fleet.start('a');
    await expect.poll(() => fleet.derived(), { timeout: 90_000 }).toBeGreaterThan(1_000);
    const killed: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      await pause(4_000);
      await admin.connect();
      const leader = await leaderOf(['__transaction_state', EVENTS_TOPIC, '__consumer_offsets'][kill % 3] ?? '');
      await admin.disconnect();
      killed.push(leader);
      const node = kafka.nodes.get(leader);
      await node?.kill();
      await pause(5_000);
      await node?.start();
    }
    console.log(`killed ${killed.join()} after ${fleet.sentSoFar()} events`);
    fleet.enough();
    await fleet.sent;
    await fleet.drained(120_000);
    await worker.stop();
    expect(await fleet.differs()).toBeNull();

    /** Of the nodes that were not killed just now, the one that leads most partitions of a topic. */
    async function leaderOf(topic: string): Promise<number> {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const leaders = topics.flatMap(({ partitions }) => partitions.map(({ leader }) => leader));
      const count = (node: number) => leaders.filter((leader) => leader === node).length;
      const others = [...kafka.nodes.keys()].filter((node) => node !== killed.at(-1));
      const most = others.sort((a, b) => count(b) - count(a))[0] as number;
      expect(count(most)).toBeGreaterThan(0);
      return most;
    }
  },
);
