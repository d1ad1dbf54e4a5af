"""Confluent's own serialisers: reads {url, schema, value, framed} from standard input and writes {read, framed}.

`value` is written as the record of `schema`, `framed` (hex) is read by the id within it. Times are ms since 1970.
"""

import json
import sys
from datetime import datetime

from confluent_kafka.schema_registry import SchemaRegistryClient, record_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext


def plain(value):
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return value


asked = json.load(sys.stdin)
# Without a time-out it would wait for ever for an answer that is lost; so it asks again.
client = SchemaRegistryClient({"url": asked["url"], "timeout": 10})
context = SerializationContext("fleet.events", MessageField.VALUE)
read = AvroDeserializer(client)(bytes.fromhex(asked["framed"]), context)
settings = {"auto.register.schemas": False, "subject.name.strategy": record_subject_name_strategy}
framed = AvroSerializer(client, asked["schema"], conf=settings)(asked["value"], context)
json.dump({"read": plain(read), "framed": framed.hex()}, sys.stdout)
