// From avro/QualityBands.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** Limits of a measure. */
export interface QualityBand {
  /** rssi, snr, rsrp, rsrq, sinr, marginDb, loss or latencyP50. */
  readonly measure: string;
  /** From here on it is excellent. */
  readonly excellent: number;
  /** From here on it is good. */
  readonly good: number;
  /** From here on it is fair. */
  readonly fair: number;
  /** From here on it is poor; beyond, very poor. */
  readonly poor: number;
}

/** How good a link is, by its measures. */
export interface QualityBands {
  /** Of each measure that counts. Where excellent is the lowest of the four, less is better. */
  readonly bands: readonly QualityBand[];
  /** Technologies that they are for; none means every one. */
  readonly technologies: readonly string[];
}

export const QualityBands: Schema<QualityBands> = schema({
  "type": "record",
  "name": "QualityBands",
  "namespace": "fleetstream",
  "doc": "How good a link is, by its measures.",
  "fields": [
    {
      "name": "bands",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "QualityBand",
          "doc": "Limits of a measure.",
          "fields": [
            {
              "name": "measure",
              "type": "string",
              "doc": "rssi, snr, rsrp, rsrq, sinr, marginDb, loss or latencyP50.",
              "dataClass": "connectivity"
            },
            {
              "name": "excellent",
              "type": "double",
              "doc": "From here on it is excellent.",
              "dataClass": "connectivity"
            },
            {
              "name": "good",
              "type": "double",
              "doc": "From here on it is good.",
              "dataClass": "connectivity"
            },
            {
              "name": "fair",
              "type": "double",
              "doc": "From here on it is fair.",
              "dataClass": "connectivity"
            },
            {
              "name": "poor",
              "type": "double",
              "doc": "From here on it is poor; beyond, very poor.",
              "dataClass": "connectivity"
            }
          ]
        }
      },
      "doc": "Of each measure that counts. Where excellent is the lowest of the four, less is better.",
      "dataClass": "connectivity"
    },
    {
      "name": "technologies",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "Technologies that they are for; none means every one.",
      "dataClass": "connectivity"
    }
  ]
});
