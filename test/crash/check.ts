import { join } from 'node:path';
import { expect } from 'vitest';
import { type AnyProcessor, type AnyTopic, Envelope, EVENTS_TOPIC } from '#sdk';
import { processors } from '#processors';
import { compiled, schemaIdOf } from '#runtime/avro.ts';
import { type ClickHouseEngine, openEngine } from '#runtime/clickhouse/engine.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import type { Log, LogRecord } from '#runtime/log/log.ts';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';
import type { Registry } from '#runtime/registry/registry.ts';
import { readAll } from '../contract/read-all.ts';
import type { AvroJson } from '../oracle/avro.ts';
import { expected } from '../oracle/oracle.ts';
import { difference } from '../simulation/same.ts';
import type { Producer } from './producer.ts';
import { tablesDiffer } from './tables.ts';

/** What the processors write; topics of others hold nothing. */
const OUTPUTS = processors.flatMap(({ outputs }: AnyProcessor) => outputs as readonly AnyTopic[]);

/** Where a pipeline has worked. */
export interface Worked {
  readonly log: Log;
  readonly registry: Registry;
  readonly clickhouse: ClickHouseEngine;
  readonly partitions: number;
}

/** Of a data folder whose process has ended. */
export async function checkFolder(folder: string, partitions: number, producer: Producer): Promise<void> {
  const log = await openEmbeddedLog({ path: join(folder, 'log') });
  const registry = await openEmbeddedRegistry(join(folder, 'registry.json'));
  const clickhouse = await openEngine({ path: join(folder, 'clickhouse') });
  await check({ log, registry, clickhouse, partitions }, producer);
  await clickhouse.close();
  await log.close();
}

/** Fails where an acknowledged event is not in the log, or derived topics or tables differ from a single pass over it. */
export async function check({ log, registry, clickhouse, partitions }: Worked, producer: Producer): Promise<void> {
  const events = await all(log, EVENTS_TOPIC, partitions);
  expect(lost(events, producer)).toEqual([]);
  const schemas = new Map<number, AvroJson>();
  const ids = new Set(events.flat().map(({ value }) => (value === null ? null : schemaIdOf(value))));
  for (const id of ids) {
    const record = id === null ? null : await registry.schemaOf(id);
    if (id !== null && record !== null) schemas.set(id, record as unknown as AvroJson);
  }
  for (const [partition, records] of events.entries()) {
    const wanted = expected(partition, records, schemas);
    for (const topic of OUTPUTS) {
      const type = compiled(topic.value.avro);
      const found = ((await all(log, topic.name, partitions))[partition] ?? []).map(({ value }) => {
        const { detail: _, ...record } = type.fromBuffer(Buffer.from(value as Uint8Array).subarray(5)) as Record<
          string,
          unknown
        >;
        return record;
      });
      const asked = (wanted.get(topic.name) ?? []).map(({ value }) => value);
      expect(found.length, `${topic.name}/${partition}`).toBe(asked.length);
      for (const [i, value] of asked.entries()) expect(difference(found[i], value)).toBeNull();
    }
  }
  expect(await tablesDiffer(clickhouse, (topic) => all(log, topic, partitions))).toBeNull();
}

/** Acknowledged events that are not in the log. */
function lost(events: readonly (readonly LogRecord[])[], { acknowledged }: Producer): string[] {
  const held = new Set<string>();
  for (const { key, value } of events.flat()) {
    if (key === null || value === null || schemaIdOf(value) === null) continue;
    held.add(`${Buffer.from(key).toString()}/${sequenceOf(Buffer.from(value))}`);
  }
  return [...acknowledged].filter((id) => !held.has(id));
}

/** Every event begins with the envelope, so any of their types reads its sequence. */
function sequenceOf(value: Buffer): number | null {
  const { value: head } = ENVELOPE.decode(value, 5) as { value: { sequence: number | null } };
  return head.sequence;
}

const ENVELOPE = compiled(Envelope.avro);

async function all(log: Log, topic: string, partitions: number): Promise<LogRecord[][]> {
  return Promise.all(Array.from({ length: partitions }, (_, partition) => readAll(log, topic, partition)));
}
