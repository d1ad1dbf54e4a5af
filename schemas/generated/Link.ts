// From avro/Link.avsc. Run `npm run generate`.
import { schema, type Cause, type Envelope, type Schema } from '#sdk';

/** Link reports admitted once, each with its cause. */
export interface Link extends Cause, Envelope {
  /** Access technology. */
  readonly technology: 'UNKNOWN' | 'WIFI' | 'ETHERNET' | 'LTE' | 'LTE_M' | 'NB_IOT' | 'NR' | 'GSM' | 'LORAWAN' | 'SATELLITE' | 'MODBUS' | 'OTHER';
  /** Gateway or access point that heard the device. */
  readonly gateway: string | null;
  /** Cell that served the device. */
  readonly cell: string | null;
  /** Network operator. */
  readonly operator: string | null;
  /** Received signal strength, dBm. */
  readonly rssi: number | null;
  /** Signal to noise ratio, dB. */
  readonly snr: number | null;
  /** Reference signal received power, dBm. */
  readonly rsrp: number | null;
  /** Reference signal received quality, dB. */
  readonly rsrq: number | null;
  /** Signal to interference and noise ratio, dB. */
  readonly sinr: number | null;
  /** LoRa spreading factor, 7 to 12. */
  readonly spreadingFactor: number | null;
  /** Data rate, bit/s. */
  readonly dataRate: number | null;
  /** Round trip time, ms. */
  readonly latencyMs: number | null;
  /** Packets sent since the counter began. */
  readonly packetsSent: number | null;
  /** Packets lost since the counter began. */
  readonly packetsLost: number | null;
  /** Bytes sent by the device since the counter began. */
  readonly bytesUp: number | null;
  /** Bytes received by the device since the counter began. */
  readonly bytesDown: number | null;
}

export const Link: Schema<Link> = schema({
  "type": "record",
  "name": "Link",
  "namespace": "fleetstream",
  "doc": "Link reports admitted once, each with its cause.",
  "includes": "LinkReported",
  "derived": true,
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
      "name": "technology",
      "type": {
        "type": "enum",
        "name": "Technology",
        "symbols": [
          "UNKNOWN",
          "WIFI",
          "ETHERNET",
          "LTE",
          "LTE_M",
          "NB_IOT",
          "NR",
          "GSM",
          "LORAWAN",
          "SATELLITE",
          "MODBUS",
          "OTHER"
        ],
        "default": "UNKNOWN"
      },
      "doc": "Access technology.",
      "dataClass": "connectivity"
    },
    {
      "name": "gateway",
      "type": [
        "null",
        "string"
      ],
      "doc": "Gateway or access point that heard the device.",
      "dataClass": "location",
      "default": null
    },
    {
      "name": "cell",
      "type": [
        "null",
        "string"
      ],
      "doc": "Cell that served the device.",
      "dataClass": "location",
      "default": null
    },
    {
      "name": "operator",
      "type": [
        "null",
        "string"
      ],
      "doc": "Network operator.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "rssi",
      "type": [
        "null",
        "double"
      ],
      "doc": "Received signal strength, dBm.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "snr",
      "type": [
        "null",
        "double"
      ],
      "doc": "Signal to noise ratio, dB.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "rsrp",
      "type": [
        "null",
        "double"
      ],
      "doc": "Reference signal received power, dBm.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "rsrq",
      "type": [
        "null",
        "double"
      ],
      "doc": "Reference signal received quality, dB.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "sinr",
      "type": [
        "null",
        "double"
      ],
      "doc": "Signal to interference and noise ratio, dB.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "spreadingFactor",
      "type": [
        "null",
        "int"
      ],
      "doc": "LoRa spreading factor, 7 to 12.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "dataRate",
      "type": [
        "null",
        "double"
      ],
      "doc": "Data rate, bit/s.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "latencyMs",
      "type": [
        "null",
        "double"
      ],
      "doc": "Round trip time, ms.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "packetsSent",
      "type": [
        "null",
        "long"
      ],
      "doc": "Packets sent since the counter began.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "packetsLost",
      "type": [
        "null",
        "long"
      ],
      "doc": "Packets lost since the counter began.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "bytesUp",
      "type": [
        "null",
        "long"
      ],
      "doc": "Bytes sent by the device since the counter began.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "bytesDown",
      "type": [
        "null",
        "long"
      ],
      "doc": "Bytes received by the device since the counter began.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "causeTopic",
      "type": "string",
      "doc": "Topic of the root event that caused this record.",
      "dataClass": "operational"
    },
    {
      "name": "causePartition",
      "type": "int",
      "doc": "Partition of the root event.",
      "dataClass": "operational"
    },
    {
      "name": "causeOffset",
      "type": "long",
      "doc": "Offset of the root event.",
      "dataClass": "operational"
    },
    {
      "name": "causePath",
      "type": "string",
      "doc": "How it was derived: processor/version/index, one step a stage, joined by '>'.",
      "dataClass": "operational"
    },
    {
      "name": "logTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Log time of the partition when this was derived: the largest clock tick seen; 1970 before the first tick.",
      "dataClass": "operational"
    }
  ]
});
