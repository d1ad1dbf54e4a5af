// From avro/PolicySnapshotBegan.avsc. Run `npm run generate`.
import { schema, type Schema } from '../schema.ts';

/** A complete set of the live policies follows, up to PolicySnapshotEnded. */
export interface PolicySnapshotBegan {
  /** Number of the snapshot. */
  readonly snapshot: number;
  /** When it was taken. */
  readonly time: number;
  /** How many policies follow. */
  readonly count: number;
}

export const PolicySnapshotBegan: Schema<PolicySnapshotBegan> = schema({
  "type": "record",
  "name": "PolicySnapshotBegan",
  "namespace": "fleetstream.platform",
  "doc": "A complete set of the live policies follows, up to PolicySnapshotEnded.",
  "fields": [
    {
      "name": "snapshot",
      "type": "long",
      "doc": "Number of the snapshot.",
      "dataClass": "operational"
    },
    {
      "name": "time",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When it was taken.",
      "dataClass": "operational"
    },
    {
      "name": "count",
      "type": "int",
      "doc": "How many policies follow.",
      "dataClass": "operational"
    }
  ]
});
