import type { Log, LogRecord } from '../../runtime/log/log.ts';

/** Reads a partition from its start to its end, once nothing below it is still to come. One fetch may bring less. */
export async function readAll(log: Log, topic: string, partition: number, bytesMax = 8 << 20): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  const end = await log.settledEnd(topic, partition);
  for (let offset = 0; offset < end; ) {
    const [part] = await log.fetch({ positions: [{ topic, partition, offset }], bytesMax, waitMsMax: 1_000 });
    if (part === undefined) continue;
    records.push(...part.records);
    offset = part.next;
  }
  return records;
}
