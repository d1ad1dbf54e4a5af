import { LogError, type TopicSpec } from '../log.ts';
import { kafkaError } from './errors.ts';
import { type Broker, type Cluster, type CoordinatorType, openCluster, type Reach, type WireCall } from './kafkajs.ts';
import { metadataRequest, metadataResponse, type TopicMetadata } from './metadata.ts';
import { untilAnswered, type Patience } from './retry.ts';

/** Idle connections that are kept for the next fetch. */
const LANES_IDLE_MAX = 16;

/** A place in the cluster that holds a partition. */
export interface Leader {
  readonly node: number;
  readonly epoch: number;
  readonly topicId: string;
}

/** The brokers of one cluster: who leads which partition, and the connections to them. */
export class Brokers {
  readonly clusterId: string;
  readonly #reach: Reach;
  readonly #patience: Patience;
  readonly #control: Cluster;
  readonly #topics = new Map<string, TopicMetadata>();
  /** Topics that were made again since this process first met them. */
  readonly #recreated = new Set<string>();
  readonly #lanes: Cluster[] = [];
  readonly #busy = new Set<Cluster>();
  readonly #coordinators = new Map<string, Broker>();
  #closed = false;

  private constructor(reach: Reach, patience: Patience, control: Cluster, clusterId: string) {
    this.#reach = reach;
    this.#patience = patience;
    this.#control = control;
    this.clusterId = clusterId;
  }

  /** Rejects with `log_denied` where the cluster will not have us, and with `log_refused` where none answers in time. */
  static async open(reach: Reach, patience: Patience): Promise<Brokers> {
    const control = openCluster(reach);
    try {
      const clusterId = await untilAnswered(patience, async () => {
        await control.connect();
        await control.refreshMetadata();
        const broker = await control.brokerPool.findConnectedBroker();
        return (await broker.connectionPool.send(metadataCall([]))).clusterId;
      });
      return new Brokers(reach, patience, control, clusterId);
    } catch (error) {
      await control.disconnect().catch(() => undefined);
      throw error;
    }
  }

  report(code: string, detail: Readonly<Record<string, unknown>>): void {
    this.#patience.report?.(code, detail);
  }

  /** Tries a step until it is answered, as long as this cluster's patience lasts. */
  patiently<T>(work: () => Promise<T>, msMax = this.#patience.msMax): Promise<T> {
    return untilAnswered({ ...this.#patience, msMax, isOver: () => this.#closed }, work);
  }

  /** What is known of a topic; asked for when nothing is. Rejects with `unknown_topic`. */
  async topic(name: string): Promise<TopicMetadata> {
    const known = this.#topics.get(name) ?? (await this.refresh([name]))[0];
    if (this.#recreated.has(name)) throw recreated(name);
    if (known === undefined) throw unknownTopic(name);
    return known;
  }

  /** Known without asking. */
  isKnown({ topic, partition }: { readonly topic: string; readonly partition: number }): boolean {
    return this.#topics.get(topic)?.leaders[partition] !== undefined && !this.#recreated.has(topic);
  }

  /** The leader of a partition as last heard. Rejects with `unknown_topic`. */
  async leaderOf(topic: string, partition: number): Promise<Leader> {
    const { id, leaders } = await this.topic(topic);
    const leader = leaders[partition];
    if (leader === undefined) throw unknownTopic(`${topic}/${partition}`);
    return { ...leader, topicId: id };
  }

  /** Asks anew; gives those topics that exist. */
  async refresh(names: readonly string[]): Promise<readonly TopicMetadata[]> {
    const { topics } = await this.patiently(async () => {
      const broker = await this.any();
      return broker.connectionPool.send(metadataCall(names));
    });
    const found: TopicMetadata[] = [];
    for (const topic of topics) {
      const error = kafkaError(topic.errorCode);
      if (error.name === 'UNKNOWN_TOPIC_OR_PARTITION') continue;
      if (error.name === 'TOPIC_AUTHORIZATION_FAILED') throw denied(topic.name);
      const known = this.#topics.get(topic.name);
      if (known !== undefined && known.id !== topic.id) this.#recreated.add(topic.name);
      this.#topics.set(topic.name, topic);
      found.push(topic);
    }
    // A broker that is new to the cluster is one that kafkajs must hear of too.
    if (found.some(({ leaders }) => leaders.some(({ node }) => !this.#knows(node)))) {
      await this.patiently(() => this.#control.refreshMetadata());
    }
    return found;
  }

  /** Asks anew where the leaders of these topics are, each once. */
  async moved(topics: Iterable<string>): Promise<void> {
    await this.refresh([...new Set(topics)]);
  }

  /** One request to a broker. */
  async send<T>(node: number, call: WireCall<T>): Promise<T> {
    return (await this.node(node)).connectionPool.send(call);
  }

  node(node: number): Promise<Broker> {
    return this.#control.findBroker({ nodeId: node });
  }

  /** Every broker of the cluster. */
  nodes(): readonly number[] {
    return this.#control.getNodeIds().map(Number);
  }

  /** Any broker of the cluster, for what each can answer. */
  any(): Promise<Broker> {
    return this.#control.brokerPool.findConnectedBroker();
  }

  /** Asks the coordinator of a group or of a transactional id; where it has moved, the next call looks for it anew. */
  async coordinated<T>(id: string, type: CoordinatorType, work: (broker: Broker) => Promise<T>): Promise<T> {
    const name = `${type} ${id}`;
    try {
      const known = this.#coordinators.get(name);
      const broker = known ?? (await this.#control.findGroupCoordinator({ groupId: id, coordinatorType: type }));
      this.#coordinators.set(name, broker);
      return await work(broker);
    } catch (error) {
      this.#coordinators.delete(name);
      throw error;
    }
  }

  /** A connection that no one else uses meanwhile, for requests that wait at the broker. */
  async alone<T>(node: number, call: WireCall<T>): Promise<T> {
    const lane = this.#lanes.pop() ?? openCluster(this.#reach);
    this.#busy.add(lane);
    let isWhole = false;
    try {
      if (!lane.getNodeIds().includes(String(node))) {
        await lane.connect();
        await lane.refreshMetadata();
      }
      const broker = await lane.findBroker({ nodeId: node });
      const answer = await broker.connectionPool.send(call);
      isWhole = true;
      return answer;
    } finally {
      this.#busy.delete(lane);
      if (isWhole && !this.#closed && this.#lanes.length < LANES_IDLE_MAX) this.#lanes.push(lane);
      else void lane.disconnect().catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([this.#control, ...this.#lanes, ...this.#busy].map((cluster) => cluster.disconnect()));
  }

  #knows(node: number): boolean {
    return this.#control.getNodeIds().includes(String(node));
  }
}

function metadataCall(names: readonly string[]) {
  return { request: metadataRequest(names), response: metadataResponse };
}

export function unknownTopic(place: string): LogError {
  return new LogError('unknown_topic', `${place} does not exist; call ensureTopics first`);
}

function denied(topic: string): LogError {
  return new LogError(
    'log_denied',
    `the cluster does not let this user see ${topic}; allow it to describe and read it`,
  );
}

function recreated(topic: string): LogError {
  return new LogError(
    'topic_recreated',
    `${topic} was deleted and made again while it was in use, and its offsets mean other records now; restore it, or start again to read the new one`,
  );
}

/** The refusal of a partition count that is not the declared one. */
export function partitionsChanged({ name, partitions }: TopicSpec, found: number): LogError {
  return new LogError(
    'partitions_changed',
    `${name} has ${found} partitions, not ${partitions}; keep the count, since keys would move and their order with them`,
  );
}
