import { expect, test } from 'vitest';
import { topics } from '#schemas';
import type { Engine } from '#runtime/engine/engine.ts';
import type { Log } from '#runtime/log/log.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { Bench, counter, settle, telemetryOf, withTransactors } from './examples.ts';

const digestsOf = (engine: Engine) => Object.fromEntries(engine.digests());

test('the local store is never brought up to a commit that is not yet durable', async () => {
  const bench = new Bench();
  const gates: (() => void)[] = [];
  const held = new Set<string>();
  const gate = (name: string) => (held.has(name) ? new Promise<void>((open) => gates.push(open)) : Promise.resolve());
  const log: Log = {
    id: bench.log.id,
    ensureTopics: (topicSpecs) => bench.log.ensureTopics(topicSpecs),
    append: (records) => bench.log.append(records),
    fetch: (request) => bench.log.fetch(request),
    startOffset: (topic, partition) => bench.log.startOffset(topic, partition),
    endOffset: async (topic, partition) => {
      const end = await bench.log.endOffset(topic, partition);
      await gate('endOffset');
      return end;
    },
    settledEnd: (topic, partition) => bench.log.settledEnd(topic, partition),
    topicId: (topic) => bench.log.topicId(topic),
    transactor: async (id) => {
      const inner = await bench.log.transactor(id);
      return { commit: async (records) => (await gate('commit'), inner.commit(records)) };
    },
    close: () => bench.log.close(),
  };
  const store = new MemoryStateStore();
  const engine = await bench.engine([counter], { log, store });
  const fold = async (sequence: number) => {
    await bench.append(telemetryOf({ device: `d${sequence}`, epoch: 1, sequence }));
    await engine.poll(0);
  };
  await fold(1);
  held.add('commit').add('endOffset');
  await engine.commit();
  const saving = engine.save();
  await fold(2);
  const second = engine.commit();
  // The save learns the end of the changelog only when the second commit waits for the first already.
  await turn();
  held.delete('endOffset');
  gates.pop()?.();
  await turn();
  gates.shift()?.();
  await turn();
  await second;
  await Promise.race([saving, turn()]);
  // Here the process dies: the second commit never reaches the log.
  const restarted = await bench.engine([counter], { store });
  await settle(restarted);
  expect(bench.read(topics.telemetry).map(({ sequence }) => sequence)).toEqual([1, 2]);
});

test('an engine that was taken over does not mark what its successor did as its own', async () => {
  const bench = new Bench();
  const store = new MemoryStateStore();
  const frozen = await bench.engine([counter], { store });
  await bench.append(telemetryOf({ device: 'd1', epoch: 1, sequence: 1 }));
  await settle(frozen);
  // Here its machine stops it, and another one goes on.
  const successor = await bench.engine([counter]);
  await bench.append(telemetryOf({ device: 'd2', epoch: 1, sequence: 1 }));
  await settle(successor);
  // It thaws, and does what it was about to do.
  await frozen.save();
  const restarted = await bench.engine([counter], { store });
  expect(digestsOf(restarted)).toEqual(digestsOf(successor));
  await bench.append(telemetryOf({ device: 'd2', epoch: 1, sequence: 1 }));
  await settle(restarted);
  expect(bench.read(topics.telemetry)).toHaveLength(2);
});

test('where a commit could not tell its end, the local store waits for the next one', async () => {
  const bench = new Bench();
  let isLost = true;
  const log = withTransactors(bench.log, (transactor) => ({
    commit: async (records) => transactor.commit(records).then((ends) => (isLost ? [] : ends)),
  }));
  const store = new MemoryStateStore();
  const engine = await bench.engine([counter], { log, store });
  await bench.append(telemetryOf({ device: 'd1', epoch: 1, sequence: 1 }));
  await settle(engine);
  await engine.save();
  expect(store.open('counter', 0).checkpoint).toBeNull();
  isLost = false;
  await bench.append(telemetryOf({ device: 'd2', epoch: 1, sequence: 1 }));
  await settle(engine);
  await engine.save();
  expect(store.open('counter', 0).checkpoint).not.toBeNull();
  expect(digestsOf(await bench.engine([counter], { store }))).toEqual(digestsOf(engine));
});

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
