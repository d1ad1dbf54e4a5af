import type { Admin } from 'kafkajs';
import { LogError, type TopicSpec } from '../log.ts';
import type { Brokers } from './brokers.ts';
import { kafkaError } from './errors.ts';
import { alterConfigsCall, type TopicConfigs } from './incremental-alter-configs.ts';
import { type KafkaOptions, openConnections } from './log.ts';
import type { LiveTopic } from './topic-plan.ts';
import { CLUSTER_DEFAULTS, ensureTopics } from './topics.ts';

/** What an operator may do to the topics of a cluster. It deletes none. */
export interface TopicAdmin {
  /** Those of the names that exist. */
  describe(names: readonly string[]): Promise<ReadonlyMap<string, LiveTopic>>;
  /** Makes topics that are missing. */
  create(specs: readonly TopicSpec[]): Promise<void>;
  /** Sets what is named and leaves the rest; of one topic all or nothing. Rejects with `log_refused` naming the topic. */
  alter(topics: readonly TopicConfigs[]): Promise<void>;
  close(): Promise<void>;
}

/** Kafka's number of this kind of resource: kafkajs exports its names in a way that Node does not see. */
const TOPIC = 2;

/** Connects to a cluster. Rejects with `log_denied` or, once the patience is over, `log_refused`. */
export async function openTopicAdmin(options: KafkaOptions): Promise<TopicAdmin> {
  const { brokers, admin } = await openConnections(options);
  const close = async () => {
    await brokers.close();
    await admin.disconnect();
  };
  try {
    await brokers.patiently(() => admin.connect());
  } catch (error) {
    await close();
    throw error;
  }
  return {
    describe: (names) => describe(brokers, admin, names),
    create: (specs) => ensureTopics(brokers, admin, specs, options.topics ?? CLUSTER_DEFAULTS).catch(refused),
    alter: (topics) => alter(brokers, topics),
    close,
  };
}

async function describe(
  brokers: Brokers,
  admin: Admin,
  asked: readonly string[],
): Promise<ReadonlyMap<string, LiveTopic>> {
  const names = (await brokers.refresh(asked)).map(({ name }) => name);
  if (names.length === 0) return new Map();
  const { topics } = await brokers.patiently(() => admin.fetchTopicMetadata({ topics: names }));
  const resources = names.map((name) => ({ type: TOPIC, name }));
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the number is the enum's own
  const described = await brokers.patiently(() => admin.describeConfigs({ resources, includeSynonyms: false }));
  const configs = new Map(
    described.resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
  return new Map(
    topics.map(({ name, partitions }) => [
      name,
      {
        partitions: partitions.length,
        replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
        configs: configs.get(name) ?? new Map<string, string>(),
      },
    ]),
  );
}

async function alter(brokers: Brokers, topics: readonly TopicConfigs[]): Promise<void> {
  if (topics.length === 0) return;
  const outcomes = await brokers.patiently(async () => {
    const broker = await brokers.any();
    return broker.connectionPool.send(alterConfigsCall(topics));
  });
  for (const { topic, errorCode, errorMessage } of outcomes) {
    if (errorCode === 0) continue;
    const { name } = kafkaError(errorCode);
    const detail = `the cluster does not change ${topic}: ${errorMessage ?? name}`;
    if (name.endsWith('AUTHORIZATION_FAILED')) {
      throw new LogError('log_denied', `${detail}; allow this user to alter its configuration`);
    }
    throw new LogError('log_refused', `${detail}; mend the setting that it names, or ask who runs the cluster`);
  }
}

/** kafkajs gathers what befell each topic in an error of its own. */
function refused(error: unknown): never {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const [first] = (at as { errors?: readonly { readonly message: string; readonly topic?: string }[] }).errors ?? [];
    if (first === undefined) continue;
    const detail = `the cluster does not make ${first.topic ?? 'a topic'}: ${first.message.replace(/\.$/, '')}`;
    const next = 'mend kafka.replicas and kafka.insync, or ask who runs the cluster';
    throw new LogError('log_refused', `${detail}; ${next}`, { cause: error });
  }
  throw error;
}
