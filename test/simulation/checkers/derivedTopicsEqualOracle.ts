import { type AnyTopic, deadLetters, EVENTS_TOPIC, lateEvents } from '#sdk';
import { asBuffer, compiled, decodeBody, FRAME_BYTES, schemaIdOf } from '#runtime/avro.ts';
import type { LogRecord } from '#runtime/log/log.ts';
import type { AvroJson } from '../../oracle/avro.ts';
import { type Derived, expected, type Values } from '../../oracle/oracle.ts';
import { difference } from '../same.ts';
import type { World } from '../world.ts';

/** Every derived topic holds what a single pass over the log derives: nothing twice, nothing missing, in order. */
export async function derivedTopicsEqualOracle(world: World): Promise<string | null> {
  const schemas = new Map<number, AvroJson>();
  for (let id = 1; ; id++) {
    const record = await world.registry.schemaOf(id);
    if (record === null) break;
    schemas.set(id, record as unknown as AvroJson);
  }
  const topics = new Set<AnyTopic>([
    ...world.processors.flatMap(({ outputs }) => outputs as AnyTopic[]),
    deadLetters,
    lateEvents,
  ]);
  for (let partition = 0; partition < world.partitions; partition++) {
    const wanted = expected(partition, world.log.all(EVENTS_TOPIC, partition), schemas);
    for (const topic of wanted.keys()) {
      if (![...topics].some(({ name }) => name === topic))
        return `the oracle derives ${topic}, which no processor declares`;
    }
    for (const topic of topics) {
      const found = topicDiffers(
        world.decoded(topic, partition),
        world.log.all(topic.name, partition),
        wanted.get(topic.name) ?? [],
      );
      if (found !== null) return `${topic.name}/${partition}: ${found}`;
    }
  }
  return null;
}

/** What the framed records of a topic say. */
export function decodedValues(topic: AnyTopic, records: readonly LogRecord[]): readonly Values[] {
  const type = compiled(topic.value.avro);
  return records.map(({ value }) => decodeBody(type, asBuffer(value as Uint8Array), FRAME_BYTES) as Values);
}

/** The first difference of one partition; null when there is none. Processors share some topics; each one's records stand in its order. */
export function topicDiffers(
  values: readonly Values[],
  records: readonly LogRecord[],
  wanted: readonly Derived[],
): string | null {
  const next = new Map<string, number>();
  for (const [i, { key, value, offset }] of records.entries()) {
    if (value === null || schemaIdOf(value) === null) return `offset ${offset} is not framed`;
    const actual = values[i] as Values;
    const processor = firstPart(String(actual['causePath'] ?? actual['origin']));
    let at = next.get(processor) ?? 0;
    while (at < wanted.length && wanted[at]?.processor !== processor) at++;
    const want = wanted[at];
    if (want === undefined)
      return `record ${i} is one too many of ${processor}: ${JSON.stringify(actual).slice(0, 500)}`;
    next.set(processor, at + 1);
    // The sentence is for people; the code is the contract.
    const found = difference('detail' in actual ? without(actual) : actual, want.value);
    if (found !== null)
      return `record ${i} at offset ${offset} ${found}\n  has  ${JSON.stringify(actual)}\n  want ${JSON.stringify(want.value)}`;
    if (actual['detail'] === '') return `record ${i} gives no reason`;
    if (!want.key.equals(key ?? NO_KEY)) return `record ${i} has another key than its root event`;
  }
  if (records.length !== wanted.length) {
    const missed = wanted.find(({ processor }, i) => i >= (next.get(processor) ?? 0));
    return `${wanted.length - records.length} of ${wanted.length} records are missing; one of them: ${JSON.stringify(missed?.value)}`;
  }
  return null;
}

const NO_KEY = new Uint8Array();

function firstPart(path: string): string {
  const slash = path.indexOf('/');
  return slash < 0 ? path : path.slice(0, slash);
}

function without({ detail: _, ...rest }: Values): Values {
  return rest;
}
