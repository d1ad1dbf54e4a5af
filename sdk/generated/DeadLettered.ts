// From avro/DeadLettered.avsc. Run `npm run generate`.
import { schema, type Schema } from '../schema.ts';

/** Input that could not be accepted, with its original bytes, to be looked at and sent again. */
export interface DeadLettered {
  /** Tenant, where it could be told. */
  readonly tenant: string | null;
  /** Device, where it could be told. */
  readonly device: string | null;
  /** Where it was refused: a connector's or a processor's name. */
  readonly origin: string;
  /** When it was refused: receipt at a connector, log time in a processor. */
  readonly time: number;
  /** Stable code of the reason. */
  readonly code: string;
  /** The reason in a sentence. */
  readonly detail: string;
  /** JSON Pointer or field of the offending part. */
  readonly path: string | null;
  /** Route or topic of the transport that it came by, or its sender's address. */
  readonly address: string | null;
  /** Topic of the log that it was read from; null when it never reached the log. */
  readonly topic: string | null;
  /** Partition that it was read from. */
  readonly partition: number | null;
  /** Offset that it was read from. */
  readonly offset: number | null;
  /** Original key. */
  readonly key: Uint8Array | null;
  /** Original bytes. */
  readonly value: Uint8Array;
  /** Original headers. */
  readonly headers: Readonly<Record<string, Uint8Array>>;
}

export const DeadLettered: Schema<DeadLettered> = schema({
  "type": "record",
  "name": "DeadLettered",
  "namespace": "fleetstream.platform",
  "doc": "Input that could not be accepted, with its original bytes, to be looked at and sent again.",
  "fields": [
    {
      "name": "tenant",
      "type": [
        "null",
        "string"
      ],
      "doc": "Tenant, where it could be told.",
      "dataClass": "identity",
      "default": null
    },
    {
      "name": "device",
      "type": [
        "null",
        "string"
      ],
      "doc": "Device, where it could be told.",
      "dataClass": "identity",
      "default": null
    },
    {
      "name": "origin",
      "type": "string",
      "doc": "Where it was refused: a connector's or a processor's name.",
      "dataClass": "operational"
    },
    {
      "name": "time",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When it was refused: receipt at a connector, log time in a processor.",
      "dataClass": "operational"
    },
    {
      "name": "code",
      "type": "string",
      "doc": "Stable code of the reason.",
      "dataClass": "operational"
    },
    {
      "name": "detail",
      "type": "string",
      "doc": "The reason in a sentence.",
      "dataClass": "operational"
    },
    {
      "name": "path",
      "type": [
        "null",
        "string"
      ],
      "doc": "JSON Pointer or field of the offending part.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "address",
      "type": [
        "null",
        "string"
      ],
      "doc": "Route or topic of the transport that it came by, or its sender's address.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "topic",
      "type": [
        "null",
        "string"
      ],
      "doc": "Topic of the log that it was read from; null when it never reached the log.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "partition",
      "type": [
        "null",
        "int"
      ],
      "doc": "Partition that it was read from.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "offset",
      "type": [
        "null",
        "long"
      ],
      "doc": "Offset that it was read from.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "key",
      "type": [
        "null",
        "bytes"
      ],
      "doc": "Original key.",
      "dataClass": "identity",
      "default": null
    },
    {
      "name": "value",
      "type": "bytes",
      "doc": "Original bytes.",
      "dataClass": "telemetry"
    },
    {
      "name": "headers",
      "type": {
        "type": "map",
        "values": "bytes"
      },
      "doc": "Original headers.",
      "dataClass": "operational",
      "default": {}
    }
  ]
});
