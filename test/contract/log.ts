import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fetched, Log, NewRecord, Position } from '../../runtime/log/log.ts';
import { readPartition } from '../../runtime/log/read-partition.ts';
import { readAll } from './read-all.ts';
import { record, valueText } from './records.ts';
import { transactorContract } from './transactor.ts';

/** One log to be tested, and its storage. */
export interface LogHouse {
  readonly log: Log;
  /** Closes the log and opens the same storage again. */
  reopen(): Promise<Log>;
  /** Removes the records of a partition below an offset, as far as the house can. */
  forget(topic: string, partition: number, below: number): Promise<unknown>;
  /** Ends the test. */
  close(): Promise<void>;
  /** Lets time pass until the promise settles; a house on the real clock needs none. */
  run?<T>(work: Promise<T>): Promise<T>;
}

/** What every house of the log must do. */
export function logContract(name: string, open: () => Promise<LogHouse>): void {
  describe(`the log in its ${name} house`, () => {
    let house: LogHouse;
    let log: Log;
    const run = <T>(work: Promise<T>): Promise<T> => house.run?.(work) ?? work;

    beforeEach(async () => {
      house = await open();
      log = house.log;
      await log.ensureTopics([
        { name: 'events', partitions: 4, cleanup: 'delete' },
        { name: 'changelog', partitions: 4, cleanup: 'compact' },
      ]);
    });
    afterEach(async () => house.close());

    test('an empty partition ends at zero and has nothing to read', async () => {
      expect(await log.endOffset('events', 0)).toBe(0);
      expect(await fetchNow(log, [at(0)])).toEqual([]);
    });

    test('records come back in the order of their append, with growing offsets', async () => {
      const first = await log.append([record(0, 'a'), record(1, 'b'), record(0, 'c')]);
      const second = await log.append([record(0, 'd')]);
      const records = await readAll(log, 'events', 0);
      expect(records.map(valueText)).toEqual(['a', 'c', 'd']);
      expect(records.map(({ offset }) => offset)).toEqual([first[0], first[2], second[0]]);
      expect((await readAll(log, 'events', 1)).map(valueText)).toEqual(['b']);
      expect(await log.endOffset('events', 0)).toBeGreaterThan(second[0] as number);
    });

    test('many appends at once each learn their own offsets', async () => {
      const offsets = await Promise.all(Array.from({ length: 500 }, (_, i) => log.append([record(i % 4, String(i))])));
      for (let partition = 0; partition < 4; partition++) {
        const byOffset = new Map((await readAll(log, 'events', partition)).map((one) => [one.offset, valueText(one)]));
        for (let i = partition; i < 500; i += 4) expect(byOffset.get(offsets[i]?.[0] as number)).toBe(String(i));
      }
    });

    test('appends that wait for one another are each answered', async () => {
      for (let i = 0; i < 300; i++) await log.append([record(i % 4, String(i)), record((i + 1) % 4, String(i))]);
      expect(await readAll(log, 'events', 0)).toHaveLength(150);
    });

    test('an append of nothing does nothing', async () => {
      expect(await log.append([])).toEqual([]);
    });

    test('keys, values, headers and timestamps return byte for byte', async () => {
      const headers = {
        traceparent: Buffer.from('00-ab'),
        leer: Buffer.alloc(0),
        'grüße/Ω': Buffer.from([0, 255]),
        ['__proto__']: Buffer.from([1]),
      };
      const given: NewRecord[] = [
        {
          topic: 'events',
          partition: 2,
          key: Buffer.from([0, 255, 128]),
          value: Buffer.from([1]),
          headers,
          timestamp: 1_700_000_000_000,
        },
        { topic: 'events', partition: 2, key: Buffer.alloc(0), value: Buffer.alloc(0), timestamp: 0 },
        { topic: 'events', partition: 2, key: null, value: Buffer.from('x'), timestamp: 4_294_967_296_000 },
        { topic: 'events', partition: 2, key: Buffer.from('k'), value: null, timestamp: -1 },
      ];
      await log.append(given);
      const read = await readAll(log, 'events', 2);
      expect(read.length).toBe(given.length);
      for (const [i, one] of read.entries()) {
        expect(hex(one.key)).toBe(hex(given[i]?.key ?? null));
        expect(hex(one.value)).toBe(hex(given[i]?.value ?? null));
        expect(one.timestamp).toBe(given[i]?.timestamp);
        const plain = (of: NewRecord['headers']) => Object.entries(of ?? {}).map(([key, bytes]) => [key, hex(bytes)]);
        expect(plain(one.headers)).toEqual(plain(given[i]?.headers));
      }
    });

    test('the caller may use its memory again once the append is called', async () => {
      const value = Buffer.from('before');
      const appended = log.append([{ ...record(0, ''), value }]);
      value.fill('x');
      await appended;
      expect((await readAll(log, 'events', 0)).map(valueText)).toEqual(['before']);
    });

    test('a value of a megabyte comes even when fewer bytes are asked for', async () => {
      const value = Buffer.alloc(1024 * 1024, 7);
      await log.append([record(0, 'small'), { ...record(0, ''), value }, record(0, 'after')]);
      const records = await readAll(log, 'events', 0, 10);
      expect(records.map((one) => one.value?.length)).toEqual([5, value.length, 5]);
      expect(value.equals(records[1]?.value as Uint8Array)).toBe(true);
    });

    test('a fetch stops near its bytes and says where to read on', async () => {
      await log.append(Array.from({ length: 1000 }, (_, i) => record(0, `${i}`.padStart(1000, '.'))));
      const [part] = await fetchNow(log, [at(0)], 50_000);
      expect(part?.records.length).toBeGreaterThan(0);
      expect(part?.records.length).toBeLessThan(100);
      expect(part?.next).toBeGreaterThan(part?.records.at(-1)?.offset as number);
      const rest = await readAll(log, 'events', 0, 50_000);
      expect(rest.map(valueText)).toEqual(Array.from({ length: 1000 }, (_, i) => `${i}`.padStart(1000, '.')));
    });

    test('reading starts in the middle, and below the start at the start', async () => {
      const offsets = await log.append(Array.from({ length: 10 }, (_, i) => record(0, String(i))));
      const [middle] = await fetchNow(log, [at(0, offsets[6])]);
      expect(middle?.records.map(valueText)).toEqual(['6', '7', '8', '9']);
      const [start] = await fetchNow(log, [at(0, -5)]);
      expect(start?.records.length).toBe(10);
    });

    test('reading at the end waits, and gives nothing when nothing comes', async () => {
      await log.append([record(0, 'a')]);
      const end = await log.endOffset('events', 0);
      expect(await run(fetchNow(log, [at(0, end), at(1)], 1000, 20))).toEqual([]);
    });

    test('a topic keeps its identity, and no other has it', async () => {
      const id = await log.topicId('events');
      expect(await log.topicId('changelog')).not.toBe(id);
      log = await house.reopen();
      expect(await log.topicId('events')).toBe(id);
    });

    test('the settled end lies behind every record of a finished transaction', async () => {
      const transactor = await log.transactor('writer');
      await transactor.commit([record(0, 'a'), record(0, 'b')]);
      const end = await log.settledEnd('events', 0);
      expect(end).toBeGreaterThanOrEqual(2);
      expect((await fetchNow(log, [at(0)]))[0]?.records.map(valueText)).toEqual(['a', 'b']);
    });

    test('a waiting fetch wakes when a record arrives', async () => {
      const began = Date.now();
      const waiting = fetchNow(log, [at(0), at(3)], 1000, 30_000);
      await log.append([record(3, 'news')]);
      const fetched = await run(waiting);
      expect(fetched.flatMap(({ records }) => records.map(valueText))).toEqual(['news']);
      expect(Date.now() - began).toBeLessThan(5_000);
    });

    test('a busy partition does not starve the others', async () => {
      const busy = Array.from({ length: 2000 }, () => record(0, 'x'.repeat(100)));
      await log.append([...busy, record(1, 'quiet'), record(2, 'quiet'), record(3, 'quiet')]);
      const positions = new Map([0, 1, 2, 3].map((partition) => [partition, 0]));
      const met = new Set<number>();
      for (let fetches = 0; fetches < 8; fetches++) {
        const asked = [...positions].map(([partition, offset]) => at(partition, offset));
        for (const { partition, next, records } of await fetchNow(log, asked, 2000)) {
          positions.set(partition, next);
          if (records.length > 0) met.add(partition);
        }
      }
      expect(met).toEqual(new Set([0, 1, 2, 3]));
    });

    transactorContract(() => log);

    test('a topic keeps its partition count', async () => {
      await log.append([record(3, 'a')]);
      const changed = log.ensureTopics([{ name: 'events', partitions: 8, cleanup: 'delete' }]);
      await expect(changed).rejects.toMatchObject({ code: 'partitions_changed' });
      await log.ensureTopics([{ name: 'events', partitions: 4, cleanup: 'delete' }]);
      expect((await readAll(log, 'events', 3)).map(valueText)).toEqual(['a']);
    });

    test('an unknown topic or partition is refused by name', async () => {
      await expect(log.append([{ ...record(0, ''), topic: 'unheard' }])).rejects.toMatchObject({
        code: 'unknown_topic',
      });
      await expect(log.append([record(4, '')])).rejects.toMatchObject({ code: 'unknown_topic' });
      await expect(fetchNow(log, [at(9)])).rejects.toMatchObject({ code: 'unknown_topic' });
      await expect(log.endOffset('unheard', 0)).rejects.toMatchObject({ code: 'unknown_topic' });
    });

    test('what was forgotten is gone, reading below begins behind it, and offsets go on', async () => {
      const offsets: number[] = [];
      for (const value of 'abcde') offsets.push((await log.append([record(0, value)]))[0] as number);
      await log.append([record(1, 'other')]);
      const end = await log.endOffset('events', 0);
      const id = await log.topicId('events');
      expect(await log.startOffset('events', 0)).toBe(0);
      const [before] = await fetchNow(log, [at(0)], 1);
      await house.forget('events', 0, offsets[3] as number);
      const rest = async () => (await readAll(log, 'events', 0)).map(valueText);
      expect(await rest()).toEqual(['d', 'e']);
      expect(await log.startOffset('events', 0)).toBe(offsets[3]);
      // Who was within what is gone reads on behind it, and who was behind it misses nothing.
      expect(await readFrom(log, before?.next ?? 0, end)).toEqual(['d', 'e']);
      expect(await readFrom(log, offsets[4] as number, end)).toEqual(['e']);
      expect(await log.endOffset('events', 0)).toBe(end);
      log = await house.reopen();
      expect(await rest()).toEqual(['d', 'e']);
      expect(await log.startOffset('events', 0)).toBe(offsets[3]);
      expect(await log.endOffset('events', 0)).toBe(end);
      expect(await log.topicId('events')).toBe(id);
      const [next] = await log.append([record(0, 'f')]);
      expect(next).toBeGreaterThanOrEqual(end);
      expect(await rest()).toEqual(['d', 'e', 'f']);
      expect((await readAll(log, 'events', 1)).map(valueText)).toEqual(['other']);
    });

    test('everything is there after closing and opening again', async () => {
      await log.append(Array.from({ length: 300 }, (_, i) => record(i % 4, String(i))));
      const ends = await Promise.all([0, 1, 2, 3].map((partition) => log.endOffset('events', partition)));
      const { id } = log;
      log = await house.reopen();
      expect(log.id).toBe(id);
      expect(await Promise.all([0, 1, 2, 3].map((partition) => log.endOffset('events', partition)))).toEqual(ends);
      const [offset] = await log.append([record(2, 'later')]);
      expect(offset).toBeGreaterThanOrEqual(ends[2] as number);
      expect((await readAll(log, 'events', 2)).map(valueText)).toEqual([
        ...Array.from({ length: 75 }, (_, i) => String(i * 4 + 2)),
        'later',
      ]);
    });
  });
}

function at(partition: number, offset = 0): Position {
  return { topic: 'events', partition, offset };
}

function fetchNow(log: Log, positions: Position[], bytesMax = 1 << 20, waitMsMax = 0): Promise<readonly Fetched[]> {
  return log.fetch({ positions, bytesMax, waitMsMax });
}

/** Values of partition 0; an answer may be empty before the end. */
async function readFrom(log: Log, offset: number, end: number): Promise<string[]> {
  const values: string[] = [];
  for await (const records of readPartition(log, at(0, offset), end)) values.push(...records.map(valueText));
  return values;
}

function hex(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('hex');
}
