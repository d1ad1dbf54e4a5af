// From avro/AnomalyThreshold.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** How unlikely a metric of a device must be to be told of, where operators' verdicts have moved it. */
export interface AnomalyThreshold {
  /** What is that likely or less is an anomaly. */
  readonly probability: number;
  /** Anomalies that operators called true. */
  readonly truePositives: number;
  /** Those that they called false, or meant to be so. */
  readonly falsePositives: number;
}

export const AnomalyThreshold: Schema<AnomalyThreshold> = schema({
  "type": "record",
  "name": "AnomalyThreshold",
  "namespace": "fleetstream",
  "doc": "How unlikely a metric of a device must be to be told of, where operators' verdicts have moved it.",
  "fields": [
    {
      "name": "probability",
      "type": "double",
      "doc": "What is that likely or less is an anomaly.",
      "dataClass": "operational"
    },
    {
      "name": "truePositives",
      "type": "int",
      "doc": "Anomalies that operators called true.",
      "dataClass": "operational"
    },
    {
      "name": "falsePositives",
      "type": "int",
      "doc": "Those that they called false, or meant to be so.",
      "dataClass": "operational"
    }
  ]
});
