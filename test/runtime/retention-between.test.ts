// What stands between stages is forgotten once it is folded, and nothing that is derived becomes another for it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ClockTicked, EVENTS_TOPIC, keyOf } from '#sdk';
import { TelemetryReported, topics } from '#schemas';
import { compiled, frame } from '#runtime/avro.ts';
import { Engine } from '#runtime/engine/engine.ts';
import type { NewRecord } from '#runtime/log/log.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import { partitionOf } from '#runtime/log/partition.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { forgetRound, neededBetween } from '#runtime/retention.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { chanceFrom } from '../simulation/chance.ts';
import { readAll } from '../contract/read-all.ts';
import { settle, telemetryOf } from './engine/examples.ts';
import { gossip, heard, heardLast, last, listener, relay, relays, teller } from './engine/stages.ts';

const PARTITIONS = 2;
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`retention between stages: SEED=${SEED}`);
const RUN = [teller, gossip, listener, relay, last];

/** Folds a history piece by piece, with deaths that lose the local state; gives what stands in the end. */
async function folded(forgets: boolean) {
  const path = mkdtempSync(join(tmpdir(), 'between-'));
  const log = await openEmbeddedLog({ path });
  onTestFinished(async () => {
    await log.close();
    rmSync(path, { recursive: true, force: true });
  });
  const [chance, fate] = [chanceFrom(SEED), chanceFrom(SEED + 1)];
  const [registry, clock] = [new MemoryRegistry(), new SimulatedClock(0)];
  const framed = async (schema: typeof TelemetryReported | typeof ClockTicked, value: unknown) =>
    frame(compiled(schema.avro), await registry.register(schema.avro), value);
  const open = () => {
    const store = new MemoryStateStore();
    return Engine.open({ app: 'test', processors: RUN, log, registry, store, partitions: PARTITIONS, clock });
  };
  let engine = await open();
  let needed = neededBetween(engine);
  let forgotten = 0;
  for (let number = 0; number < 120; number++) {
    const time = 1_000 * (number + 1);
    const records: NewRecord[] = [];
    for (let i = chance.int(0, 6); i > 0; i--) {
      const event = telemetryOf({ device: `d${chance.int(0, 20)}`, receivedAt: time, metrics: { x: chance.unit() } });
      const key = Buffer.from(keyOf(event));
      const partition = partitionOf(key, PARTITIONS);
      records.push({
        topic: EVENTS_TOPIC,
        partition,
        key,
        value: await framed(TelemetryReported, event),
        timestamp: time,
      });
    }
    const value = await framed(ClockTicked, { number, time, resumed: false });
    for (let partition = 0; partition < PARTITIONS; partition++)
      records.push({ topic: EVENTS_TOPIC, partition, key: null, value, timestamp: time });
    await log.append(records);
    for (let polls = fate.int(0, 3); polls > 0; polls--) {
      await engine.poll(0);
      await engine.commit();
    }
    await engine.settled();
    if (fate.hit(0.1)) {
      await engine.abandon();
      engine = await open();
      needed = neededBetween(engine);
    }
    if (!forgets) continue;
    const now = () => Number.MAX_SAFE_INTEGER;
    await forgetRound({ log, keepMs: 0, needed, now, report: (code) => expect.fail(code) });
  }
  for (let times = 0; times < 4; times++) await settle(engine);
  for (const { name } of [topics.signals, relays])
    for (let partition = 0; partition < PARTITIONS; partition++) forgotten += await log.startOffset(name, partition);
  const outputs = [];
  for (const { name } of [heard, heardLast])
    for (let partition = 0; partition < PARTITIONS; partition++)
      outputs.push(
        ...(await readAll(log, name, partition)).map(({ value }) => Buffer.from(value ?? []).toString('hex')),
      );
  return { forgotten, outputs, digests: engine.digests() };
}

test('stages come to the same, wherever they die, with what they folded forgotten', async () => {
  const whole = await folded(false);
  const short = await folded(true);
  expect(whole.forgotten).toBe(0);
  expect(short.forgotten).toBeGreaterThan(200);
  expect(whole.outputs.length).toBeGreaterThan(200);
  expect(short.outputs).toEqual(whole.outputs);
  expect(short.digests).toEqual(whole.digests);
});
