import type { TopicSpec } from '../log.ts';
import { configOf, type TopicDefaults } from './topics.ts';

/** A topic as the cluster has it. */
export interface LiveTopic {
  readonly partitions: number;
  /** Of its least replicated partition. */
  readonly replicas: number;
  /** Values in force, by their names in Kafka; the cluster's own defaults are among them. */
  readonly configs: ReadonlyMap<string, string>;
}

/** A difference between a declared topic and the cluster. */
export interface TopicChange {
  readonly topic: string;
  /** `topic` for a missing one, `partitions`, `replication`, or the name of a configuration. */
  readonly what: string;
  /** Null where the cluster has none. */
  readonly from: string | null;
  readonly to: string;
  /** What it does, or what would be lost, in a sentence without its full stop. */
  readonly meaning: string;
  /** `loss` is done only when asked for; `impossible` never. */
  readonly risk: 'none' | 'loss' | 'impossible';
}

type Judgement = Pick<TopicChange, 'meaning' | 'risk'>;

/** What differs, in the order of the declarations. Only what is declared is compared. */
export function planTopics(
  declared: readonly TopicSpec[],
  found: ReadonlyMap<string, LiveTopic>,
  defaults: TopicDefaults,
): readonly TopicChange[] {
  return declared.flatMap((spec) => {
    const live = found.get(spec.name);
    return live === undefined ? [created(spec, defaults)] : changesOf(spec, live, defaults);
  });
}

function created({ name, partitions, cleanup }: TopicSpec, { replicas }: TopicDefaults): TopicChange {
  const copies = replicas === null ? '' : `, with ${replicas} replicas`;
  const to = `${partitions} partition${partitions === 1 ? '' : 's'}, ${cleanup}`;
  return { topic: name, what: 'topic', from: null, to, meaning: `is made${copies}`, risk: 'none' };
}

function changesOf(spec: TopicSpec, live: LiveTopic, defaults: TopicDefaults): TopicChange[] {
  const changes: TopicChange[] = [];
  const note = (what: string, from: string | null, to: string, judgement: Judgement) =>
    changes.push({ topic: spec.name, what, from, to, ...judgement });
  if (live.partitions !== spec.partitions) note('partitions', `${live.partitions}`, `${spec.partitions}`, COUNT);
  const { replicas } = defaults;
  if (replicas !== null && live.replicas !== replicas) note('replication', `${live.replicas}`, `${replicas}`, COPIES);
  for (const [name, to] of Object.entries(configOf(spec, defaults))) {
    const from = live.configs.get(name) ?? null;
    if (from !== to && !isSame(name, from, to)) note(name, from, to, judge(name, from, to, live));
  }
  return changes;
}

const COUNT: Judgement = {
  meaning:
    'keys would move to other partitions, and their order and state would be lost; keep the count in the settings',
  risk: 'impossible',
};
const COPIES: Judgement = {
  meaning: "partitions are copied between brokers only by Kafka's own kafka-reassign-partitions; use that",
  risk: 'impossible',
};

/** Both orders of `compact,delete` are one policy. */
function isSame(name: string, from: string | null, to: string): boolean {
  return name === 'cleanup.policy' && from !== null && policyOf(from) === policyOf(to);
}

function policyOf(text: string): string {
  return text.split(',').sort().join();
}

/** What a larger value does, and what a smaller one loses. */
const MEANINGS: Readonly<Record<string, { readonly more: string; readonly less: string }>> = {
  'retention.ms': { more: 'records are kept longer', less: 'records older than that would be deleted' },
  'retention.bytes': { more: 'records are kept however many there are', less: 'the oldest records would be deleted' },
  'delete.retention.ms': {
    more: 'a reader may be away longer and still learn of what was deleted',
    less: 'a reader that was away longer would never learn of what was deleted',
  },
  'max.message.bytes': {
    more: 'larger records are taken, as dead letters of large bodies are',
    less: 'larger records, which are taken now, would be refused',
  },
  'message.timestamp.before.max.ms': {
    more: 'events of older times are taken',
    less: 'events of older times, which are taken now, would be refused',
  },
  'message.timestamp.after.max.ms': {
    more: 'events whose clock goes ahead are taken',
    less: 'events whose clock goes ahead, which are taken now, would be refused',
  },
  'min.insync.replicas': {
    more: 'a record is acknowledged only once more replicas have it',
    less: 'an acknowledged record could stand on fewer replicas, and be lost with them',
  },
};

function judge(name: string, from: string | null, to: string, { replicas }: LiveTopic): Judgement {
  if (name === 'cleanup.policy') return judgePolicy(from, to);
  if (name === 'min.insync.replicas' && Number(to) > replicas) {
    const meaning = `with ${replicas} replica${replicas === 1 ? '' : 's'} no write would be acknowledged; raise the replication first`;
    return { meaning, risk: 'impossible' };
  }
  if (from === null)
    return { meaning: 'this cluster has no such setting; Kafka 3.6 and later have', risk: 'impossible' };
  const meaning = MEANINGS[name];
  if (meaning === undefined) return { meaning: 'new records keep the time that their writer gave', risk: 'none' };
  const isMore = sizeOf(name, to) > sizeOf(name, from);
  return isMore ? { meaning: meaning.more, risk: 'none' } : { meaning: meaning.less, risk: 'loss' };
}

function judgePolicy(from: string | null, to: string): Judgement {
  const before = new Set(from?.split(','));
  if (to === 'compact' && before.has('compact')) {
    return { meaning: 'the newest record of each key is kept whatever its age', risk: 'none' };
  }
  if (to === 'compact') {
    return { meaning: 'of each key all records but the newest would be deleted', risk: 'loss' };
  }
  const meaning = 'records would go by age and size, the newest of a key with them, where a limit is set for the topic';
  return before.has('compact') ? { meaning, risk: 'loss' } : { meaning: 'records go by age and size', risk: 'none' };
}

/** -1 is no bound where Kafka says so. */
function sizeOf(name: string, value: string): bigint {
  const size = BigInt(value);
  return name.startsWith('retention.') && size < 0n ? 2n ** 64n : size;
}
