import { expect, test } from 'vitest';
import { Edges, type Pending, SINK_TOPIC } from '#runtime/clickhouse/edges.ts';
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

test('what an earlier version wrote says that its hash covers values alone', async () => {
  const { log } = watched();
  const written = { format: 1, positions: [[0, 7]], edges: [[0, 7, 9, 3]], hash: 5 };
  await log.ensureTopics([{ name: SINK_TOPIC, partitions: 1, cleanup: 'compact' }]);
  const value = Buffer.from(JSON.stringify(written));
  await log.append([{ topic: SINK_TOPIC, partition: 0, key: Buffer.from('a'), value, timestamp: 0 }]);
  const edges = await Edges.open(log, () => 0);
  expect(edges.of('a')).toEqual({
    positions: new Map([[0, 7]]),
    edges: [{ partition: 0, first: 7, last: 9, count: 3 }],
    hash: 5,
    hashes: 'values',
  });
});

function at(offset: number): Pending {
  return { positions: new Map([[0, offset]]), edges: [], hash: 0, hashes: 'rows' };
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
        const ends = await first.commit(records);
        batches.push(records.map(({ key }) => String(key)));
        return ends;
      },
    };
  };
  return { log, batches, refuse: () => (refusals = 1) };
}
