import type { Prepared } from './broker.ts';
import { answers, clusterId, newPlace } from './kafka.ts';
import { kafkaByMaven } from './kafka-maven.ts';
import { freePorts } from './ports.ts';
import type { Service } from './service.ts';

/** Three brokers, each of which may be killed and started again. */
interface KafkaCluster {
  /** Plaintext addresses of all. */
  readonly brokers: readonly string[];
  /** By node id. */
  readonly nodes: ReadonlyMap<number, Service>;
  close(): Promise<void>;
}

const NODES = [1, 2, 3];
const HEAP_MB = 320;

/** What a cluster has that one broker alone has not: each record on three, and acknowledged by two. */
const REPLICATED = {
  'default.replication.factor': '3',
  'offsets.topic.replication.factor': '3',
  'transaction.state.log.replication.factor': '3',
  'transaction.state.log.min.isr': '2',
  'min.insync.replicas': '2',
  // A leader that came back leads again soon, so leaders move twice for each kill.
  'leader.imbalance.check.interval.seconds': '5',
  'replica.lag.time.max.ms': '5000',
};

/** Starts a cluster by Maven artifacts. Throws StackAbsent where the machine has nothing to run it. */
export async function startCluster(): Promise<KafkaCluster> {
  const controllers = await freePorts(NODES.length);
  const shared = {
    ...REPLICATED,
    'controller.quorum.voters': NODES.map((node, i) => `${node}@127.0.0.1:${controllers[i]}`).join(),
  };
  const id = clusterId();
  const made: Prepared[] = [];
  for (const [i, node] of NODES.entries()) {
    const settings = { ...shared, 'node.id': String(node) };
    made.push(
      await kafkaByMaven({
        settings,
        clusterId: id,
        membership: [],
        heapMb: HEAP_MB,
        async place(house) {
          const place = await newPlace(house, undefined);
          return { ...place, ports: { ...place.ports, controller: controllers[i] as number } };
        },
        ready: ({ host, ports }) => answers(`${host}:${ports.internal}`, node),
      }),
    );
  }
  const close = async () => {
    await Promise.all(made.map((broker) => broker.close()));
  };
  try {
    await Promise.all(made.map((broker) => broker.start()));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    brokers: made.map(({ place }) => `${place.host}:${place.ports.plaintext}`),
    nodes: new Map(made.map((broker, i) => [NODES[i] as number, broker])),
    close,
  };
}
