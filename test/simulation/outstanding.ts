import { type AnyProcessor, EVENTS_TOPIC } from '#sdk';
import { FRAME_BYTES } from '#runtime/avro.ts';
import type { SimulatedLog } from '#runtime/log/simulated/log.ts';

/** True when the topic holds events that some processor has not committed. */
export function isOutstanding(log: SimulatedLog, processors: readonly AnyProcessor[], partitions: number): boolean {
  for (const processor of processors) {
    for (let partition = 0; partition < partitions; partition++) {
      const newest = log.all(EVENTS_TOPIC, partition).at(-1)?.offset ?? -1;
      if (newest >= committedOffset(log, processor, partition)) return true;
    }
  }
  return false;
}

function committedOffset(log: SimulatedLog, processor: AnyProcessor, partition: number): number {
  const changelog = log.all(`fleet.${processor.name}.changelog`, partition);
  for (let i = changelog.length - 1; i >= 0; i--) {
    const { key, value } = changelog[i] as (typeof changelog)[number];
    if (key?.length === 1 && key[0] === 0 && value !== null) return zigzag(value, FRAME_BYTES);
  }
  return 0;
}

/** The first number of an Avro body. */
function zigzag(bytes: Uint8Array, from: number): number {
  let value = 0;
  let scale = 1;
  for (let i = from; ; i++) {
    const byte = bytes[i] as number;
    value += (byte & 127) * scale;
    if (byte < 128) return value / 2;
    scale *= 128;
  }
}
