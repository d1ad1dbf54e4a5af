"""Writes a record as Avro with a number of the registry, and reads it back, all by Confluent's client.

Takes one argument, JSON of `client` (settings), `registry` (a URL) and `topic`; prints what it read as JSON.
"""

import json
import sys

from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

SCHEMA = json.dumps({'type': 'record', 'name': 'Reading', 'fields': [{'name': 'celsius', 'type': 'double'}]})

asked = json.loads(sys.argv[1])
registry = SchemaRegistryClient({'url': asked['registry'], 'timeout': 10})
context = SerializationContext(asked['topic'], MessageField.VALUE)

errors = []
producer = Producer({**asked['client'], 'enable.idempotence': True})
value = AvroSerializer(registry, SCHEMA)({'celsius': 21.5}, context)
producer.produce(asked['topic'], key='d1', value=value, on_delivery=lambda error, _: error and errors.append(str(error)))
left = producer.flush(30)
if errors or left > 0:
    sys.exit(f'not delivered: {errors or left}')

consumer = Consumer({**asked['client'], 'group.id': asked['topic'], 'auto.offset.reset': 'earliest'})
consumer.subscribe([asked['topic']])
message = consumer.poll(30)
consumer.close()
if message is None or message.error():
    sys.exit(f'not read: {message and message.error()}')
reading = AvroDeserializer(registry)(message.value(), context)
print(json.dumps({'key': message.key().decode(), 'bytes': message.value().hex(), **reading}))
