import { DeadLettered, deadLetters } from '#sdk';
import { compiled, frame } from '../avro.ts';
import type { Log, LogRecord } from '../log/log.ts';
import type { Registry } from '../registry/registry.ts';

/** Why a record is given up. */
export interface GivenUp {
  readonly code: string;
  readonly detail: string;
}

/** Where records go that nobody can be told of, whence they can be put in again. */
export interface Letters {
  write(place: { readonly topic: string; readonly partition: number }, record: LogRecord, why: GivenUp): Promise<void>;
}

/** Who gave up, as letters name it. */
export const ORIGIN = 'webhook';

/** What was given up and is to be told after all, put there by `dlq redrive`: a copy, so that the topic it is of stays as it is. */
export const AGAIN_TOPIC = 'fleet.webhook-again';

const type = compiled(DeadLettered.avro);

export async function openLetters(
  log: Log,
  registry: Registry,
  partitions: number,
  now: () => number,
): Promise<Letters> {
  const { name, cleanup } = deadLetters;
  await log.ensureTopics([{ name, partitions, cleanup }]);
  const id = await registry.register(DeadLettered.avro);
  return {
    async write({ topic, partition }, { offset, key, value, headers }, { code, detail }) {
      const time = now();
      const copied = Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, Buffer.from(header)]));
      const letter = {
        tenant: null,
        device: null,
        origin: ORIGIN,
        time,
        code,
        detail,
        path: null,
        address: null,
        topic,
        partition,
        offset,
        key: key === null ? null : Buffer.from(key),
        value: Buffer.from(value ?? new Uint8Array()),
        headers: copied,
      };
      await log.append([{ topic: name, partition, key, value: frame(type, id, letter), timestamp: time }]);
    },
  };
}
