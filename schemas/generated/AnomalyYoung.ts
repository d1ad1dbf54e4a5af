// From avro/AnomalyYoung.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** The baseline of a young series, which began with the prior of its cohort. */
export interface AnomalyYoung {
  /** The members of its baseline, as in SeriesBaseline. */
  readonly numbers: readonly number[];
  /** Its tails, as in SeriesBaseline. */
  readonly tails: readonly number[];
  /** Its hours, as in SeriesProfile. */
  readonly floats: Uint8Array;
  /** When the newest value happened. */
  readonly newest: number;
  /** True while an alert is open that it raised. */
  readonly alerting: boolean;
}

export const AnomalyYoung: Schema<AnomalyYoung> = schema({
  "type": "record",
  "name": "AnomalyYoung",
  "namespace": "fleetstream",
  "doc": "The baseline of a young series, which began with the prior of its cohort.",
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
      "name": "newest",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When the newest value happened.",
      "dataClass": "operational"
    },
    {
      "name": "alerting",
      "type": "boolean",
      "doc": "True while an alert is open that it raised.",
      "dataClass": "operational"
    }
  ]
});
