// From avro/IngressReported.avsc. Run `npm run generate`.
import { schema, type Schema } from '../schema.ts';

/** A connector began or ended listening, told to every partition: silence while ingress was away is unknown, not offline. */
export interface IngressReported {
  /** Name of the connector. */
  readonly connector: string;
  /** Which running copy of it. */
  readonly instance: string;
  /** When it happened. */
  readonly time: number;
  /** What happened. */
  readonly status: 'UNKNOWN' | 'STARTED' | 'STOPPED';
}

export const IngressReported: Schema<IngressReported> = schema({
  "type": "record",
  "name": "IngressReported",
  "namespace": "fleetstream.platform",
  "doc": "A connector began or ended listening, told to every partition: silence while ingress was away is unknown, not offline.",
  "fields": [
    {
      "name": "connector",
      "type": "string",
      "doc": "Name of the connector.",
      "dataClass": "operational"
    },
    {
      "name": "instance",
      "type": "string",
      "doc": "Which running copy of it.",
      "dataClass": "operational"
    },
    {
      "name": "time",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When it happened.",
      "dataClass": "operational"
    },
    {
      "name": "status",
      "type": {
        "type": "enum",
        "name": "IngressStatus",
        "symbols": [
          "UNKNOWN",
          "STARTED",
          "STOPPED"
        ],
        "default": "UNKNOWN"
      },
      "doc": "What happened.",
      "dataClass": "operational"
    }
  ]
});
