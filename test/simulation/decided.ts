import { type AnyPolicy, EVENTS_TOPIC, PolicyChanged } from '#sdk';
import { compiled, frame } from '#runtime/avro.ts';
import type { NewRecord } from '#runtime/log/log.ts';
import type { Registry } from '#runtime/registry/registry.ts';
import { START_MS } from './workload.ts';

/** What operators have decided before a history begins. */
export interface Decision {
  readonly policy: AnyPolicy;
  readonly value: unknown;
}

/** Policies as every partition is told of them. */
export async function decided(
  decisions: readonly Decision[],
  registry: Registry,
  partitions: number,
): Promise<NewRecord[]> {
  const records: NewRecord[] = [];
  for (const { policy, value } of decisions) {
    const bytes = frame(compiled(policy.value.avro), await registry.register(policy.value.avro), value);
    const change = { policy: policy.name, version: 1, tenant: null, time: START_MS, value: bytes };
    const told = frame(compiled(PolicyChanged.avro), await registry.register(PolicyChanged.avro), change);
    for (let partition = 0; partition < partitions; partition++) {
      records.push({ topic: EVENTS_TOPIC, partition, key: null, value: told, timestamp: START_MS });
    }
  }
  return records;
}
