import { expect, test } from 'vitest';
import type { Log } from '../../runtime/log/log.ts';
import { readAll } from './read-all.ts';
import { record, valueText } from './records.ts';

/** What every house of the log must do with transactions. */
export function transactorContract(open: () => Log): void {
  test('a transactor writes to several topics at once, or not at all', async () => {
    const log = open();
    const transactor = await log.transactor('writer');
    await transactor.commit([record(0, 'a'), { ...record(1, 'b'), topic: 'changelog' }]);
    const refused = transactor.commit([record(0, 'lost'), { ...record(0, 'lost'), topic: 'unheard' }]);
    await expect(refused).rejects.toMatchObject({ code: 'unknown_topic' });
    expect((await readAll(log, 'events', 0)).map(valueText)).toEqual(['a']);
    expect((await readAll(log, 'changelog', 1)).map(valueText)).toEqual(['b']);
  });

  test('a commit tells where each partition ends behind what it wrote', async () => {
    const log = open();
    const transactor = await log.transactor('writer');
    for (const text of ['first', 'second']) {
      const two = [record(0, text), { ...record(1, text), topic: 'changelog' }];
      const ends = await transactor.commit([...two, record(0, `${text}, the last of its partition`)]);
      const last = (await readAll(log, 'events', 0)).at(-1);
      expect(last && valueText(last)).toBe(`${text}, the last of its partition`);
      const changed = (await readAll(log, 'changelog', 1)).at(-1);
      // A house may know the topics by longer names.
      expect(new Map(ends.map(({ partition, offset }) => [partition, offset]))).toEqual(
        new Map([
          [0, (last?.offset ?? 0) + 1],
          [1, (changed?.offset ?? 0) + 1],
        ]),
      );
    }
    expect(await transactor.commit([])).toEqual([]);
  });

  test('commits that a transactor is given at once go one after the other, each whole', async () => {
    const log = open();
    const transactor = await log.transactor('writer');
    const names = Array.from({ length: 30 }, (_, n) => `commit ${n}`);
    await Promise.all(
      names.map((name) => transactor.commit([record(0, name), { ...record(1, name), topic: 'changelog' }])),
    );
    expect((await readAll(log, 'events', 0)).map(valueText)).toEqual(names);
    expect((await readAll(log, 'changelog', 1)).map(valueText)).toEqual(names);
  });

  test('a newer transactor fences the older one of its id, and no other', async () => {
    const log = open();
    const older = await log.transactor('writer');
    const other = await log.transactor('other');
    await older.commit([record(0, 'older')]);
    const newer = await log.transactor('writer');
    await expect(older.commit([record(0, 'zombie')])).rejects.toMatchObject({ code: 'fenced' });
    await newer.commit([record(0, 'newer')]);
    await other.commit([record(0, 'other')]);
    expect((await readAll(log, 'events', 0)).map(valueText)).toEqual(['older', 'newer', 'other']);
  });
}
