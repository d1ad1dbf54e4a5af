// From avro/WaitingReport.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** A report of measurements that waits until those before it have come. */
export interface WaitingReport {
  /** Id of the report. */
  readonly eventId: string;
  /** When it happened. */
  readonly eventTime: number;
  /** When the connector received it. */
  readonly receivedAt: number;
  /** Log time at which it came. */
  readonly heardAt: number;
  /** Its offset in the partition. */
  readonly offset: number;
  /** Its values by metric. */
  readonly metrics: Readonly<Record<string, number>>;
}

export const WaitingReport: Schema<WaitingReport> = schema({
  "type": "record",
  "name": "WaitingReport",
  "namespace": "fleetstream",
  "doc": "A report of measurements that waits until those before it have come.",
  "fields": [
    {
      "name": "eventId",
      "type": "string",
      "doc": "Id of the report.",
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
      "name": "heardAt",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Log time at which it came.",
      "dataClass": "operational"
    },
    {
      "name": "offset",
      "type": "long",
      "doc": "Its offset in the partition.",
      "dataClass": "operational"
    },
    {
      "name": "metrics",
      "type": {
        "type": "map",
        "values": "double"
      },
      "doc": "Its values by metric.",
      "dataClass": "telemetry"
    }
  ]
});
