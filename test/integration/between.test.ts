// What stands between stages is forgotten on Kafka: as old as it must be, and read by everyone who reads it.
import { randomUUID } from 'node:crypto';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { type AnyProcessor, EVENTS_TOPIC, processor, repartition } from '#sdk';
import { Signal } from '#schemas';
import { ownersOf } from '../../runtime/engine/owners.ts';
import { type KafkaLog, openKafkaLog } from '../../runtime/log/kafka/log.ts';
import { MemoryRegistry } from '../../runtime/registry/memory.ts';
import { forgetRound, neededBeside } from '../../runtime/retention.ts';
import { readAll } from '../contract/read-all.ts';
import { Story } from '../runtime/engine/stages.ts';

const { kafka } = inject('stack');
const PARTITIONS = 2;
const NOW = 1_000_000;

describe.skipIf(kafka === null)('what stands between stages on Kafka', () => {
  test('goes as far as the slowest app has committed, and nothing does before each has', async () => {
    const { log, registry, topic, stages } = await opened(3);
    const [own, beside, stranger] = stages as [AnyProcessor, AnyProcessor, AnyProcessor];
    const fast = await member(log, registry, topic, own);
    for (let i = 0; i < 10; i++) await told(log, topic, i);
    await fast(8);
    // The one is not known to run anywhere yet, and the other is not known at all.
    const round = roundOf(log, registry, topic, [own, beside]);
    expect(await round()).toBe(0);
    const slow = await member(log, registry, topic, beside);
    expect(await round()).toBe(0);
    await slow(3);
    expect(await round()).toBe(3);
    const other = await member(log, registry, topic, stranger);
    await other(5);
    await slow(9);
    expect(await round()).toBe(5);
    await other(9);
    expect(await round()).toBe(8);
    // A partition that this worker does not hold is another's.
    expect(await log.startOffset(topic, 1)).toBe(0);
    expect((await readAll(log, topic, 0)).map(({ value }) => String(value))).toEqual(['8', '9']);
  });

  test('stays while it is young, and all of it that came after', async () => {
    const { log, registry, topic, stages } = await opened(1);
    const [own] = stages as [AnyProcessor];
    const commit = await member(log, registry, topic, own);
    for (const at of [10, 30, 20, 40]) await told(log, topic, at);
    await commit(4);
    expect(await roundOf(log, registry, topic, [own], NOW - 15)()).toBe(1);
    expect(await roundOf(log, registry, topic, [own], NOW - 30)()).toBe(1);
    expect(await roundOf(log, registry, topic, [own], NOW - 31)()).toBe(3);
    expect(await roundOf(log, registry, topic, [own], 0)()).toBe(4);
    expect(await log.endOffset(topic, 0)).toBe(4);
  });
});

/** A log, a topic between stages in it, and so many stages that read it. */
async function opened(count: number) {
  if (kafka === null) throw new Error('skipped');
  const log = await openKafkaLog({ brokers: kafka.listeners.plaintext.brokers, clientId: randomUUID() });
  onTestFinished(() => log.close());
  const name = `between.${randomUUID()}`;
  const signals = repartition({ name, doc: 'Of a test.', value: Signal, keyOf: ({ tenant }) => `${tenant}/all` });
  await log.ensureTopics(
    [EVENTS_TOPIC, name].map((each) => ({ name: each, partitions: PARTITIONS, cleanup: 'delete' })),
  );
  const stages: readonly AnyProcessor[] = Array.from({ length: count }, () =>
    processor({
      name: randomUUID(),
      version: 1,
      doc: 'Of a test.',
      inputs: { signal: signals },
      outputs: [],
      state: Story,
      initial: { told: '', dueAt: null },
      latenessMs: Infinity,
      apply: { signal: (state) => ({ state }) },
    }),
  );
  return { log, registry: new MemoryRegistry(), topic: name, stages };
}

async function told(log: KafkaLog, topic: string, at: number): Promise<void> {
  const value = Buffer.from(String(at));
  await log.append([0, 1].map((partition) => ({ topic, partition, key: null, value, timestamp: at })));
}

/** An app of its own that runs a stage; gives what commits how far it has folded. */
async function member(log: KafkaLog, registry: MemoryRegistry, topic: string, { name }: AnyProcessor) {
  const app = `app-${name}`;
  await ownersOf({ log, registry, app, processors: [name], isRun: async () => false, now: () => NOW }).claim();
  const group = log.group(app, EVENTS_TOPIC, PARTITIONS);
  const share = await group.join();
  onTestFinished(() => group.leave());
  const transactor = await log.transactor(app);
  return (offset: number) =>
    transactor.commit([], { member: share.member, positions: [{ topic, partition: 0, offset }] });
}

/** A round of a worker that holds the first partition; gives where that begins then. */
function roundOf(log: KafkaLog, registry: MemoryRegistry, topic: string, all: readonly AnyProcessor[], keepMs = 0) {
  const held = () => new Map([[topic, new Set([0])]]);
  const needed = neededBeside({ log, registry, all, partitions: PARTITIONS, held });
  const report = (code: string, detail: object) => expect.fail(`${code} ${JSON.stringify(detail)}`);
  return async () => {
    await forgetRound({ log, keepMs, needed, now: () => NOW, report });
    return log.startOffset(topic, 0);
  };
}
