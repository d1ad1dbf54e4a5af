// From avro/Cause.avsc. Run `npm run generate`.
import { schema, type Schema } from '../schema.ts';

/** What every derived record ends with: the root event that caused it. */
export interface Cause {
  /** Topic of the root event that caused this record. */
  readonly causeTopic: string;
  /** Partition of the root event. */
  readonly causePartition: number;
  /** Offset of the root event. */
  readonly causeOffset: number;
  /** How it was derived: processor/version/index, one step a stage, joined by '>'. */
  readonly causePath: string;
  /** Log time of the partition when this was derived: the largest clock tick seen; 1970 before the first tick. */
  readonly logTime: number;
}

export const Cause: Schema<Cause> = schema({
  "type": "record",
  "name": "Cause",
  "namespace": "fleetstream.platform",
  "doc": "What every derived record ends with: the root event that caused it.",
  "fields": [
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
