// Prints a derived topic as it grows: node consumer.mjs localhost:9092 http://localhost:8081 telemetry
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import kafkajs from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';

const { CompressionCodecs, CompressionTypes, Kafka } = kafkajs;
// Records are packed with lz4, which kafkajs leaves to its user.
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: ({ buffer }) => compressFrame(buffer),
  decompress: (buffer) => decompressFrame(buffer),
});

const [brokers, host, topic] = process.argv.slice(2);
const registry = new SchemaRegistry({ host });
// kafkajs reads only what is committed, unless it is told otherwise.
const consumer = new Kafka({ brokers: brokers.split(',') }).consumer({ groupId: `example-js-${topic}` });
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message }) => {
    const value = await registry.decode(message.value);
    console.log(String(message.key), value.eventId, value);
  },
});
