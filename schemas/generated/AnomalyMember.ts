// From avro/AnomalyMember.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** The baseline of a grown series, of which the prior of its cohort is made. */
export interface AnomalyMember {
  /** The members of its baseline, as in SeriesBaseline. */
  readonly numbers: readonly number[];
  /** Its tails, as in SeriesBaseline. */
  readonly tails: readonly number[];
  /** Its hours, as in SeriesProfile. */
  readonly floats: Uint8Array;
}

export const AnomalyMember: Schema<AnomalyMember> = schema({
  "type": "record",
  "name": "AnomalyMember",
  "namespace": "fleetstream",
  "doc": "The baseline of a grown series, of which the prior of its cohort is made.",
  "fields": [
    {
      "name": "numbers",
      "type": {
        "type": "array",
        "items": "double"
      },
      "doc": "The members of its baseline, as in SeriesBaseline.",
      "dataClass": "telemetry"
    },
    {
      "name": "tails",
      "type": {
        "type": "array",
        "items": "float"
      },
      "doc": "Its tails, as in SeriesBaseline.",
      "dataClass": "telemetry"
    },
    {
      "name": "floats",
      "type": "bytes",
      "doc": "Its hours, as in SeriesProfile.",
      "dataClass": "telemetry"
    }
  ]
});
