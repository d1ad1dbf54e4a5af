import type { Brokers } from './brokers.ts';

/** Which records count: all, or those of finished transactions. */
export type Isolation = 0 | 1;
export const READ_UNCOMMITTED: Isolation = 0;
export const READ_COMMITTED: Isolation = 1;

/** The place of a partition that is asked for: an end of it, or the first record that is not older than a time in ms. */
export type Edge = number;
export const LATEST: Edge = -1;
export const EARLIEST: Edge = -2;

interface Asked {
  readonly topic: string;
  readonly partition: number;
  readonly at: Edge;
  readonly isolationLevel: Isolation;
}

/**
 * Where a partition ends or begins, or where a time is; -1 where no record is that young. Asks once; who leads it is
 * looked up anew where that fails.
 */
export async function listedOffset(brokers: Brokers, { topic, partition, at, isolationLevel }: Asked): Promise<number> {
  const { node } = await brokers.leaderOf(topic, partition);
  const topics = [{ topic, partitions: [{ partition, timestamp: at }] }];
  try {
    const broker = await brokers.node(node);
    const { responses } = await broker.listOffsets({ replicaId: -1, isolationLevel, topics });
    return Number(responses[0]?.partitions[0]?.offset);
  } catch (error) {
    await brokers.moved([topic]);
    throw error;
  }
}
