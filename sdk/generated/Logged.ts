// From avro/Logged.avsc. Run `npm run generate`.
import { schema, type Schema } from '../schema.ts';

/** A record of the log as it lies there, whatever its type. */
export interface Logged {
  /** Topic of the log. */
  readonly topic: string;
  /** Timestamp of the record; informative only, no fold reads it. */
  readonly timestamp: number;
  /** The key's bytes, of an event its tenant and device; null where the record has none, as ticks of the clock. */
  readonly key: Uint8Array | null;
  /** The headers' bytes by name, in the order that they have in the log. */
  readonly headers: Readonly<Record<string, Uint8Array>>;
  /** The value's bytes, of an event its schema id and its Avro record; null is a tombstone. */
  readonly value: Uint8Array | null;
}

export const Logged: Schema<Logged> = schema({
  "type": "record",
  "name": "Logged",
  "namespace": "fleetstream.platform",
  "doc": "A record of the log as it lies there, whatever its type.",
  "fields": [
    {
      "name": "topic",
      "type": "string",
      "doc": "Topic of the log.",
      "dataClass": "operational"
    },
    {
      "name": "timestamp",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Timestamp of the record; informative only, no fold reads it.",
      "dataClass": "operational"
    },
    {
      "name": "key",
      "type": [
        "null",
        "bytes"
      ],
      "doc": "The key's bytes, of an event its tenant and device; null where the record has none, as ticks of the clock.",
      "dataClass": "identity",
      "default": null
    },
    {
      "name": "headers",
      "type": {
        "type": "map",
        "values": "bytes"
      },
      "doc": "The headers' bytes by name, in the order that they have in the log.",
      "dataClass": "operational"
    },
    {
      "name": "value",
      "type": [
        "null",
        "bytes"
      ],
      "doc": "The value's bytes, of an event its schema id and its Avro record; null is a tombstone.",
      "dataClass": "telemetry",
      "default": null
    }
  ]
});
