// From avro/DetectMeasured.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** What a behaviour with a statistical threshold or a confidence measured of a device in one window, for the stage that compares it with all devices or with its past. */
export interface DetectMeasured extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device, unique within its tenant. */
  readonly device: string;
  /** Name of the security profile. */
  readonly profile: string;
  /** Name of the behaviour. */
  readonly behaviour: string;
  /** Begin of the window. */
  readonly windowStart: number;
  /** End of the window. */
  readonly eventTime: number;
  /** What was measured. */
  readonly value: number;
  /** Ids of events that show it, not always all. */
  readonly events: readonly string[];
}

export const DetectMeasured: Schema<DetectMeasured> = schema({
  "type": "record",
  "name": "DetectMeasured",
  "namespace": "fleetstream",
  "doc": "What a behaviour with a statistical threshold or a confidence measured of a device in one window, for the stage that compares it with all devices or with its past.",
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
      "name": "profile",
      "type": "string",
      "doc": "Name of the security profile.",
      "dataClass": "operational"
    },
    {
      "name": "behaviour",
      "type": "string",
      "doc": "Name of the behaviour.",
      "dataClass": "operational"
    },
    {
      "name": "windowStart",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Begin of the window.",
      "dataClass": "operational"
    },
    {
      "name": "eventTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "End of the window.",
      "dataClass": "operational"
    },
    {
      "name": "value",
      "type": "double",
      "doc": "What was measured.",
      "dataClass": "telemetry"
    },
    {
      "name": "events",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "Ids of events that show it, not always all.",
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
