// From avro/FrostState.avsc. Run `npx fleetstream schemas generate`.
import { schema, type Schema } from 'fleetstream/sdk';

/** What is kept of a device: whether it freezes, and by which report. */
export interface FrostState {
  /** Whether the newest report was below zero. */
  readonly freezing: boolean;
  /** When that report was made. */
  readonly at: number;
}

export const FrostState: Schema<FrostState> = schema({
  "type": "record",
  "name": "FrostState",
  "namespace": "example.frost",
  "doc": "What is kept of a device: whether it freezes, and by which report.",
  "fields": [
    {
      "name": "freezing",
      "type": "boolean",
      "doc": "Whether the newest report was below zero.",
      "dataClass": "telemetry"
    },
    {
      "name": "at",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When that report was made.",
      "dataClass": "telemetry"
    }
  ]
});
