// From avro/AnomalyPolicy.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** From when on an anomaly of a metric is an alert. */
export interface AnomalyPolicy {
  /** What is that likely or less is an alert; every anomaly is in the table anomalies. */
  readonly alertProbability: number;
  /** Values that a baseline has seen before it may alert. */
  readonly valuesMin: number;
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
    }
  ]
});
