// From avro/AnomalyPrior.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What the series of a cohort have in common. */
export interface AnomalyPrior {
  /** The members of its baseline, as in SeriesBaseline. */
  readonly numbers: readonly number[];
  /** Its tails, as in SeriesBaseline. */
  readonly tails: readonly number[];
  /** Its hours, as in SeriesProfile. */
  readonly floats: Uint8Array;
  /** Mean absolute distance of the members' levels from their median. */
  readonly levelSpread: number;
  /** Values that it is worth against a series' own. */
  readonly worth: number;
}

export const AnomalyPrior: Schema<AnomalyPrior> = schema({
  "type": "record",
  "name": "AnomalyPrior",
  "namespace": "fleetstream",
  "doc": "What the series of a cohort have in common.",
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
    },
    {
      "name": "levelSpread",
      "type": "double",
      "doc": "Mean absolute distance of the members' levels from their median.",
      "dataClass": "telemetry"
    },
    {
      "name": "worth",
      "type": "double",
      "doc": "Values that it is worth against a series' own.",
      "dataClass": "operational"
    }
  ]
});
