// From avro/NoveltyFound.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** A device did what it never did, and what its like do not do. */
export interface NoveltyFound extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device, unique within its tenant. */
  readonly device: string;
  /** Id of the event that showed it. */
  readonly eventId: string;
  /** When it happened. */
  readonly eventTime: number;
  /** Destination: network of another end. Endpoint: port in such a network. Port: one that is open. Command: path that is asked of its twin. */
  readonly kind: 'UNKNOWN' | 'DESTINATION' | 'ENDPOINT' | 'PORT' | 'COMMAND';
  /** What is new, at most 16. */
  readonly members: readonly string[];
  /** As it was reported. */
  readonly seen: readonly string[];
  /** What was known of the device before, at most 16. */
  readonly usual: readonly string[];
  /** Whether the past of the device itself decided, or that of its cohort. */
  readonly basis: 'UNKNOWN' | 'DEVICE' | 'COHORT';
  /** Of something as new, were all as before: in a report of the device, or in the life of a device of the cohort. */
  readonly probability: number;
  /** What is that likely or less is told: to stay silent it would have had to be below the probability. */
  readonly threshold: number;
  /** Reports of the device before, in up to 90 days and since its firmware changed. */
  readonly reports: number;
  /** Of these the ones that held what no other of them holds. */
  readonly news: number;
  /** Model, by which the cohort goes. */
  readonly model: string | null;
  /** Firmware, by which the cohort goes. */
  readonly firmware: string | null;
  /** Devices of the cohort that have a past. */
  readonly cohortGrown: number;
  /** Members that one device of the cohort has alone. */
  readonly cohortAlone: number;
  /** Devices of the cohort that were found with the same before. */
  readonly others: number;
  /** Version of the policy novelty. */
  readonly policyVersion: number;
}

export const NoveltyFound: Schema<NoveltyFound> = schema({
  "type": "record",
  "name": "NoveltyFound",
  "namespace": "fleetstream",
  "doc": "A device did what it never did, and what its like do not do.",
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
      "name": "members",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "What is new, at most 16.",
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
      "name": "basis",
      "type": {
        "type": "enum",
        "name": "NoveltyBasis",
        "symbols": [
          "UNKNOWN",
          "DEVICE",
          "COHORT"
        ],
        "default": "UNKNOWN"
      },
      "doc": "Whether the past of the device itself decided, or that of its cohort.",
      "dataClass": "operational"
    },
    {
      "name": "probability",
      "type": "double",
      "doc": "Of something as new, were all as before: in a report of the device, or in the life of a device of the cohort.",
      "dataClass": "operational"
    },
    {
      "name": "threshold",
      "type": "double",
      "doc": "What is that likely or less is told: to stay silent it would have had to be below the probability.",
      "dataClass": "operational"
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
      "name": "model",
      "type": [
        "null",
        "string"
      ],
      "doc": "Model, by which the cohort goes.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "firmware",
      "type": [
        "null",
        "string"
      ],
      "doc": "Firmware, by which the cohort goes.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "cohortGrown",
      "type": "long",
      "doc": "Devices of the cohort that have a past.",
      "dataClass": "operational"
    },
    {
      "name": "cohortAlone",
      "type": "long",
      "doc": "Members that one device of the cohort has alone.",
      "dataClass": "operational"
    },
    {
      "name": "others",
      "type": "int",
      "doc": "Devices of the cohort that were found with the same before.",
      "dataClass": "operational"
    },
    {
      "name": "policyVersion",
      "type": "long",
      "doc": "Version of the policy novelty.",
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
