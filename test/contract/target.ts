import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { avroType, frame } from '#runtime/avro.ts';
import { container } from '#runtime/clickhouse/container.ts';
import type { Batch, Container, Target } from '#runtime/clickhouse/target.ts';
import { framed, newestTable, Sample, sample, sampleFields, sampleTable } from '../runtime/clickhouse/records.ts';

/** One target to be tested, and what only its storage tells. */
export interface TargetHouse {
  readonly target: Target;
  /** Offsets that the table of samples has in a partition, with repetitions. */
  offsets(partition: number): Promise<number[]>;
  /** Takes rows away, as a lost part does, while their token stays known. */
  lose(partition: number, from: number, to: number): Promise<void>;
  close(): Promise<void>;
}

/** Samples from..to-1 at offsets of their own number, in one partition. */
export function batchOf(partition: number, from: number, to: number, table = sampleTable): Batch {
  const records = range(from, to).map((number) => ({ partition, offset: number, value: framed(7, number) }));
  const edges = [{ partition, first: from, last: to - 1, count: to - from }];
  return { table, edges, containers: [container(Sample.avro, records)], token: `${partition}:${from}-${to - 1}` };
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** What every house of the target must do. */
export function targetContract(name: string, open: () => Promise<TargetHouse>): void {
  describe(`the target in its ${name} house`, () => {
    let house: TargetHouse;
    let target: Target;
    /** Each test has a partition of its own. */
    let partition = 100;
    beforeAll(async () => {
      house = await open();
      target = house.target;
      await target.prepare([sampleTable, newestTable], []);
    });
    afterAll(async () => house.close());
    const held = async () => (await house.offsets(partition)).sort((a, b) => a - b);

    test('is prepared a second time without harm', async () => {
      partition++;
      await target.insert(batchOf(partition, 0, 3));
      await target.prepare([sampleTable, newestTable], []);
      expect(await held()).toEqual(range(0, 3));
    });

    test('takes a batch once, however often it comes, also one that spans months', async () => {
      partition++;
      for (let i = 0; i < 3; i++) await target.insert(batchOf(partition, 0, 100));
      expect(await held()).toEqual(range(0, 100));
    });

    test('completes a batch that it has not, has in part, and has', async () => {
      partition++;
      await target.insert({ ...batchOf(partition, 30, 60), token: `other ${partition}` });
      for (let i = 0; i < 3; i++) await target.complete(batchOf(partition, 0, 100));
      expect(await held()).toEqual(range(0, 100));
      await target.complete(batchOf(partition, 100, 110));
      expect(await held()).toEqual(range(0, 110));
    });

    test('completes a batch whose rows it lost though it remembers the token', async () => {
      partition++;
      await target.insert(batchOf(partition, 0, 50));
      await house.lose(partition, 10, 20);
      expect(await held()).toEqual([...range(0, 10), ...range(20, 50)]);
      await target.complete(batchOf(partition, 0, 50));
      expect(await held()).toEqual(range(0, 50));
    });

    test('an insert that comes late, after its batch was completed, changes nothing', async () => {
      partition++;
      await target.complete(batchOf(partition, 0, 50));
      await target.insert(batchOf(partition, 0, 50));
      expect(await held()).toEqual(range(0, 50));
    });

    test('tells how far each partition has got', async () => {
      partition++;
      await target.insert(batchOf(partition, 5, 8));
      expect((await target.watermarks(sampleTable)).get(partition)).toBe(7);
      expect(await target.watermarks(newestTable)).toEqual(new Map());
    });

    test('takes records of an older schema beside those of today, in one batch', async () => {
      partition++;
      const older = { ...Sample.avro, fields: sampleFields.slice(0, -1).filter(({ name: each }) => each !== 'kind') };
      const old = range(0, 5).map((offset) => ({
        partition,
        offset,
        value: frame(avroType(older), 3, sample(offset)),
      }));
      const today = batchOf(partition, 5, 9);
      const edges = [{ partition, first: 0, last: 8, count: 9 }];
      const both = { ...today, edges, containers: [container(older, old), ...today.containers] };
      await target.insert(both);
      await target.complete(both);
      expect(await held()).toEqual(range(0, 9));
    });

    test('refuses a container that cannot be read, and takes nothing of it', async () => {
      partition++;
      const whole = batchOf(partition, 0, 10);
      const [first] = whole.containers as [Container];
      const [from, to] = first.body;
      const cut = {
        ...whole,
        containers: [{ ...first, bytes: first.bytes.subarray(0, -40), body: [from, to - 24] as const }],
      };
      await expect(target.insert(cut)).rejects.toMatchObject({ code: 'row_refused' });
      await expect(target.complete(cut)).rejects.toMatchObject({ code: 'row_refused' });
      expect(await held()).toEqual([]);
    });
  });
}
