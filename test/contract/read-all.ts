import type { Log, LogRecord } from '../../runtime/log/log.ts';

/** Reads a partition from its start to its end. */
export async function readAll(log: Log, topic: string, partition: number, bytesMax = 1 << 20): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (let offset = 0; ; ) {
    const [part] = await log.fetch({ positions: [{ topic, partition, offset }], bytesMax, waitMsMax: 0 });
    if (part === undefined) return records;
    records.push(...part.records);
    offset = part.next;
  }
}
