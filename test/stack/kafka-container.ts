import { GenericContainer, Wait } from 'testcontainers';
import { StackAbsent } from './absent.ts';
import { FORMAT_ACCOUNT, serverProperties, type Blueprint, type Prepared } from './broker.ts';
import { containerService, dockerHost } from './containers.ts';
import { logFile } from './logs.ts';
import { KAFKA_VERSION, SMALL_JVM } from './versions.ts';

const PROPERTIES = '/tmp/fleetstream/server.properties';

/** A broker in a container whose ports are the same inside and outside. Throws StackAbsent. */
export async function kafkaInContainer(blueprint: Blueprint): Promise<Prepared> {
  const host = await dockerHost();
  if (host === null) throw new StackAbsent('docker_absent: no Docker engine answers; start one, or STACK_HOUSE=maven');
  const place = await blueprint.place({ host, bind: '0.0.0.0', data: '/tmp/fleetstream-data' });
  const { controller, ...published } = place.ports;
  const format = ['--standalone', '--ignore-formatted', '-t', blueprint.clusterId, '-c', PROPERTIES, ...FORMAT_ACCOUNT];
  const quoted = format.map((argument) => `'${argument}'`).join(' ');
  const script = [
    'set -e',
    `/opt/kafka/bin/kafka-storage.sh format ${quoted}`,
    `exec /opt/kafka/bin/kafka-server-start.sh ${PROPERTIES}`,
  ];
  const container = new GenericContainer(`apache/kafka:${KAFKA_VERSION}`)
    .withEntrypoint(['/bin/sh', '-c', script.join('\n')])
    .withCommand([])
    .withEnvironment({ KAFKA_HEAP_OPTS: '-Xmx512m', KAFKA_JVM_PERFORMANCE_OPTS: SMALL_JVM.join(' ') })
    .withCopyContentToContainer([
      { content: serverProperties(place, blueprint.settings), target: PROPERTIES, mode: 0o644 },
    ])
    .withExposedPorts(...Object.values(published).map((port) => ({ container: port, host: port })))
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/));
  const service = containerService('Kafka', container, logFile('kafka'), () => blueprint.ready(place));
  return { ...service, place, how: `containers, Kafka ${KAFKA_VERSION}` };
}
