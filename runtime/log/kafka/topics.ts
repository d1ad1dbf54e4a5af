import type { Admin } from 'kafkajs';
import { LogError, type TopicSpec } from '../log.ts';
import type { Brokers } from './brokers.ts';

/** What topics that are made get, beside what their declaration says. */
export interface TopicDefaults {
  /** Null is the cluster's own default. */
  readonly replicas: number | null;
  /** Replicas that must have a record before it is acknowledged. Null is the cluster's own default. */
  readonly insyncMin: number | null;
}

/** All as the cluster does it by itself. */
export const CLUSTER_DEFAULTS: TopicDefaults = { replicas: null, insyncMin: null };

/** A dead letter holds a whole body, which is larger than Kafka's default of 1 MiB. */
const MESSAGE_BYTES_MAX = 10 * 1024 * 1024;
/** A reader may be away so long and still learn of what was deleted. */
const DELETE_RETENTION_MS = 7 * 24 * 3_600_000;
const FOR_EVER = '-1';
const LONG_MAX = '9223372036854775807';

/** A topic as the cluster should hold it, in the words of Kafka's topic configuration. */
export function configOf({ cleanup }: TopicSpec, { insyncMin }: TopicDefaults): Readonly<Record<string, string>> {
  const common = {
    'cleanup.policy': cleanup,
    'max.message.bytes': String(MESSAGE_BYTES_MAX),
    'message.timestamp.type': 'CreateTime',
    // A record's time is told, never judged: no broker's clock may refuse an event.
    'message.timestamp.before.max.ms': LONG_MAX,
    'message.timestamp.after.max.ms': LONG_MAX,
    ...(insyncMin === null ? {} : { 'min.insync.replicas': String(insyncMin) }),
  };
  if (cleanup === 'compact') return { ...common, 'delete.retention.ms': String(DELETE_RETENTION_MS) };
  // A cluster's own limit of bytes would take events that were acknowledged.
  return { ...common, 'retention.ms': FOR_EVER, 'retention.bytes': FOR_EVER };
}

/** Makes what is missing. Rejects with `partitions_changed` where a topic has another count. */
export async function ensureTopics(
  brokers: Brokers,
  admin: Admin,
  specs: readonly TopicSpec[],
  defaults: TopicDefaults,
): Promise<void> {
  const names = specs.map(({ name }) => name);
  const found = new Map((await brokers.refresh(names)).map((topic) => [topic.name, topic]));
  for (const spec of specs) {
    const count = found.get(spec.name)?.leaders.length ?? spec.partitions;
    if (count !== spec.partitions) throw partitionsChanged(spec, count);
  }
  const missing = specs.filter(({ name }) => !found.has(name));
  if (missing.length === 0) return;
  await brokers.patiently(() => create(admin, missing, defaults));
  await brokers.patiently(async () => {
    const made = await brokers.refresh(missing.map(({ name }) => name));
    const led = made.filter(({ leaders }) => leaders.every(({ node }) => node >= 0));
    // Another process may have made it meanwhile, with a count of its own.
    for (const spec of missing) {
      const count = made.find(({ name }) => name === spec.name)?.leaders.length ?? spec.partitions;
      if (count !== spec.partitions) throw partitionsChanged(spec, count);
    }
    if (led.length < missing.length) throw Object.assign(new Error('topics have no leader yet'), { retriable: true });
  });
}

async function create(admin: Admin, specs: readonly TopicSpec[], defaults: TopicDefaults): Promise<void> {
  const topics = specs.map((spec) => ({
    topic: spec.name,
    numPartitions: spec.partitions,
    ...(defaults.replicas === null ? {} : { replicationFactor: defaults.replicas }),
    configEntries: Object.entries(configOf(spec, defaults)).map(([name, value]) => ({ name, value })),
  }));
  // Gives false, and makes the others, where some exist already.
  await admin.createTopics({ topics, waitForLeaders: false });
}

/** The refusal of a partition count that is not the declared one. */
export function partitionsChanged(
  { name, partitions }: Pick<TopicSpec, 'name' | 'partitions'>,
  found: number,
): LogError {
  return new LogError(
    'partitions_changed',
    `${name} has ${found} partitions, not ${partitions}; keep the count, since keys would move and their order with them`,
  );
}
