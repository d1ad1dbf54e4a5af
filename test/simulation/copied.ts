import { EVENTS_TOPIC } from '#sdk';
import type { LogRecord } from '#runtime/log/log.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';

/** A simulated log of these events, of each partition as they stand, with the gaps between their offsets. */
export async function copied(copies: readonly (readonly LogRecord[])[]): Promise<SimulatedLog> {
  const log = new SimulatedLog(new SimulatedClock(0));
  await log.ensureTopics([{ name: EVENTS_TOPIC, partitions: copies.length, cleanup: 'delete' }]);
  const { faults } = log;
  for (const [partition, records] of copies.entries()) {
    let next = 0;
    for (const { offset, ...record } of records) {
      log.faults = { ...faults, gap: () => offset - next };
      await log.append([{ topic: EVENTS_TOPIC, partition, ...record }]);
      next = offset + 1;
    }
  }
  log.faults = faults;
  return log;
}
