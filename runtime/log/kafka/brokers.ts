import { LogError } from '../log.ts';
import { type KafkaError, kafkaError } from './errors.ts';
import { findCoordinatorCall } from './find-coordinator.ts';
import {
  type Broker,
  type Cluster,
  type CoordinatorType,
  OF_GROUP,
  openCluster,
  type Reach,
  type WireCall,
} from './kafkajs.ts';
import { metadataRequest, metadataResponse, NO_ID, type TopicMetadata } from './metadata.ts';
import { Again, judge, untilAnswered, type Patience } from './retry.ts';
import { partitionsChanged } from './topics.ts';

/** Idle connections that are kept for the next fetch. */
const LANES_IDLE_MAX = 16;

/** What is known of topics is asked for anew after so long: of one that was made again, no answer to a writer tells. */
export const METADATA_MS_MAX = 15_000;

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
  /** Topics that are not any more what this process met first. */
  readonly #changed = new Map<string, LogError>();
  /** A group holds up its members' requests while it shares out, so they have connections of their own. */
  readonly #membership: Cluster;
  #renewedAt = performance.now();
  readonly #lanes: Cluster[] = [];
  readonly #busy = new Set<Cluster>();
  readonly #coordinators = new Map<string, Broker>();
  #closed = false;

  private constructor(reach: Reach, patience: Patience, control: Cluster, clusterId: string) {
    this.#reach = reach;
    this.#patience = patience;
    this.#control = control;
    this.#membership = openCluster(reach);
    this.clusterId = clusterId;
  }

  /** Rejects with `log_denied` where the cluster will not have us, and with `log_refused` where none answers in time. */
  static async open(reach: Reach, patience: Patience, openMsMax = patience.msMax): Promise<Brokers> {
    const control = openCluster(reach);
    try {
      const clusterId = await untilAnswered({ ...patience, msMax: openMsMax }, async () => {
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
  patiently<T>(work: () => Promise<T>, { msMax = this.#patience.msMax, isOver }: Partial<Patience> = {}): Promise<T> {
    const over = () => this.#closed || isOver?.() === true;
    return untilAnswered({ ...this.#patience, msMax, isOver: over }, work);
  }

  /** What is known of a topic; asked for when nothing is. Rejects with `unknown_topic`. */
  async topic(name: string): Promise<TopicMetadata> {
    const known = this.#topics.get(name) ?? (await this.refresh([name]))[0];
    const changed = this.#changed.get(name);
    if (changed !== undefined) throw changed;
    if (known === undefined) throw unknownTopic(name);
    return known;
  }

  /** Identity of a topic, always asked for, since what is remembered may be of one that is gone. */
  async idOf(name: string): Promise<string> {
    if ((await this.refresh([name])).length === 0) throw unknownTopic(name);
    return (await this.topic(name)).id;
  }

  /** Known without asking. */
  isKnown({ topic, partition }: { readonly topic: string; readonly partition: number }): boolean {
    return this.#topics.get(topic)?.leaders[partition] !== undefined && !this.#changed.has(topic);
  }

  /** The leader of a partition as last heard. Rejects with `unknown_topic`. */
  async leaderOf(topic: string, partition: number): Promise<Leader> {
    const { id, leaders } = await this.topic(topic);
    const leader = leaders[partition];
    if (leader === undefined) throw unknownTopic(`${topic}/${partition}`);
    return { ...leader, topicId: id };
  }

  /** Asks anew; gives those topics that exist. */
  refresh(names: readonly string[]): Promise<readonly TopicMetadata[]> {
    return this.patiently(() => this.#ask(names));
  }

  /** Asks anew, once, where the leaders of these topics are. */
  async moved(topics: Iterable<string>): Promise<void> {
    await this.#ask([...new Set(topics)]);
  }

  /** Asks anew, once, for all topics that are known, when that was long ago. */
  async renew(): Promise<void> {
    if (this.#topics.size === 0 || performance.now() - this.#renewedAt < METADATA_MS_MAX) return;
    this.#renewedAt = performance.now();
    await this.#ask([...this.#topics.keys()]).catch((error: unknown) => {
      // What does not come now comes another time.
      if (judge(error) !== 'again') throw error;
    });
  }

  /** Rejects with `topic_recreated` or `partitions_changed` where one of the topics that are known is not what it was. */
  async assertSame(): Promise<void> {
    await this.renew();
    for (const changed of this.#changed.values()) throw changed;
  }

  async #ask(names: readonly string[]): Promise<readonly TopicMetadata[]> {
    const broker = await this.any();
    const { topics } = await broker.connectionPool.send(metadataCall(names));
    const found: TopicMetadata[] = [];
    for (const topic of topics) {
      const error = kafkaError(topic.errorCode);
      if (error.name === 'UNKNOWN_TOPIC_OR_PARTITION') continue;
      if (error.name === 'TOPIC_AUTHORIZATION_FAILED') throw denied(topic.name);
      if (topic.id === NO_ID) throw untold(topic.name, error);
      this.#judge(topic);
      this.#topics.set(topic.name, topic);
      found.push(topic);
    }
    // A broker that is new to the cluster is one that kafkajs must hear of too.
    if (found.some(({ leaders }) => leaders.some(({ node }) => !this.#knows(node)))) {
      await this.#control.refreshMetadata();
    }
    return found;
  }

  #judge({ name, id, leaders }: TopicMetadata): void {
    const known = this.#topics.get(name);
    if (known === undefined || this.#changed.has(name)) return;
    if (known.id !== id) this.#changed.set(name, recreated(name));
    else if (known.leaders.length !== leaders.length) {
      this.#changed.set(name, partitionsChanged({ name, partitions: known.leaders.length }, leaders.length));
    }
  }

  /** One request to a broker. */
  async send<T>(node: number, call: WireCall<T>): Promise<T> {
    return (await this.node(node)).connectionPool.send(call);
  }

  async node(node: number): Promise<Broker> {
    this.#assertOpen();
    return this.#control.findBroker({ nodeId: node });
  }

  /** Every broker of the cluster. */
  nodes(): readonly number[] {
    return this.#control.getNodeIds().map(Number);
  }

  /** Any broker of the cluster, for what each can answer. */
  async any(): Promise<Broker> {
    this.#assertOpen();
    return this.#control.brokerPool.findConnectedBroker();
  }

  /** Asks the coordinator of a group or of a transactional id; where it has moved, the next call looks for it anew. */
  async coordinated<T>(id: string, type: CoordinatorType, work: (broker: Broker) => Promise<T>): Promise<T> {
    const name = `${type} ${id}`;
    try {
      const broker = this.#coordinators.get(name) ?? (await this.#coordinator(id, type));
      this.#coordinators.set(name, broker);
      return await work(broker);
    } catch (error) {
      // It is the right one where it only asks to wait.
      if ((error as { type?: string }).type !== 'CONCURRENT_TRANSACTIONS') this.#coordinators.delete(name);
      throw error;
    }
  }

  async #coordinator(id: string, type: CoordinatorType): Promise<Broker> {
    const broker = await this.any();
    const { errorCode, node } = await broker.connectionPool.send(findCoordinatorCall(id, type));
    const error = kafkaError(errorCode);
    const what = type === OF_GROUP ? 'group' : 'transactional id';
    if (error.name.endsWith('AUTHORIZATION_FAILED')) {
      throw new LogError('log_denied', `the cluster does not let this user use ${what} ${id}; allow it to`);
    }
    if (error.isRetriable) throw new Again(error.name);
    if (error.code !== 0) throw new LogError('log_refused', `no broker coordinates ${what} ${id}: ${error.name}`);
    return type === OF_GROUP ? brokerOf(this.#membership, node) : this.node(node);
  }

  /** A connection that no one else uses meanwhile, for requests that wait at the broker. */
  async alone<T>(node: number, call: WireCall<T>): Promise<T> {
    this.#assertOpen();
    const lane = this.#lanes.pop() ?? openCluster(this.#reach);
    this.#busy.add(lane);
    let isWhole = false;
    try {
      const broker = await brokerOf(lane, node);
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
    const clusters = [this.#control, this.#membership, ...this.#lanes, ...this.#busy];
    await Promise.allSettled(clusters.map((cluster) => cluster.disconnect()));
  }

  /** A connection that is opened now would stay. */
  #assertOpen(): void {
    if (this.#closed) throw new LogError('log_refused', 'the connection to the cluster is closed; open the log again');
  }

  #knows(node: number): boolean {
    return this.#control.getNodeIds().includes(String(node));
  }
}

/** The broker, connected. A cluster that has not heard of it asks. */
async function brokerOf(cluster: Cluster, node: number): Promise<Broker> {
  if (!cluster.getNodeIds().includes(String(node))) {
    await cluster.connect();
    await cluster.refreshMetadata();
  }
  return cluster.findBroker({ nodeId: node });
}

function metadataCall(names: readonly string[]) {
  return { request: metadataRequest(names), response: metadataResponse };
}

export function unknownTopic(place: string): LogError {
  return new LogError('unknown_topic', `${place} does not exist; call ensureTopics first`);
}

/** Why a broker tells nothing of a topic. */
function untold(topic: string, { name, isRetriable }: KafkaError): Error {
  if (isRetriable) return new Again(name);
  return new LogError('log_refused', `the cluster tells nothing of ${topic}: ${name}; check the name`);
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
