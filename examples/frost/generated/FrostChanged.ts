// From avro/FrostChanged.avsc. Run `npx fleetstream schemas generate`.
import { schema, type Cause, type Schema } from 'fleetstream/sdk';

/** A device began or ceased to freeze. */
export interface FrostChanged extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device. */
  readonly device: string;
  /** When the report was made that shows it. */
  readonly eventTime: number;
  /** Whether it freezes from then on. */
  readonly freezing: boolean;
  /** What it measured, in degrees Celsius. */
  readonly temperatureC: number;
}

export const FrostChanged: Schema<FrostChanged> = schema({
  "type": "record",
  "name": "FrostChanged",
  "namespace": "example.frost",
  "doc": "A device began or ceased to freeze.",
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
      "name": "eventTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When the report was made that shows it.",
      "dataClass": "telemetry"
    },
    {
      "name": "freezing",
      "type": "boolean",
      "doc": "Whether it freezes from then on.",
      "dataClass": "telemetry"
    },
    {
      "name": "temperatureC",
      "type": "double",
      "doc": "What it measured, in degrees Celsius.",
      "dataClass": "telemetry"
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
