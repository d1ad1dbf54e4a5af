import { expect, test } from 'vitest';
import { Edges, type Pending } from '#runtime/clickhouse/edges.ts';
import { LogError } from '#runtime/log/log.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';

test('tables that persist while a commit is under way share the next one', async () => {
  const { log, batches } = watched();
  const edges = await Edges.open(log, () => 0);
  await Promise.all(['a', 'b', 'c'].map((table) => edges.persist(table, at(1))));
  await edges.persist('a', at(2));
  expect(batches).toEqual([['a', 'b', 'c'], ['a']]);
  const next = await Edges.open(log, () => 0);
  expect([next.of('a'), next.of('b')]).toEqual([at(2), at(1)]);
});

test('what was refused is refused to all who shared it, and the next commit goes on', async () => {
  const { log, batches, refuse } = watched();
  const edges = await Edges.open(log, () => 0);
  refuse();
  const outcomes = await Promise.allSettled(['a', 'b'].map((table) => edges.persist(table, at(1))));
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await Promise.all(['a', 'b'].map((table) => edges.persist(table, at(1))));
  expect(batches).toEqual([['a', 'b']]);
});

function at(offset: number): Pending {
  return { positions: new Map([[0, offset]]), edges: [], hash: 0 };
}

function watched() {
  const log = new SimulatedLog(new SimulatedClock(0), 'test');
  const transactor = log.transactor.bind(log);
  const batches: string[][] = [];
  let refusals = 0;
  log.transactor = async (id) => {
    const first = await transactor(id);
    return {
      commit: async (records) => {
        if (refusals-- > 0) throw new LogError('log_refused', 'away');
        await first.commit(records);
        batches.push(records.map(({ key }) => String(key)));
      },
    };
  };
  return { log, batches, refuse: () => (refusals = 1) };
}
