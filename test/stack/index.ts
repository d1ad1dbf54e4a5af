export { requireKafka, StackAbsent } from './absent.ts';
export type { Listener, Security } from './broker.ts';
export { dockerHost } from './containers.ts';
export { freePorts } from './ports.ts';
export { startKafka, type KafkaNode } from './kafka.ts';
export { startCluster } from './kafka-cluster.ts';
export { endLeftovers, logFolder } from './logs.ts';
export { startProxy } from './proxy.ts';
export { startRegistry, type RegistryNode } from './registry.ts';
