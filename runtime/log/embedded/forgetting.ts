import type { Environment } from '../../lmdb/environment.ts';
import type { Forgettable, LogRecord } from '../log.ts';
import { type Batch, readBatch } from './batch.ts';
import type { Partition } from './catalog.ts';
import type { Reader } from './reader.ts';

/** Read and removed in one step, between which others run: a few milliseconds. */
const STEP_BYTES_MAX = 256 * 1024;

/**
 * Removes whole batches from the start of a partition, as Kafka removes segments, and like it never the newest: by its
 * end the next offset is told. Each step is one transaction, so a crash leaves the earlier start or the later one.
 */
export async function forget(
  environment: Environment<'meta' | 'records'>,
  reader: Reader,
  partition: Partition,
  forgettable: Forgettable,
  isOver: () => boolean,
): Promise<number> {
  while (!isOver()) {
    const batches = oldest(reader, partition, forgettable);
    const last = batches.at(-1);
    if (last === undefined) break;
    // Before the removal, so that nobody looks for what goes. What a failure leaves is forgotten after a restart.
    partition.start = last.end;
    const { records } = environment.databases;
    await environment.write(() => {
      for (const { key } of batches) void records.remove(key);
    });
    environment.refresh();
    partition.bytes -= batches.reduce((sum, { bytes }) => sum + bytes.length, 0);
    await new Promise(setImmediate);
  }
  return partition.start;
}

function oldest(reader: Reader, partition: Partition, { below, before }: Forgettable): Batch[] {
  const batches: Batch[] = [];
  let bytes = 0;
  for (let at = partition.start; at < partition.end && bytes < STEP_BYTES_MAX; ) {
    const batch = reader.batchAt(partition, at);
    if (batch.end > below || batch.end >= partition.end || newestIn(batch) >= before) break;
    batches.push(batch);
    bytes += batch.bytes.length;
    at = batch.end;
  }
  return batches;
}

/** The largest timestamp of a batch: what is older may have come after what is newer. */
function newestIn(batch: Batch): number {
  const records: LogRecord[] = [];
  readBatch(batch, batch.base, { bytes: Number.POSITIVE_INFINITY }, records);
  return records.reduce((newest, { timestamp }) => Math.max(newest, timestamp), Number.NEGATIVE_INFINITY);
}
