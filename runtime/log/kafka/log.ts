import { type Admin, type GroupDescriptions, Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';
import type {
  Fetched,
  FetchRequest,
  Forgetful,
  Forgettable,
  Group,
  GroupMember,
  Log,
  NewRecord,
  TopicSpec,
  Transactor,
} from '../log.ts';
import { Brokers } from './brokers.ts';
import { deleteRecords } from './delete-records.ts';
import { Fetcher } from './fetcher.ts';
import { assertMember, groupOf, type MemberWork, workIn } from './group.ts';
import { endOpenTransactions } from './open-transactions.ts';
import { OF_GROUP } from './kafkajs.ts';
import {
  EARLIEST,
  type Edge,
  type Isolation,
  LATEST,
  listedOffset,
  READ_COMMITTED,
  READ_UNCOMMITTED,
} from './offsets.ts';
import { Producer } from './producer.ts';
import { Again } from './retry.ts';
import { CLUSTER_DEFAULTS, ensureTopics, type TopicDefaults } from './topics.ts';
import { KafkaTransactor } from './transactor.ts';

/** How a cluster is reached and used. */
export interface KafkaOptions {
  /** As in `kafka-1.example:9092`. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: KafkaConfig['ssl'];
  readonly sasl?: SASLOptions | undefined;
  readonly topics?: TopicDefaults;
  readonly compression?: 'none' | 'lz4';
  /** How long a cluster that does not answer is waited for, before a call is refused. */
  readonly patienceMsMax?: number;
  /** How long it is waited for at first; by default as long as later. */
  readonly openMsMax?: number;
  readonly report?: (code: string, detail: Readonly<Record<string, unknown>>) => void;
}

/** The log's house in a Kafka cluster, whose groups share partitions out. */
export interface KafkaLog extends Log, Forgetful {
  /** Those who share the partitions of a topic; `work` is what this one does with its share, for others to see. */
  group(name: string, topic: string, partitions: number, work?: readonly string[]): Group;
  /** What the members of a group do. Rejects with `log_refused` while it shares its partitions out. */
  workOf(group: string): Promise<MemberWork>;
  /** The next offset that a group reads, by partition; null where it has none yet. */
  committedOffsets(group: string, topic: string, partitions: number): Promise<readonly (number | null)[]>;
}

const PATIENCE_MS_MAX = 60_000;
const REQUEST_MS_MAX = 15_000;
const NONE_YET = -1;

/** Connects to a cluster. Rejects with `log_denied` or, once the patience is over, `log_refused`. */
export async function openKafkaLog(options: KafkaOptions): Promise<KafkaLog> {
  const { brokers, admin } = await openConnections(options);
  return new ClusterLog(brokers, admin, options);
}

/** The brokers, and kafkajs's admin client, which is not connected yet. Rejects as `openKafkaLog` does. */
export async function openConnections(options: KafkaOptions): Promise<{ brokers: Brokers; admin: Admin }> {
  const {
    brokers: seeds,
    clientId,
    ssl,
    sasl,
    report,
    patienceMsMax: msMax = PATIENCE_MS_MAX,
    openMsMax = msMax,
  } = options;
  const reach = { brokers: seeds, clientId, ssl, sasl, requestMsMax: REQUEST_MS_MAX };
  const brokers = await Brokers.open(reach, { msMax, report }, openMsMax);
  const kafka = new Kafka({
    brokers: [...seeds],
    clientId,
    logLevel: logLevel.NOTHING,
    requestTimeout: REQUEST_MS_MAX,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl: { ...sasl } }),
  });
  return { brokers, admin: kafka.admin() };
}

class ClusterLog implements KafkaLog {
  readonly id: string;
  readonly #clientId: string;
  readonly #brokers: Brokers;
  readonly #admin: Admin;
  readonly #producer: Producer;
  readonly #fetcher: Fetcher;
  readonly #topics: TopicDefaults;
  readonly #compression: 'none' | 'lz4';
  #connected: Promise<void> | null = null;
  #ensuring: Promise<void> = Promise.resolve();

  constructor(brokers: Brokers, admin: Admin, options: KafkaOptions) {
    const { clientId, topics, compression = 'lz4', patienceMsMax } = options;
    this.#clientId = clientId;
    this.id = `kafka/${brokers.clusterId}`;
    this.#brokers = brokers;
    this.#admin = admin;
    this.#topics = topics ?? CLUSTER_DEFAULTS;
    this.#compression = compression;
    this.#producer = new Producer(brokers, compression, patienceMsMax);
    this.#fetcher = new Fetcher(brokers);
  }

  async ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    const ensured = this.#ensuring.then(async () => {
      await this.#connect();
      await ensureTopics(this.#brokers, this.#admin, specs, this.#topics);
    });
    this.#ensuring = ensured.catch(() => undefined);
    return ensured;
  }

  append(records: readonly NewRecord[]): Promise<readonly number[]> {
    return this.#producer.append(records);
  }

  fetch(request: FetchRequest): Promise<readonly Fetched[]> {
    return this.#fetcher.fetch(request);
  }

  startOffset(topic: string, partition: number): Promise<number> {
    return this.#edge(topic, partition, EARLIEST, READ_UNCOMMITTED);
  }

  endOffset(topic: string, partition: number): Promise<number> {
    return this.#edge(topic, partition, LATEST, READ_COMMITTED);
  }

  async settledEnd(topic: string, partition: number, owner?: GroupMember): Promise<number> {
    const end = await this.#edge(topic, partition, LATEST, READ_UNCOMMITTED);
    // An open transaction ends by itself, at the latest when the cluster gives it up.
    await this.#brokers.patiently(async () => {
      if ((await this.#edge(topic, partition, LATEST, READ_COMMITTED)) >= end) return;
      if (owner !== undefined) {
        await assertMember(this.#brokers, owner);
        await endOpenTransactions(this.#brokers, topic, partition);
      }
      throw new Again('OPEN_TRANSACTION');
    });
    return end;
  }

  forget(topic: string, partition: number, forgettable: Forgettable): Promise<number> {
    return this.#brokers.patiently(() => deleteRecords(this.#brokers, topic, partition, forgettable));
  }

  async topicId(topic: string): Promise<string> {
    return this.#brokers.idOf(topic);
  }

  transactor(id: string): Promise<Transactor> {
    return KafkaTransactor.open(this.#brokers, id, this.#compression);
  }

  group(name: string, topic: string, partitions: number, work: readonly string[] = []): Group {
    const describe = () => this.#describe(name);
    const clientId = this.#clientId;
    return groupOf({ brokers: this.#brokers, describe, clientId, group: name, topic, partitions, work });
  }

  async committedOffsets(group: string, topic: string, partitions: number): Promise<readonly (number | null)[]> {
    await this.#connect();
    const [found] = await this.#brokers.patiently(() => this.#admin.fetchOffsets({ groupId: group, topics: [topic] }));
    const offsets = new Map(found?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    return Array.from({ length: partitions }, (_, partition) => {
      const offset = offsets.get(partition) ?? NONE_YET;
      return offset === NONE_YET ? null : offset;
    });
  }

  async workOf(group: string): Promise<MemberWork> {
    return workIn(await this.#describe(group), group);
  }

  #describe(group: string): Promise<GroupDescriptions> {
    const asked = { groupIds: [group] };
    return this.#brokers.patiently(() =>
      this.#brokers.coordinated(group, OF_GROUP, (broker) => broker.describeGroups(asked)),
    );
  }

  async close(): Promise<void> {
    await this.#ensuring;
    await this.#producer.idle();
    await this.#brokers.close();
    if (this.#connected !== null) await this.#admin.disconnect();
  }

  #connect(): Promise<void> {
    this.#connected ??= this.#brokers
      .patiently(() => this.#admin.connect())
      .catch((error: unknown) => {
        this.#connected = null;
        throw error;
      });
    return this.#connected;
  }

  #edge(topic: string, partition: number, at: Edge, isolationLevel: Isolation): Promise<number> {
    return this.#brokers.patiently(() => listedOffset(this.#brokers, { topic, partition, at, isolationLevel }));
  }
}
