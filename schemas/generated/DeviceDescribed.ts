// From avro/DeviceDescribed.avsc. Run `npm run generate`.
import { schema, type Envelope, type Schema } from '#sdk';

/** A device, or who installed it, says what it is. What is null was not said. */
export interface DeviceDescribed extends Envelope {
  /** Model. */
  readonly model: string | null;
  /** Revision of its hardware. */
  readonly hardware: string | null;
  /** Version of its firmware. */
  readonly firmware: string | null;
  /** Lot that it was made in. */
  readonly lot: string | null;
  /** Site where it stands. */
  readonly site: string | null;
  /** It means to report at least so often, ms; a device that sleeps says how long. */
  readonly reportIntervalMs: number | null;
}

export const DeviceDescribed: Schema<DeviceDescribed> = schema({
  "type": "record",
  "name": "DeviceDescribed",
  "namespace": "fleetstream",
  "doc": "A device, or who installed it, says what it is. What is null was not said.",
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
      "name": "model",
      "type": [
        "null",
        "string"
      ],
      "doc": "Model.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "hardware",
      "type": [
        "null",
        "string"
      ],
      "doc": "Revision of its hardware.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "firmware",
      "type": [
        "null",
        "string"
      ],
      "doc": "Version of its firmware.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "lot",
      "type": [
        "null",
        "string"
      ],
      "doc": "Lot that it was made in.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "site",
      "type": [
        "null",
        "string"
      ],
      "doc": "Site where it stands.",
      "dataClass": "location",
      "default": null
    },
    {
      "name": "reportIntervalMs",
      "type": [
        "null",
        "long"
      ],
      "doc": "It means to report at least so often, ms; a device that sleeps says how long.",
      "dataClass": "connectivity",
      "default": null
    }
  ]
});
