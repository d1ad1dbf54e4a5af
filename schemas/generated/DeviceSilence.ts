// From avro/DeviceSilence.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** A device went silent, was heard, or comes and goes: what the second stage counts. */
export interface DeviceSilence extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device, unique within its tenant. */
  readonly device: string;
  /** HEARD: it is there, at these places. SILENT: it went away. RETRACTED: it had been there all along. FLAPPING: it comes and goes. CALM: it does no longer, or never did. */
  readonly kind: 'UNKNOWN' | 'HEARD' | 'SILENT' | 'RETRACTED' | 'FLAPPING' | 'CALM';
  /** Of SILENT its last sign, else when it was heard. */
  readonly eventTime: number;
  /** Log time at which that was known. */
  readonly noticedAt: number;
  /** Why it was thought to be away, SILENT or SESSION_ENDED; empty of HEARD. */
  readonly reason: string;
  /** Gateways that heard it last, newest first. */
  readonly gateways: readonly string[];
  /** Its cell. */
  readonly cell: string | null;
  /** Its network operator. */
  readonly operator: string | null;
  /** Its site. */
  readonly site: string | null;
}

export const DeviceSilence: Schema<DeviceSilence> = schema({
  "type": "record",
  "name": "DeviceSilence",
  "namespace": "fleetstream",
  "doc": "A device went silent, was heard, or comes and goes: what the second stage counts.",
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
      "name": "kind",
      "type": {
        "type": "enum",
        "name": "SilenceKind",
        "symbols": [
          "UNKNOWN",
          "HEARD",
          "SILENT",
          "RETRACTED",
          "FLAPPING",
          "CALM"
        ],
        "default": "UNKNOWN"
      },
      "doc": "HEARD: it is there, at these places. SILENT: it went away. RETRACTED: it had been there all along. FLAPPING: it comes and goes. CALM: it does no longer, or never did.",
      "dataClass": "connectivity"
    },
    {
      "name": "eventTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Of SILENT its last sign, else when it was heard.",
      "dataClass": "connectivity"
    },
    {
      "name": "noticedAt",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Log time at which that was known.",
      "dataClass": "operational"
    },
    {
      "name": "reason",
      "type": "string",
      "doc": "Why it was thought to be away, SILENT or SESSION_ENDED; empty of HEARD.",
      "dataClass": "connectivity"
    },
    {
      "name": "gateways",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "Gateways that heard it last, newest first.",
      "dataClass": "location"
    },
    {
      "name": "cell",
      "type": [
        "null",
        "string"
      ],
      "doc": "Its cell.",
      "dataClass": "location",
      "default": null
    },
    {
      "name": "operator",
      "type": [
        "null",
        "string"
      ],
      "doc": "Its network operator.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "site",
      "type": [
        "null",
        "string"
      ],
      "doc": "Its site.",
      "dataClass": "location",
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
