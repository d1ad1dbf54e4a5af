// From avro/AnomalyFound.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** An anomaly of a metric, with what was expected and what would have kept it silent. */
export interface AnomalyFound extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device, unique within its tenant. */
  readonly device: string;
  /** Id of the report that was judged. */
  readonly eventId: string;
  /** When it happened. */
  readonly eventTime: number;
  /** When the connector received it. */
  readonly receivedAt: number;
  /** Offset of the report in the partition of its cause; the cause itself is the clock tick at which it was judged. */
  readonly eventOffset: number;
  /** Name of the metric. */
  readonly metric: string;
  /** What was measured. */
  readonly value: number;
  /** What the baseline said before it saw the value. */
  readonly expected: number;
  /** How anomalous it is, from 0 to 1; a value whose report opens an incident has 0.5 or more. */
  readonly score: number;
  /** Of anything as unlikely, were all as usual. */
  readonly probability: number;
  /** What of the series is most unusual: a jump, a record, a shift, noise, stillness, a burst, a drift. */
  readonly statistic: string;
  /** A lower value alone would have been an anomaly. */
  readonly low: number;
  /** A higher value alone would have been an anomaly. */
  readonly high: number;
  /** How many times its usual size the statistic is. */
  readonly measure: number;
  /** From how many times on it is an anomaly: to stay silent, this would have had to be larger than the measure. */
  readonly limit: number;
  /** Values that the baseline had seen before. */
  readonly sampleSize: number;
  /** From 0, all is of the cohort or a guess, to 1, all is of the series itself. */
  readonly maturity: number;
  /** What is that likely or less is told of; verdicts of operators move it. 0 where it was not written down. */
  readonly threshold: number;
  /** Values that what its cohort lent is worth; 0 where the series is judged by itself. */
  readonly lent: number;
}

export const AnomalyFound: Schema<AnomalyFound> = schema({
  "type": "record",
  "name": "AnomalyFound",
  "namespace": "fleetstream",
  "doc": "An anomaly of a metric, with what was expected and what would have kept it silent.",
  "derived": true,
  "fields": [
    {
      "name": "tenant",
      "type": "string",
      "doc": "Who owns the device.",
      "dataClass": "identity"
    },
    {
      "name": "device",
      "type": "string",
      "doc": "The device, unique within its tenant.",
      "dataClass": "identity"
    },
    {
      "name": "eventId",
      "type": "string",
      "doc": "Id of the report that was judged.",
      "dataClass": "operational"
    },
    {
      "name": "eventTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When it happened.",
      "dataClass": "operational"
    },
    {
      "name": "receivedAt",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When the connector received it.",
      "dataClass": "operational"
    },
    {
      "name": "eventOffset",
      "type": "long",
      "doc": "Offset of the report in the partition of its cause; the cause itself is the clock tick at which it was judged.",
      "dataClass": "operational"
    },
    {
      "name": "metric",
      "type": "string",
      "doc": "Name of the metric.",
      "dataClass": "telemetry"
    },
    {
      "name": "value",
      "type": "double",
      "doc": "What was measured.",
      "dataClass": "telemetry"
    },
    {
      "name": "expected",
      "type": "double",
      "doc": "What the baseline said before it saw the value.",
      "dataClass": "telemetry"
    },
    {
      "name": "score",
      "type": "double",
      "doc": "How anomalous it is, from 0 to 1; a value whose report opens an incident has 0.5 or more.",
      "dataClass": "telemetry"
    },
    {
      "name": "probability",
      "type": "double",
      "doc": "Of anything as unlikely, were all as usual.",
      "dataClass": "telemetry"
    },
    {
      "name": "statistic",
      "type": "string",
      "doc": "What of the series is most unusual: a jump, a record, a shift, noise, stillness, a burst, a drift.",
      "dataClass": "telemetry"
    },
    {
      "name": "low",
      "type": "double",
      "doc": "A lower value alone would have been an anomaly.",
      "dataClass": "telemetry"
    },
    {
      "name": "high",
      "type": "double",
      "doc": "A higher value alone would have been an anomaly.",
      "dataClass": "telemetry"
    },
    {
      "name": "measure",
      "type": "double",
      "doc": "How many times its usual size the statistic is.",
      "dataClass": "telemetry"
    },
    {
      "name": "limit",
      "type": "double",
      "doc": "From how many times on it is an anomaly: to stay silent, this would have had to be larger than the measure.",
      "dataClass": "telemetry"
    },
    {
      "name": "sampleSize",
      "type": "long",
      "doc": "Values that the baseline had seen before.",
      "dataClass": "telemetry"
    },
    {
      "name": "maturity",
      "type": "double",
      "doc": "From 0, all is of the cohort or a guess, to 1, all is of the series itself.",
      "dataClass": "telemetry"
    },
    {
      "name": "threshold",
      "type": "double",
      "doc": "What is that likely or less is told of; verdicts of operators move it. 0 where it was not written down.",
      "dataClass": "operational",
      "default": 0
    },
    {
      "name": "lent",
      "type": "double",
      "doc": "Values that what its cohort lent is worth; 0 where the series is judged by itself.",
      "dataClass": "telemetry",
      "default": 0
    },
    {
      "name": "causeTopic",
      "type": "string",
      "doc": "Topic of the root event that caused this record.",
      "dataClass": "operational"
    },
    {
      "name": "causePartition",
      "type": "int",
      "doc": "Partition of the root event.",
      "dataClass": "operational"
    },
    {
      "name": "causeOffset",
      "type": "long",
      "doc": "Offset of the root event.",
      "dataClass": "operational"
    },
    {
      "name": "causePath",
      "type": "string",
      "doc": "How it was derived: processor/version/index, one step a stage, joined by '>'.",
      "dataClass": "operational"
    },
    {
      "name": "logTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Log time of the partition when this was derived: the largest clock tick seen; 1970 before the first tick.",
      "dataClass": "operational"
    }
  ]
});
