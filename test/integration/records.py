"""Reads every committed record of a topic by Confluent's client, as librdkafka gives them.

Takes one argument, JSON of `client` (settings) and `topic`; prints partition, key, value and headers as JSON, in hex.
"""

import json
import sys
import uuid

from confluent_kafka import Consumer, TopicPartition

asked = json.loads(sys.argv[1])
topic = asked['topic']
settings = {'group.id': str(uuid.uuid4()), 'isolation.level': 'read_committed', 'enable.partition.eof': True}
consumer = Consumer({**asked['client'], **settings, 'enable.auto.commit': False})
partitions = list(consumer.list_topics(topic, 10).topics[topic].partitions)
consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])


def hexed(data):
    return None if data is None else data.hex()


found = []
ended = set()
while len(ended) < len(partitions):
    message = consumer.poll(20)
    if message is None:
        sys.exit('nothing came')
    if message.error():
        ended.add(message.partition())
        continue
    headers = [[name, hexed(data)] for name, data in message.headers() or []]
    key, value = hexed(message.key()), hexed(message.value())
    found.append({'partition': message.partition(), 'key': key, 'value': value, 'headers': headers})
consumer.close()
print(json.dumps(found))
