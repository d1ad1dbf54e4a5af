import type { Fetched, Log, LogRecord, Position } from '../log.ts';
import { withFetch } from '../with-fetch.ts';

/** Where the records of a topic are that the log itself no longer has. */
export interface Archive {
  readonly topic: string;
  /** The first of the records with offsets from the position's to below `to`; about `bytesMax` of them, and one at least. */
  read(position: Position, to: number, bytesMax: number): Promise<readonly LogRecord[]>;
  /** The offset after the last record that it has; 0 where it has none. */
  end(topic: string, partition: number): Promise<number>;
}

/** What the log is told to read with. */
export interface ArchivedOptions {
  readonly log: Log;
  readonly archive: Archive;
  /** Told, once for a partition, where neither has records; where they are few, markers of the log had the offsets. */
  readonly report?: (code: string, detail: Readonly<Record<string, unknown>>) => void;
}

/**
 * A log that has forgotten nothing: what of the archive's topic lies below its start is read from the archive, at the
 * offsets that it had. Everything else is the log's own. Closing it leaves the archive open.
 */
export function archivedLog({ log, archive, report = () => {} }: ArchivedOptions): Log {
  /** By partition, an offset below which the log has nothing; where it begins only grows. */
  const starts = new Map<number, number>();
  const missed = new Set<number>();

  /** A log that is asked below its start tells of records that are gone, so the start is asked for before. */
  const begun = async ({ topic, partition }: Position): Promise<void> => {
    if (topic === archive.topic && !starts.has(partition)) await ask(topic, partition);
  };

  const ask = async (topic: string, partition: number) =>
    starts.set(partition, await log.startOffset(topic, partition));

  const isYoung = ({ topic, partition, offset }: Position) =>
    topic !== archive.topic || offset >= (starts.get(partition) ?? 0);

  /** What the archive has from a position on, up to where the log begins. */
  const archived = async (position: Position, bytesMax: number): Promise<Fetched> => {
    const { topic, partition, offset } = position;
    const start = starts.get(partition) ?? 0;
    const records = await archive.read(position, start, bytesMax);
    const last = records.at(-1);
    if (last !== undefined) return { topic, partition, records, next: last.offset + 1 };
    const end = await archive.end(topic, partition);
    if (end < start && !missed.has(partition)) {
      missed.add(partition);
      report('archive_behind', { topic, partition, from: Math.max(offset, end), to: start });
    }
    return { topic, partition, records: [], next: start };
  };

  /** The part as it was fetched, or what the archive has before it, where the log left something out. */
  const completed = async (part: Fetched, asked: Position, bytesMax: number): Promise<Fetched> => {
    const { topic, partition, records, next } = part;
    if (topic !== archive.topic || (records[0]?.offset ?? next) <= asked.offset) return part;
    await ask(topic, partition);
    return isYoung(asked) ? part : archived(asked, bytesMax);
  };

  return withFetch(log, async ({ positions, bytesMax, waitMsMax }) => {
    await Promise.all(positions.map(begun));
    const old: Fetched[] = [];
    const young: Position[] = [];
    let left = bytesMax;
    for (const position of positions) {
      if (isYoung(position)) young.push(position);
      else if (left > 0) {
        const part = await archived(position, left);
        for (const { value } of part.records) left -= value?.length ?? 0;
        old.push(part);
      }
    }
    if (young.length === 0 || left <= 0) return old;
    const asked = new Map(young.map((position) => [`${position.topic}/${position.partition}`, position]));
    const request = { positions: young, bytesMax: left, waitMsMax: old.length > 0 ? 0 : waitMsMax };
    for (const part of await log.fetch(request)) {
      old.push(await completed(part, asked.get(`${part.topic}/${part.partition}`) as Position, left));
    }
    return old;
  });
}
