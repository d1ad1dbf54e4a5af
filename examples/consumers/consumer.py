"""Prints a derived topic as it grows: python3 consumer.py localhost:9092 http://localhost:8081 telemetry"""

import sys

from confluent_kafka import Consumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

brokers, registry, topic = sys.argv[1:]
deserialize = AvroDeserializer(SchemaRegistryClient({"url": registry}))
# read_committed: what a transaction takes back is never seen, so each record comes once.
settings = {"group.id": f"example-{topic}", "auto.offset.reset": "earliest", "isolation.level": "read_committed"}
consumer = Consumer({"bootstrap.servers": brokers, **settings})
consumer.subscribe([topic])
while True:
    message = consumer.poll(1.0)
    if message is not None and message.error() is None:
        value = deserialize(message.value(), SerializationContext(topic, MessageField.VALUE))
        print(message.key().decode(), value["eventId"], value, flush=True)
