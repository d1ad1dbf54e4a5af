// From avro/AnomalyPolicy.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** From when on an anomaly of a metric is an alert. */
export interface AnomalyPolicy {
  /** What is that likely or less is an alert; every anomaly is in the table anomalies. */
  readonly alertProbability: number;
  /** Values that a baseline has seen before it may alert. */
  readonly valuesMin: number;
  /** Values that a cohort must have lent to a younger baseline for it to alert; at most 300 are lent, and three members lend 200. 1000 lets no young baseline alert. */
  readonly lentMin: number;
}

export const AnomalyPolicy: Schema<AnomalyPolicy> = schema({
  "type": "record",
  "name": "AnomalyPolicy",
  "namespace": "fleetstream",
  "doc": "From when on an anomaly of a metric is an alert.",
  "fields": [
    {
      "name": "alertProbability",
      "type": "double",
      "doc": "What is that likely or less is an alert; every anomaly is in the table anomalies.",
      "dataClass": "operational"
    },
    {
      "name": "valuesMin",
      "type": "long",
      "doc": "Values that a baseline has seen before it may alert.",
      "dataClass": "operational"
    },
    {
      "name": "lentMin",
      "type": "long",
      "doc": "Values that a cohort must have lent to a younger baseline for it to alert; at most 300 are lent, and three members lend 200. 1000 lets no young baseline alert.",
      "dataClass": "operational",
      "default": 200
    }
  ]
});
