// From avro/NoveltyOpen.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** An alert that is open. */
export interface NoveltyOpen {
  /** Device that it names. */
  readonly device: string;
  /** Destination: network of another end. Endpoint: port in such a network. Port: one that is open. Command: path that is asked of its twin. */
  readonly kind: 'UNKNOWN' | 'DESTINATION' | 'ENDPOINT' | 'PORT' | 'COMMAND';
  /** What has to be gone for it to be over. */
  readonly members: readonly string[];
  /** Log time at which it is over, whatever comes. */
  readonly closesAt: number;
}

export const NoveltyOpen: Schema<NoveltyOpen> = schema({
  "type": "record",
  "name": "NoveltyOpen",
  "namespace": "fleetstream",
  "doc": "An alert that is open.",
  "fields": [
    {
      "name": "device",
      "type": "string",
      "doc": "Device that it names.",
      "dataClass": "identity"
    },
    {
      "name": "kind",
      "type": {
        "type": "enum",
        "name": "NoveltyKind",
        "symbols": [
          "UNKNOWN",
          "DESTINATION",
          "ENDPOINT",
          "PORT",
          "COMMAND"
        ],
        "default": "UNKNOWN"
      },
      "doc": "Destination: network of another end. Endpoint: port in such a network. Port: one that is open. Command: path that is asked of its twin.",
      "dataClass": "operational"
    },
    {
      "name": "members",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "What has to be gone for it to be over.",
      "dataClass": "connectivity"
    },
    {
      "name": "closesAt",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Log time at which it is over, whatever comes.",
      "dataClass": "operational"
    }
  ]
});
