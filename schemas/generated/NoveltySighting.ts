// From avro/NoveltySighting.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** What a device does for the first time, for the stage that knows what its like do. */
export interface NoveltySighting extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device, unique within its tenant. */
  readonly device: string;
  /** Model. */
  readonly model: string | null;
  /** Version of its firmware. */
  readonly firmware: string | null;
  /** Destination: network of another end. Endpoint: port in such a network. Port: one that is open. Command: path that is asked of its twin. */
  readonly kind: 'UNKNOWN' | 'DESTINATION' | 'ENDPOINT' | 'PORT' | 'COMMAND';
  /** New: seen for the first time. Shown: seen, and not to be judged. Gone: what was new is gone, or usual by now. Grown: the device has a past. */
  readonly phase: 'UNKNOWN' | 'NEW' | 'SHOWN' | 'GONE' | 'GROWN';
  /** What was seen, at most 16. */
  readonly members: readonly string[];
  /** As it was reported. */
  readonly seen: readonly string[];
  /** What was known of the device before, at most 16. */
  readonly usual: readonly string[];
  /** Reports of the device before, in up to 90 days and since its firmware changed. */
  readonly reports: number;
  /** Of these the ones that held what no other of them holds. */
  readonly news: number;
  /** That a report holds something new. */
  readonly probability: number;
  /** True where that is unlikely enough to be told. */
  readonly strange: boolean;
  /** Id of the event that showed it. */
  readonly eventId: string;
  /** When it happened. */
  readonly eventTime: number;
}

export const NoveltySighting: Schema<NoveltySighting> = schema({
  "type": "record",
  "name": "NoveltySighting",
  "namespace": "fleetstream",
  "doc": "What a device does for the first time, for the stage that knows what its like do.",
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
      "name": "kind",
      "type": {
        "type": "enum",
        "name": "NoveltyKind",
        "symbols": [
          "UNKNOWN",
          "DESTINATION",
          "ENDPOINT",
          "PORT",
          "COMMAND"
        ],
        "default": "UNKNOWN"
      },
      "doc": "Destination: network of another end. Endpoint: port in such a network. Port: one that is open. Command: path that is asked of its twin.",
      "dataClass": "operational"
    },
    {
      "name": "phase",
      "type": {
        "type": "enum",
        "name": "SightingPhase",
        "symbols": [
          "UNKNOWN",
          "NEW",
          "SHOWN",
          "GONE",
          "GROWN"
        ],
        "default": "UNKNOWN"
      },
      "doc": "New: seen for the first time. Shown: seen, and not to be judged. Gone: what was new is gone, or usual by now. Grown: the device has a past.",
      "dataClass": "operational"
    },
    {
      "name": "members",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "What was seen, at most 16.",
      "dataClass": "connectivity"
    },
    {
      "name": "seen",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "As it was reported.",
      "dataClass": "connectivity"
    },
    {
      "name": "usual",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "What was known of the device before, at most 16.",
      "dataClass": "connectivity"
    },
    {
      "name": "reports",
      "type": "long",
      "doc": "Reports of the device before, in up to 90 days and since its firmware changed.",
      "dataClass": "operational"
    },
    {
      "name": "news",
      "type": "long",
      "doc": "Of these the ones that held what no other of them holds.",
      "dataClass": "operational"
    },
    {
      "name": "probability",
      "type": "double",
      "doc": "That a report holds something new.",
      "dataClass": "operational"
    },
    {
      "name": "strange",
      "type": "boolean",
      "doc": "True where that is unlikely enough to be told.",
      "dataClass": "operational"
    },
    {
      "name": "eventId",
      "type": "string",
      "doc": "Id of the event that showed it.",
      "dataClass": "operational"
    },
    {
      "name": "eventTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When it happened.",
      "dataClass": "operational"
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
