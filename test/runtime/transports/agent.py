"""A device that speaks AWS IoT Device Defender's topics, with Eclipse's MQTT client and a CBOR library of others.

It is told port, password and format, sends a report and one that is none, and prints what it is answered.
"""

import json
import sys
import time

import cbor2
import paho.mqtt.client as mqtt

port, password, form = int(sys.argv[1]), sys.argv[2], sys.argv[3]
encode = cbor2.dumps if form == "cbor" else lambda value: json.dumps(value).encode()
decode = cbor2.loads if form == "cbor" else json.loads
topic = f"$aws/things/pump-7/defender/metrics/{form}"
report = {
    "header": {"report_id": 1530304554, "version": "1.0"},
    "metrics": {
        "listening_tcp_ports": {"ports": [{"interface": "eth0", "port": 24800}], "total": 1},
        "network_stats": {"bytes_in": 29358693495, "bytes_out": 26485035, "packets_in": 11, "packets_out": 12},
        "tcp_connections": {
            "established_connections": {"connections": [{"remote_addr": "192.168.0.1:8000"}], "total": 1}
        },
    },
    "custom_metrics": {"volts": [{"number": 1.5}]},
}
answers = []
granted = []
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"pump-7-{form}")
client.username_pw_set("pump-7", password)
client.on_message = lambda _, __, message: answers.append({"topic": message.topic, "told": decode(message.payload)})
client.on_subscribe = lambda _, __, ___, codes, ____: granted.extend(str(code) for code in codes)
client.connect("127.0.0.1", port)
client.loop_start()
client.subscribe([(f"{topic}/accepted", 1), (f"{topic}/rejected", 1)])
until = time.time() + 20
while len(granted) < 2 and time.time() < until:
    time.sleep(0.01)
client.publish(topic, encode(report), qos=1).wait_for_publish(20)
client.publish(topic, encode({"header": {"report_id": 2, "version": "1.0"}, "metrics": {"none": 1}}), qos=1).wait_for_publish(20)
while len(answers) < 2 and time.time() < until:
    time.sleep(0.01)
client.disconnect()
print(json.dumps(answers))
