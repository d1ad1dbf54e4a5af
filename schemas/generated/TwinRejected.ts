// From avro/TwinRejected.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** A twin update was refused and changed nothing. */
export interface TwinRejected extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device. */
  readonly device: string;
  /** Id of the event that caused it. */
  readonly eventId: string;
  /** When that event happened. */
  readonly eventTime: number;
  /** When the connector received that event. */
  readonly receivedAt: number;
  /** Which section it would have written. */
  readonly section: 'UNKNOWN' | 'REPORTED' | 'DESIRED';
  /** Stable code: version_conflict, null_in_array, section_too_large, too_deep, key_too_long, string_too_long, patch_malformed. */
  readonly code: string;
  /** The reason in a sentence. */
  readonly detail: string;
  /** JSON Pointer of the offending part; null for the whole. */
  readonly path: string | null;
  /** Version that the update asked for. */
  readonly expectedVersion: number | null;
  /** Version of the twin. */
  readonly version: number;
  /** The refused patch. */
  readonly patch: string;
}

export const TwinRejected: Schema<TwinRejected> = schema({
  "type": "record",
  "name": "TwinRejected",
  "namespace": "fleetstream",
  "doc": "A twin update was refused and changed nothing.",
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
      "doc": "The device.",
      "dataClass": "identity"
    },
    {
      "name": "eventId",
      "type": "string",
      "doc": "Id of the event that caused it.",
      "dataClass": "operational"
    },
    {
      "name": "eventTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When that event happened.",
      "dataClass": "operational"
    },
    {
      "name": "receivedAt",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When the connector received that event.",
      "dataClass": "operational"
    },
    {
      "name": "section",
      "type": {
        "type": "enum",
        "name": "TwinSection",
        "symbols": [
          "UNKNOWN",
          "REPORTED",
          "DESIRED"
        ],
        "default": "UNKNOWN"
      },
      "doc": "Which section it would have written.",
      "dataClass": "configuration"
    },
    {
      "name": "code",
      "type": "string",
      "doc": "Stable code: version_conflict, null_in_array, section_too_large, too_deep, key_too_long, string_too_long, patch_malformed.",
      "dataClass": "operational"
    },
    {
      "name": "detail",
      "type": "string",
      "doc": "The reason in a sentence.",
      "dataClass": "operational"
    },
    {
      "name": "path",
      "type": [
        "null",
        "string"
      ],
      "doc": "JSON Pointer of the offending part; null for the whole.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "expectedVersion",
      "type": [
        "null",
        "long"
      ],
      "doc": "Version that the update asked for.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "version",
      "type": "long",
      "doc": "Version of the twin.",
      "dataClass": "operational"
    },
    {
      "name": "patch",
      "type": "string",
      "doc": "The refused patch.",
      "dataClass": "configuration"
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
