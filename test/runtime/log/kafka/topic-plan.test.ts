import { expect, test } from 'vitest';
import { type LiveTopic, planTopics } from '#runtime/log/kafka/topic-plan.ts';
import { configOf } from '#runtime/log/kafka/topics.ts';

const DEFAULTS = { replicas: null, insyncMin: null };
const EVENTS = { name: 'events', partitions: 4, cleanup: 'delete' } as const;
const STATE = { name: 'state', partitions: 4, cleanup: 'compact' } as const;

/** A topic as it was made, but for some values. */
function live(spec: typeof EVENTS | typeof STATE, configs: Record<string, string> = {}, rest = {}): LiveTopic {
  const all = { ...configOf(spec, DEFAULTS), ...configs };
  return { partitions: spec.partitions, replicas: 1, configs: new Map(Object.entries(all)), ...rest };
}

function plan(spec: typeof EVENTS | typeof STATE, found: LiveTopic, defaults = {}) {
  return planTopics([spec], new Map([[spec.name, found]]), { ...DEFAULTS, ...defaults });
}

test('a topic as declared has no difference, and what is not declared is no business of the plan', () => {
  expect(plan(EVENTS, live(EVENTS, { 'segment.bytes': '1' }))).toEqual([]);
  expect(plan(STATE, live(STATE, { 'retention.ms': '1' }))).toEqual([]);
});

test('a missing topic is made', () => {
  expect(planTopics([STATE], new Map(), { replicas: 3, insyncMin: 2 })).toEqual([
    {
      topic: 'state',
      what: 'topic',
      from: null,
      to: '4 partitions, compact',
      meaning: expect.any(String),
      risk: 'none',
    },
  ]);
});

test.each([
  ['a longer retention', EVENTS, 'retention.ms', '604800000', 'none'],
  ['a limit of bytes that goes', EVENTS, 'retention.bytes', '1000', 'none'],
  ['compact,delete to compact', STATE, 'cleanup.policy', 'delete,compact', 'none'],
  ['compact to delete', EVENTS, 'cleanup.policy', 'compact', 'loss'],
  ['delete to compact', STATE, 'cleanup.policy', 'delete', 'loss'],
  ['a shorter memory of deletions', STATE, 'delete.retention.ms', '9999999999999', 'loss'],
  ['smaller records', EVENTS, 'max.message.bytes', '99999999', 'loss'],
  ['larger records', EVENTS, 'max.message.bytes', '1000', 'none'],
  ['times as their writers gave them', EVENTS, 'message.timestamp.type', 'LogAppendTime', 'none'],
] as const)('%s: what it risks', (_name, spec, what, from, risk) => {
  expect(plan(spec, live(spec, { [what]: from }))).toMatchObject([{ what, from, risk }]);
});

test('a partition count, a replication and what the cluster does not have are never changed', () => {
  expect(plan(EVENTS, live(EVENTS, {}, { partitions: 8 }))).toMatchObject([
    { what: 'partitions', from: '8', to: '4', risk: 'impossible' },
  ]);
  expect(plan(EVENTS, live(EVENTS), { replicas: 3 })).toMatchObject([{ what: 'replication', risk: 'impossible' }]);
  const { configs, ...rest } = live(EVENTS);
  const older = new Map([...configs].filter(([name]) => name !== 'message.timestamp.after.max.ms'));
  expect(plan(EVENTS, { ...rest, configs: older })).toMatchObject([{ from: null, risk: 'impossible' }]);
});

test('replicas in sync are raised where there are so many, and lowered only when asked for', () => {
  const two = live(EVENTS, { 'min.insync.replicas': '2' }, { replicas: 3 });
  expect(plan(EVENTS, two, { insyncMin: 3 })).toMatchObject([{ from: '2', to: '3', risk: 'none' }]);
  expect(plan(EVENTS, two, { insyncMin: 1 })).toMatchObject([{ from: '2', to: '1', risk: 'loss' }]);
  expect(plan(EVENTS, { ...two, replicas: 2 }, { insyncMin: 3 })).toMatchObject([{ risk: 'impossible' }]);
});
