import type { AnyTopic } from '#sdk';
import { avroType, FRAME_BYTES } from '#runtime/avro.ts';
import { asBuffer } from '#runtime/avro.ts';
import type { Log, LogRecord } from '#runtime/log/log.ts';
import { FLUSH, PARTITIONS, type Sum } from './job.ts';
import { DecodeState, minutes, twins, type TwinUpdated, type WindowClosed } from './records.ts';
import { added, twinLine, windowLine } from './reference.ts';

const BYTES_MAX = 8 * 1024 * 1024;
/** First byte of a state's key in a changelog. */
const STATE_PREFIX = 1;

/** Sum over the changes of twins in a topic, whether JSON or Avro, as a reader of committed records sees it. */
export async function twinSum(log: Log, topic: string): Promise<Sum> {
  return sumOf(log, topic, twins, (value) => twinLine(value as TwinUpdated));
}

/** Sum over the minutes in a topic. */
export async function windowSum(log: Log, topic: string): Promise<Sum> {
  return sumOf(log, topic, minutes, (value) => windowLine(value as WindowClosed));
}

/** J1 as our changelog holds it: the newest state of each key. */
export async function decodeSum(log: Log, topic: string): Promise<Sum> {
  const type = avroType(DecodeState.avro);
  const newest = new Map<string, DecodeState>();
  await read(log, topic, ({ key, value }) => {
    if (key === null || value === null || key[0] !== STATE_PREFIX) return;
    const name = asBuffer(key).toString('utf8', 1);
    if (!name.startsWith(FLUSH)) newest.set(name, type.decode(asBuffer(value), FRAME_BYTES).value as DecodeState);
  });
  let [count, sum] = [0, 0];
  for (const state of newest.values()) [count, sum] = [count + state.count, sum + state.latencyMs];
  return { count, sum };
}

async function sumOf(log: Log, topic: string, as: AnyTopic, line: (value: unknown) => string): Promise<Sum> {
  const type = avroType(as.value.avro);
  let found: Sum = { count: 0, sum: 0 };
  await read(log, topic, ({ value }) => {
    const bytes = asBuffer(value as Uint8Array);
    const told = bytes[0] === 0 ? type.decode(bytes, FRAME_BYTES).value : (JSON.parse(bytes.toString()) as unknown);
    if (!(told as { device: string }).device.startsWith(FLUSH)) found = added(found, line(told));
  });
  return found;
}

async function read(log: Log, topic: string, take: (record: LogRecord) => void): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const end = await log.endOffset(topic, partition);
    for (let offset = 0; offset < end; ) {
      const positions = [{ topic, partition, offset }];
      for (const part of await log.fetch({ positions, bytesMax: BYTES_MAX, waitMsMax: 100 })) {
        part.records.forEach(take);
        offset = part.next;
      }
    }
  }
}
