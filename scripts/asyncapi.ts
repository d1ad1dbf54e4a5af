import { type AnyProcessor, type AnyTopic, type AvroRecord, Cause } from '#sdk';
import { events } from '#schemas';
import { connectors } from '#connectors';
import { known } from '#processors';
import { PARTITIONS_DEFAULT } from '#sdk';
import { type CatalogTopic, catalog } from '../cli/catalog.ts';
import { TRACEPARENT, TRACEPARENT_SCHEMA } from '../runtime/engine/observer.ts';
import { CLUSTER_DEFAULTS, configOf } from '../runtime/log/kafka/topics.ts';

/** The AsyncAPI document of every topic that others may read, from the declarations. */
export function asyncapi(version: string): object {
  const topics = catalog(PARTITIONS_DEFAULT).filter(({ kind }) => kind !== 'internal');
  const records = new Map(topics.flatMap((topic) => topic.records.map((record) => [record.name, record] as const)));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'fleetstream topics',
      version,
      description: ABOUT,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'avro/binary',
    servers: {
      kafka: {
        host: '{brokers}',
        protocol: 'kafka',
        description: 'Your cluster: kafka.brokers of the settings.',
        variables: { brokers: { default: 'localhost:9092' } },
        bindings: { kafka: { schemaRegistryVendor: 'confluent', bindingVersion: '0.5.0' } },
      },
    },
    channels: Object.fromEntries(topics.map((topic) => [topic.name, channelOf(topic)])),
    operations: Object.fromEntries(topics.map((topic) => [`write.${topic.name}`, operationOf(topic)])),
    components: {
      messages: Object.fromEntries([...records.values()].map((record) => [record.name, messageOf(record)])),
    },
  };
}

const ABOUT = `Topics that fleetstream writes on Kafka, and that anybody may read.

**Wire format.** A value is a zero byte, the schema's id in the registry as four bytes, big-endian, and the Avro body:
what Confluent's serialisers write. The subject of a schema is its full name (RecordNameStrategy), so one topic may hold
several records; a reader takes the schema by its id. A record without a value is a tombstone.

**Read committed.** Outputs, state and offsets are committed in one transaction. With \`isolation.level=read_committed\`
a reader sees each derived record once; without it, also those of transactions that were aborted.

**Identity.** A derived record ends with its cause: the place (causeTopic, causePartition, causeOffset) of the one event
that it follows from, and causePath, which processor, version and index derived it. The four together are the same
whenever the log is folded again, so whoever reads twice tells repetitions by them. \`logTime\` is what the partition's
clock said then. A derived topic's own offsets mean nothing beyond their order.

**Keys and order.** The key is tenant/device in UTF-8, placed by Kafka's own murmur2. A derived record has the partition
of its event, so that what concerns a device stands in order. Records are packed with lz4
unless kafka.compression says none.`;

function channelOf(topic: CatalogTopic): object {
  const { name, doc, partitions, records } = topic;
  const configs = configOf(topic, CLUSTER_DEFAULTS);
  return {
    address: name,
    description: `${doc} Key: ${topic.key} ${writtenBy(topic)}`,
    messages: Object.fromEntries(
      records.map((record) => [record.name, { $ref: `#/components/messages/${record.name}` }]),
    ),
    bindings: {
      kafka: {
        topic: name,
        partitions,
        topicConfiguration: {
          'cleanup.policy': [topic.cleanup],
          ...('retention.ms' in configs ? { 'retention.ms': Number(configs['retention.ms']) } : {}),
          'max.message.bytes': Number(configs['max.message.bytes']),
        },
        bindingVersion: '0.5.0',
      },
    },
  };
}

function operationOf(topic: CatalogTopic): object {
  return {
    action: 'send',
    channel: { $ref: `#/channels/${topic.name.replaceAll('/', '~1')}` },
    summary: topic.doc,
    description: writtenBy(topic),
  };
}

/** Who writes a topic, by the declarations. */
function writtenBy({ name, kind }: CatalogTopic): string {
  if (kind === 'events') return `Written by the connectors ${listOf(connectors)}, and by the keeper of the clock.`;
  const writers = known.filter(({ outputs }: AnyProcessor) =>
    (outputs as readonly AnyTopic[]).some((output) => output.name === name),
  );
  if (writers.length > 0) return `Written by ${listOf(writers)}, in transactions.`;
  return kind === 'derived' ? 'Written by every processor, in transactions.' : 'Written by the platform.';
}

function listOf(named: readonly { readonly name: string }[]): string {
  return named.map(({ name }) => name).join(', ');
}

const CAUSE_FIELDS = Cause.avro.fields.map(({ name }) => name);

function messageOf(record: AvroRecord): object {
  const isDerived = CAUSE_FIELDS.every((name) => record.fields.some((field) => field.name === name));
  // Events of devices, and what follows from them, carry a trace.
  const isTraced = isDerived || events.some((event) => event.record.avro === record);
  return {
    name: `${record.namespace}.${record.name}`,
    title: record.name,
    summary: record.doc,
    ...(isDerived ? { description: 'Derived: it ends with its cause.' } : {}),
    contentType: 'avro/binary',
    ...(isTraced ? { headers: { type: 'object', properties: { [TRACEPARENT]: TRACEPARENT_SCHEMA } } } : {}),
    payload: { schemaFormat: 'application/vnd.apache.avro+json;version=1.9.0', schema: record },
    bindings: {
      kafka: { schemaIdLocation: 'payload', schemaIdPayloadEncoding: 'confluent', bindingVersion: '0.5.0' },
    },
  };
}
