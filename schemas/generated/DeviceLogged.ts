// From avro/DeviceLogged.avsc. Run `npm run generate`.
import { schema, type Envelope, type Schema } from '#sdk';

/** A device wrote a line of its log. */
export interface DeviceLogged extends Envelope {
  /** How grave it is. */
  readonly level: 'UNKNOWN' | 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL';
  /** Part of the software that wrote it. */
  readonly logger: string | null;
  /** The line. */
  readonly message: string;
  /** What qualifies it. */
  readonly attributes: Readonly<Record<string, string>>;
}

export const DeviceLogged: Schema<DeviceLogged> = schema({
  "type": "record",
  "name": "DeviceLogged",
  "namespace": "fleetstream",
  "doc": "A device wrote a line of its log.",
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
      "name": "level",
      "type": {
        "type": "enum",
        "name": "LogLevel",
        "symbols": [
          "UNKNOWN",
          "TRACE",
          "DEBUG",
          "INFO",
          "WARN",
          "ERROR",
          "FATAL"
        ],
        "default": "UNKNOWN"
      },
      "doc": "How grave it is.",
      "dataClass": "operational",
      "default": "UNKNOWN"
    },
    {
      "name": "logger",
      "type": [
        "null",
        "string"
      ],
      "doc": "Part of the software that wrote it.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "message",
      "type": "string",
      "doc": "The line.",
      "dataClass": "telemetry"
    },
    {
      "name": "attributes",
      "type": {
        "type": "map",
        "values": "string"
      },
      "doc": "What qualifies it.",
      "dataClass": "telemetry",
      "default": {}
    }
  ]
});
