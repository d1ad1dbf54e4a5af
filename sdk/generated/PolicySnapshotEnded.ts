// From avro/PolicySnapshotEnded.avsc. Run `npm run generate`.
import { schema, type Schema } from '../schema.ts';

/** The snapshot of the live policies is complete. */
export interface PolicySnapshotEnded {
  /** Number of the snapshot. */
  readonly snapshot: number;
  /** When it was taken. */
  readonly time: number;
}

export const PolicySnapshotEnded: Schema<PolicySnapshotEnded> = schema({
  "type": "record",
  "name": "PolicySnapshotEnded",
  "namespace": "fleetstream.platform",
  "doc": "The snapshot of the live policies is complete.",
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
    }
  ]
});
