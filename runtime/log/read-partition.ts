import type { Log, LogRecord, Position } from './log.ts';

const FETCH_BYTES_MAX = 4 * 1024 * 1024;
const FETCH_MS_MAX = 100;

/**
 * A partition's records from a position to below an end that is settled, part by part. An answer may be empty before
 * the end, as a throttled broker's is, so only the end ends it.
 */
export async function* readPartition(
  log: Pick<Log, 'fetch'>,
  { topic, partition, offset: from }: Position,
  end: number,
  bytesMax = FETCH_BYTES_MAX,
): AsyncGenerator<readonly LogRecord[]> {
  for (let offset = from; offset < end; ) {
    const positions = [{ topic, partition, offset }];
    const [part] = await log.fetch({ positions, bytesMax, waitMsMax: FETCH_MS_MAX });
    if (part === undefined) continue;
    yield part.records.filter((record) => record.offset < end);
    offset = part.next;
  }
}
