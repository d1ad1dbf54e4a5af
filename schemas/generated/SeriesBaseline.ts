// From avro/SeriesBaseline.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What is known of a metric of a device: how it usually is, by what it was. Its hours are in SeriesProfile. */
export interface SeriesBaseline {
  /** The members of a baseline one behind the other, in the order that processors/anomaly/packing.ts names. */
  readonly numbers: readonly number[];
  /** What is known of the tail of each statistic. */
  readonly tails: readonly number[];
}

export const SeriesBaseline: Schema<SeriesBaseline> = schema({
  "type": "record",
  "name": "SeriesBaseline",
  "namespace": "fleetstream",
  "doc": "What is known of a metric of a device: how it usually is, by what it was. Its hours are in SeriesProfile.",
  "fields": [
    {
      "name": "numbers",
      "type": {
        "type": "array",
        "items": "double"
      },
      "doc": "The members of a baseline one behind the other, in the order that processors/anomaly/packing.ts names.",
      "dataClass": "telemetry"
    },
    {
      "name": "tails",
      "type": {
        "type": "array",
        "items": "float"
      },
      "doc": "What is known of the tail of each statistic.",
      "dataClass": "telemetry"
    }
  ]
});
