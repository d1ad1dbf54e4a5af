import type { Log, LogRecord } from '../../runtime/log/log.ts';

/** Reads a partition from its start to its end, once nothing below it is still to come. */
export async function readAll(log: Log, topic: string, partition: number, bytesMax = 1 << 20): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  await log.settledEnd(topic, partition);
  for (let offset = 0; ; ) {
    const [part] = await log.fetch({ positions: [{ topic, partition, offset }], bytesMax, waitMsMax: 0 });
    if (part === undefined) return records;
    records.push(...part.records);
    offset = part.next;
  }
}
