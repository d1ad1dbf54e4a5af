import { expect } from 'vitest';
import { deadLetters } from '#sdk';
import { SimulatedTarget } from '#runtime/clickhouse/simulated.ts';
import { type SinkOptions, startSink } from '#runtime/clickhouse/sink.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { framed, newestTable, Sample, sampleTable } from './records.ts';

export const PARTITIONS = 3;
export const tables = [sampleTable, newestTable];

export class Crash extends Error {}

export async function world(window = 100) {
  const clock = new SimulatedClock(1_800_000_000_000);
  const log = new SimulatedLog(clock, 'test');
  const registry = new MemoryRegistry();
  const target = new SimulatedTarget(window);
  const id = await registry.register(Sample.avro);
  await target.prepare(tables);
  for (const name of ['samples', deadLetters.name]) {
    await log.ensureTopics([{ name, partitions: PARTITIONS, cleanup: 'delete' }]);
  }
  let written = 0;
  const start = (options: Partial<SinkOptions> = {}) => {
    return startSink({ log, registry, target, tables, partitions: PARTITIONS, clock, ...options });
  };
  return {
    clock,
    log,
    registry,
    target,
    id,
    start,
    write: async (count: number) => {
      const records = Array.from({ length: count }, () => {
        const number = written++;
        return { topic: 'samples', partition: number % PARTITIONS, key: null, value: framed(id, number), timestamp: 0 };
      });
      await log.append(records);
    },
    /** Runs a sink until all that can be read is in the target. */
    drain: (options: Partial<SinkOptions> = {}) => clock.run(start(options).then((sink) => sink.stop())),
  };
}

export type World = Awaited<ReturnType<typeof world>>;

/** Every record of the topic, once, in every table. */
export function expectEqual({ log, target }: World, message = '') {
  for (const table of tables) {
    const rows = target.rowsOf(table).map(({ _partition, _offset }) => `${_partition}/${_offset}`);
    const records = Array.from({ length: PARTITIONS }, (_, partition) => {
      return log.all('samples', partition).map(({ offset }) => `${partition}/${offset}`);
    });
    expect(rows.sort(), `${table.name} ${message}`).toEqual(records.flat().sort());
  }
}

export async function expectCrash(at: World, point: string) {
  const step = (name: string) => {
    if (name === point) throw new Crash(name);
  };
  await expect(at.drain({ step })).rejects.toThrow(Crash);
}
