// From avro/Crash.avsc. Run `npm run generate`.
import { schema, type Cause, type Envelope, type Schema } from '#sdk';

/** A crash of a device’s software, admitted once. */
export interface Crash extends Cause, Envelope {
  /** What crashed, so that equal crashes have equal codes: a signal, an exception, a hash of the stack. */
  readonly code: string;
  /** What the device says about it. */
  readonly reason: string | null;
  /** Version of the firmware that crashed. */
  readonly firmware: string | null;
  /** How long it had run before, ms. */
  readonly uptimeMs: number | null;
}

export const Crash: Schema<Crash> = schema({
  "type": "record",
  "name": "Crash",
  "namespace": "fleetstream",
  "doc": "A crash of a device’s software, admitted once.",
  "includes": "DeviceCrashed",
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
      "name": "code",
      "type": "string",
      "doc": "What crashed, so that equal crashes have equal codes: a signal, an exception, a hash of the stack.",
      "dataClass": "operational"
    },
    {
      "name": "reason",
      "type": [
        "null",
        "string"
      ],
      "doc": "What the device says about it.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "firmware",
      "type": [
        "null",
        "string"
      ],
      "doc": "Version of the firmware that crashed.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "uptimeMs",
      "type": [
        "null",
        "long"
      ],
      "doc": "How long it had run before, ms.",
      "dataClass": "operational",
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
