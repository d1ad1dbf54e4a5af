import { describe, expect, test } from 'vitest';
import { type Gap, TelemetryReported, telemetryReported, topics } from '#schemas';
import { type AnyProcessor, ClockTicked, EVENTS_TOPIC, keyOf, PolicyChanged, type Schema } from '#sdk';
import { compiled, frame } from '#runtime/avro.ts';
import { Engine } from '#runtime/engine/engine.ts';
import type { NewRecord } from '#runtime/log/log.ts';
import { partitionOf } from '#runtime/log/partition.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { simulate } from '#runtime/simulate.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { chanceFrom } from '../../simulation/chance.ts';
import { telemetryOf } from './examples.ts';
import { gossip, heard, heardLast, last, listener, relay, teller, Telling } from './stages.ts';

const PARTITIONS = 4;
const SEED = Number(process.env['SEED'] ?? 1 + Math.floor(Math.random() * 2 ** 30));

describe('a second stage', () => {
  test('meets what the first told once the tick behind it has passed, and names the root of it', async () => {
    const run = await simulate(listener, { beside: [teller] });
    await run.advanceTo(1_000);
    await run.send(telemetryReported, { device: 'a', metrics: {}, labels: {} });
    expect(run.read(heard)).toEqual([]);
    await run.advanceTo(2_000);
    const [gap, ...more] = run.read(heard);
    expect(more).toEqual([]);
    expect(gap).toMatchObject({
      device: 'a',
      logTime: 1_000,
      causeTopic: EVENTS_TOPIC,
      causePartition: 0,
      causeOffset: 1,
      causePath: 'teller/1/0>listener/3/0',
    });
  });

  test('has deadlines of its own, which the ticks of its own partition fire', async () => {
    const run = await simulate(listener, { beside: [teller] });
    await run.advanceTo(1_000);
    await run.send(telemetryReported, { device: 'a', metrics: {}, labels: {} });
    for (const time of [2_000, 3_000, 4_000]) await run.advanceTo(time);
    const summary = run.read(heard).filter(({ device }) => device === 'summary');
    expect(summary).toMatchObject([
      { eventTime: 4_000, logTime: 4_000, causePartition: 0, causeOffset: 4, causePath: 'listener/3/0' },
    ]);
    expect(run.state('acme/alerts')).toMatchObject({ dueAt: null });
  });

  test('waits for every processor before it', async () => {
    const run = await simulate(listener, { beside: [teller, gossip] });
    await run.advanceTo(1_000);
    await run.send(telemetryReported, { device: 'a', metrics: {}, labels: {} });
    await run.advanceTo(2_000);
    expect(run.read(heard).map(({ source }) => source.split(' ')[2])).toEqual(['gossip', 'teller']);
  });

  test.each([
    [{ ...listener, inputs: { signal: topics.signals, telemetryReported } }, [teller], 'stage_inputs'],
    [{ ...relay, outputs: [topics.signals] }, [teller], 'stage_circle: relay waits for relay'],
    [listener, [], 'stage_alone'],
  ])('is refused where it cannot be one (%#)', async (stage, beside, code) => {
    await expect(simulate(stage as AnyProcessor, { beside })).rejects.toThrow(code);
  });
});

describe(`the same log gives the same bytes (seed ${SEED})`, () => {
  const { events, registry } = history(SEED);

  test.each([
    ['two stages', [teller, gossip, listener]],
    ['three', [teller, gossip, relay, last]],
  ])('of %s, however it is cut, wherever a process dies, and however little memory there is', async (_, run) => {
    const wanted = await fold(await events(), registry, {
      run,
      seed: 0,
      batchMax: 10_000,
      crashes: 0,
      bytes: undefined,
    });
    expect(wanted.gaps.length).toBeGreaterThan(500);
    for (let i = 1; i <= 6; i++) {
      const bytes = i % 3 === 0 ? 2_000 : undefined;
      const found = await fold(await events(), registry, { run, seed: SEED + i, batchMax: 200, crashes: i % 2, bytes });
      expect(found.digests).toEqual(wanted.digests);
      expect(found.gaps).toEqual(wanted.gaps);
    }
  });
});

interface Folding {
  readonly run: readonly AnyProcessor[];
  readonly seed: number;
  readonly batchMax: number;
  readonly crashes: number;
  readonly bytes: number | undefined;
}

/** A log of reports, ticks and changes of a policy. */
function history(seed: number): { events: () => Promise<readonly NewRecord[]>; registry: MemoryRegistry } {
  const registry = new MemoryRegistry();
  const framed = async <T>(schema: Schema<T>, value: T) =>
    frame(compiled(schema.avro), await registry.register(schema.avro), value);
  const events = async () => {
    const chance = chanceFrom(seed);
    const records: NewRecord[] = [];
    const broadcast = (value: Uint8Array) => {
      for (let partition = 0; partition < PARTITIONS; partition++)
        records.push({ topic: EVENTS_TOPIC, partition, key: null, value, timestamp: 0 });
    };
    let version = 0;
    for (let number = 0; number < 120; number++) {
      const time = 1_000 * (number + 1);
      for (let i = chance.int(0, 8); i > 0; i--) {
        const event = telemetryOf({ device: `d${chance.int(0, 20)}`, receivedAt: time, metrics: { x: chance.unit() } });
        const key = Buffer.from(keyOf(event));
        const value = await framed(TelemetryReported, event);
        records.push({ topic: EVENTS_TOPIC, partition: partitionOf(key, PARTITIONS), key, value, timestamp: time });
      }
      if (chance.hit(0.1)) {
        const value = await framed(Telling, { everyMs: chance.int(500, 9_000), prefix: `${number} ` });
        const tenant = chance.hit(0.5) ? 'acme' : null;
        broadcast(await framed(PolicyChanged, { policy: 'telling', version: ++version, tenant, time, value }));
      }
      broadcast(await framed(ClockTicked, { number, time, resumed: false }));
    }
    return records;
  };
  return { events, registry };
}

/** Folds the log with batches drawn by the seed, dying now and then, until nothing more comes. */
async function fold(
  events: readonly NewRecord[],
  registry: MemoryRegistry,
  { run, seed, batchMax, crashes, bytes }: Folding,
) {
  const chance = chanceFrom(seed);
  const clock = new SimulatedClock(0);
  const log = new SimulatedLog(clock);
  let store = new MemoryStateStore();
  const open = () => {
    const memory = bytes === undefined ? {} : { waitingBytesMax: bytes };
    return Engine.open({
      app: 'test',
      processors: run,
      log,
      registry,
      store,
      partitions: PARTITIONS,
      clock,
      ...memory,
    });
  };
  let engine = await open();
  for (let at = 0; at < events.length; ) {
    const count = chance.int(1, batchMax);
    await log.append(events.slice(at, at + count));
    at += count;
    for (let polls = chance.int(0, 3); polls > 0; polls--) {
      await engine.poll(0);
      if (chance.hit(0.7)) await engine.commit();
    }
    if (crashes === 0 || !chance.hit(0.2)) continue;
    await engine.settled();
    if (chance.hit(0.5)) await engine.save();
    if (chance.hit(0.3)) store = new MemoryStateStore();
    engine = await open();
  }
  do {
    await engine.commit();
    await engine.settled();
  } while ((await engine.poll(0)) > 0);
  const gaps: Gap[] = [];
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (const { value } of [...log.all(heard.name, partition), ...log.all(heardLast.name, partition)])
      gaps.push(compiled(heard.value.avro).fromBuffer(Buffer.from(value as Uint8Array).subarray(5)) as Gap);
  }
  return { gaps, digests: engine.digests() };
}
