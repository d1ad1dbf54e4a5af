// From avro/BehaviourReported.avsc. Run `npm run generate`.
import { schema, type Envelope, type Schema } from '#sdk';

/** A device reported how it behaves in its network, as the device metrics of AWS IoT Device Defender do. What is null or absent was not reported. */
export interface BehaviourReported extends Envelope {
  /** Number of the report, which grows. */
  readonly reportId: number | null;
  /** TCP ports that are open. */
  readonly listeningTcpPorts: readonly number[] | null;
  /** How many TCP ports are open, be they listed or not. */
  readonly listeningTcpPortCount: number | null;
  /** UDP ports that are open. */
  readonly listeningUdpPorts: readonly number[] | null;
  /** How many UDP ports are open, be they listed or not. */
  readonly listeningUdpPortCount: number | null;
  /** Bytes received since the report before. */
  readonly bytesIn: number | null;
  /** Bytes sent since the report before. */
  readonly bytesOut: number | null;
  /** Packets received since the report before. */
  readonly packetsIn: number | null;
  /** Packets sent since the report before. */
  readonly packetsOut: number | null;
  /** Network addresses of the other ends of its TCP connections. */
  readonly remoteAddresses: readonly string[] | null;
  /** How many TCP connections are established, be they listed or not. */
  readonly connectionCount: number | null;
  /** Custom metrics that are one number. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Custom metrics that are numbers. */
  readonly numberLists: Readonly<Record<string, readonly number[]>>;
  /** Custom metrics that are texts. */
  readonly stringLists: Readonly<Record<string, readonly string[]>>;
  /** Custom metrics that are network addresses. */
  readonly ipLists: Readonly<Record<string, readonly string[]>>;
}

export const BehaviourReported: Schema<BehaviourReported> = schema({
  "type": "record",
  "name": "BehaviourReported",
  "namespace": "fleetstream",
  "doc": "A device reported how it behaves in its network, as the device metrics of AWS IoT Device Defender do. What is null or absent was not reported.",
  "envelope": true,
  "fields": [
    {
      "name": "tenant",
      "type": "string",
      "doc": "Who owns the device.",
      "dataClass": "identity"
    },
    {
      "name": "device",
      "type": "string",
      "doc": "The device, unique within its tenant.",
      "dataClass": "identity"
    },
    {
      "name": "eventId",
      "type": "string",
      "doc": "Stable id of the event, 32 hex digits: a hash of tenant, device, source, epoch and sequence, or without a sequence of the payload and the device's own time.",
      "dataClass": "operational"
    },
    {
      "name": "eventTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When it happened, as far as the device's clock can be believed.",
      "dataClass": "operational"
    },
    {
      "name": "deviceTime",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "What the device's own clock said, untouched; null when it sent no time.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "receivedAt",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When the connector received it.",
      "dataClass": "operational"
    },
    {
      "name": "clockSuspect",
      "type": "boolean",
      "doc": "True when the device's clock is not believable, so that eventTime is receivedAt instead.",
      "dataClass": "operational",
      "default": false
    },
    {
      "name": "source",
      "type": "string",
      "doc": "The numbering stream that epoch and sequence belong to: by default the connector's name.",
      "dataClass": "operational"
    },
    {
      "name": "sourceAddress",
      "type": [
        "null",
        "string"
      ],
      "doc": "Network address that the event came from.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "region",
      "type": [
        "null",
        "string"
      ],
      "doc": "Region of the connector that received it.",
      "dataClass": "location",
      "default": null
    },
    {
      "name": "epoch",
      "type": [
        "null",
        "long"
      ],
      "doc": "Which run of the sequence counter: a boot count or session number that grows whenever the counter restarts.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "sequence",
      "type": [
        "null",
        "long"
      ],
      "doc": "Number of the event within its source and epoch.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "historical",
      "type": "boolean",
      "doc": "True when the device sends stored data, which must not become current state.",
      "dataClass": "operational",
      "default": false
    },
    {
      "name": "correlationId",
      "type": [
        "null",
        "string"
      ],
      "doc": "Id that ties the event to a request or a trace.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "keyId",
      "type": [
        "null",
        "string"
      ],
      "doc": "Id of the data key that encrypts personal fields; null when nothing is encrypted.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "payloadBytes",
      "type": "int",
      "doc": "Size of the payload as received, in bytes.",
      "dataClass": "operational"
    },
    {
      "name": "reportId",
      "type": [
        "null",
        "long"
      ],
      "doc": "Number of the report, which grows.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "listeningTcpPorts",
      "type": [
        "null",
        {
          "type": "array",
          "items": "int"
        }
      ],
      "doc": "TCP ports that are open.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "listeningTcpPortCount",
      "type": [
        "null",
        "long"
      ],
      "doc": "How many TCP ports are open, be they listed or not.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "listeningUdpPorts",
      "type": [
        "null",
        {
          "type": "array",
          "items": "int"
        }
      ],
      "doc": "UDP ports that are open.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "listeningUdpPortCount",
      "type": [
        "null",
        "long"
      ],
      "doc": "How many UDP ports are open, be they listed or not.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "bytesIn",
      "type": [
        "null",
        "long"
      ],
      "doc": "Bytes received since the report before.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "bytesOut",
      "type": [
        "null",
        "long"
      ],
      "doc": "Bytes sent since the report before.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "packetsIn",
      "type": [
        "null",
        "long"
      ],
      "doc": "Packets received since the report before.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "packetsOut",
      "type": [
        "null",
        "long"
      ],
      "doc": "Packets sent since the report before.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "remoteAddresses",
      "type": [
        "null",
        {
          "type": "array",
          "items": "string"
        }
      ],
      "doc": "Network addresses of the other ends of its TCP connections.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "connectionCount",
      "type": [
        "null",
        "long"
      ],
      "doc": "How many TCP connections are established, be they listed or not.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "numbers",
      "type": {
        "type": "map",
        "values": "double"
      },
      "doc": "Custom metrics that are one number.",
      "dataClass": "telemetry",
      "default": {}
    },
    {
      "name": "numberLists",
      "type": {
        "type": "map",
        "values": {
          "type": "array",
          "items": "double"
        }
      },
      "doc": "Custom metrics that are numbers.",
      "dataClass": "telemetry",
      "default": {}
    },
    {
      "name": "stringLists",
      "type": {
        "type": "map",
        "values": {
          "type": "array",
          "items": "string"
        }
      },
      "doc": "Custom metrics that are texts.",
      "dataClass": "telemetry",
      "default": {}
    },
    {
      "name": "ipLists",
      "type": {
        "type": "map",
        "values": {
          "type": "array",
          "items": "string"
        }
      },
      "doc": "Custom metrics that are network addresses.",
      "dataClass": "connectivity",
      "default": {}
    }
  ]
});
