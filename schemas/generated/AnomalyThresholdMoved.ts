// From avro/AnomalyThresholdMoved.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** A verdict of an operator moved how unlikely a metric must be to be told of. */
export interface AnomalyThresholdMoved extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device, unique within its tenant. */
  readonly device: string;
  /** Id of the verdict. */
  readonly eventId: string;
  /** When it was given. */
  readonly eventTime: number;
  /** When the connector received it. */
  readonly receivedAt: number;
  /** Name of the metric. */
  readonly metric: string;
  /** The verdict, as it was given. */
  readonly verdict: string;
  /** Who judged. */
  readonly actor: string | null;
  /** What was that likely or less was an anomaly. */
  readonly before: number;
  /** What is that likely or less is one from now on. */
  readonly after: number;
  /** Anomalies of the metric that operators have called true. */
  readonly truePositives: number;
  /** Those that they have called false, or meant to be so. */
  readonly falsePositives: number;
}

export const AnomalyThresholdMoved: Schema<AnomalyThresholdMoved> = schema({
  "type": "record",
  "name": "AnomalyThresholdMoved",
  "namespace": "fleetstream",
  "doc": "A verdict of an operator moved how unlikely a metric must be to be told of.",
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
      "doc": "Id of the verdict.",
      "dataClass": "operational"
    },
    {
      "name": "eventTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When it was given.",
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
      "name": "metric",
      "type": "string",
      "doc": "Name of the metric.",
      "dataClass": "telemetry"
    },
    {
      "name": "verdict",
      "type": "string",
      "doc": "The verdict, as it was given.",
      "dataClass": "operational"
    },
    {
      "name": "actor",
      "type": [
        "null",
        "string"
      ],
      "doc": "Who judged.",
      "dataClass": "identity",
      "default": null
    },
    {
      "name": "before",
      "type": "double",
      "doc": "What was that likely or less was an anomaly.",
      "dataClass": "operational"
    },
    {
      "name": "after",
      "type": "double",
      "doc": "What is that likely or less is one from now on.",
      "dataClass": "operational"
    },
    {
      "name": "truePositives",
      "type": "int",
      "doc": "Anomalies of the metric that operators have called true.",
      "dataClass": "operational"
    },
    {
      "name": "falsePositives",
      "type": "int",
      "doc": "Those that they have called false, or meant to be so.",
      "dataClass": "operational"
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
