// From avro/AnomalyPeer.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** What a series tells its cohort: each value while it is young, and its baseline now and then when it is grown. */
export interface AnomalyPeer extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device, unique within its tenant. */
  readonly device: string;
  /** Model. */
  readonly model: string | null;
  /** Version of its firmware. */
  readonly firmware: string | null;
  /** Name of the metric. */
  readonly metric: string;
  /** Value: of a young series. Last: the last of them. Member: the baseline of a grown one. */
  readonly phase: 'UNKNOWN' | 'VALUE' | 'LAST' | 'MEMBER';
  /** Id of the report that it is from. */
  readonly eventId: string;
  /** When it happened. */
  readonly eventTime: number;
  /** When the connector received it. */
  readonly receivedAt: number;
  /** Offset of the report in the partition of its cause. */
  readonly eventOffset: number;
  /** What was measured. */
  readonly value: number;
  /** What is that likely or less is told of. */
  readonly threshold: number;
  /** The members of a baseline, as in SeriesBaseline; empty of a value. */
  readonly numbers: readonly number[];
  /** Its tails, as in SeriesBaseline; empty of a value. */
  readonly tails: readonly number[];
  /** Its hours, as in SeriesProfile; empty of a value. */
  readonly floats: Uint8Array;
}

export const AnomalyPeer: Schema<AnomalyPeer> = schema({
  "type": "record",
  "name": "AnomalyPeer",
  "namespace": "fleetstream",
  "doc": "What a series tells its cohort: each value while it is young, and its baseline now and then when it is grown.",
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
      "name": "model",
      "type": [
        "null",
        "string"
      ],
      "doc": "Model.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "firmware",
      "type": [
        "null",
        "string"
      ],
      "doc": "Version of its firmware.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "metric",
      "type": "string",
      "doc": "Name of the metric.",
      "dataClass": "telemetry"
    },
    {
      "name": "phase",
      "type": {
        "type": "enum",
        "name": "PeerPhase",
        "symbols": [
          "UNKNOWN",
          "VALUE",
          "LAST",
          "MEMBER"
        ],
        "default": "UNKNOWN"
      },
      "doc": "Value: of a young series. Last: the last of them. Member: the baseline of a grown one.",
      "dataClass": "operational"
    },
    {
      "name": "eventId",
      "type": "string",
      "doc": "Id of the report that it is from.",
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
      "doc": "Offset of the report in the partition of its cause.",
      "dataClass": "operational"
    },
    {
      "name": "value",
      "type": "double",
      "doc": "What was measured.",
      "dataClass": "telemetry"
    },
    {
      "name": "threshold",
      "type": "double",
      "doc": "What is that likely or less is told of.",
      "dataClass": "operational"
    },
    {
      "name": "numbers",
      "type": {
        "type": "array",
        "items": "double"
      },
      "doc": "The members of a baseline, as in SeriesBaseline; empty of a value.",
      "dataClass": "telemetry",
      "default": []
    },
    {
      "name": "tails",
      "type": {
        "type": "array",
        "items": "float"
      },
      "doc": "Its tails, as in SeriesBaseline; empty of a value.",
      "dataClass": "telemetry",
      "default": []
    },
    {
      "name": "floats",
      "type": "bytes",
      "doc": "Its hours, as in SeriesProfile; empty of a value.",
      "dataClass": "telemetry",
      "default": ""
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
