import { type Log, LogError } from './log.ts';

/** The end of what is settled in a partition; null where there is none. */
export async function settledEnd(log: Log, topic: string, partition: number): Promise<number | null> {
  try {
    return await log.settledEnd(topic, partition);
  } catch (error) {
    if (error instanceof LogError && error.code === 'unknown_topic') return null;
    throw error;
  }
}
