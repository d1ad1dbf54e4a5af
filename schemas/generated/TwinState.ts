// From avro/TwinState.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** The newest write to one path of a twin. */
export interface TwinLeaf {
  /** JSON Pointer (RFC 6901). */
  readonly path: string;
  /** The value as JSON text; null for a deletion or a barrier that keeps older writes out. */
  readonly value: string | null;
  /** Event time of the write. */
  readonly eventTime: number;
  /** Sequence of the writing event; -1 when it had none. */
  readonly sequence: number;
  /** Id of the writing event. */
  readonly eventId: string;
}

/** A device's twin: for each path its newest write, in the order of the paths, less what can never matter again. */
export interface TwinState {
  /** How many distinct events the twin has accepted. */
  readonly version: number;
  /** What the device reported. */
  readonly reported: readonly TwinLeaf[];
  /** What operators asked for. */
  readonly desired: readonly TwinLeaf[];
  /** Desired paths that the device refuses, with its reason as value. */
  readonly refused: readonly TwinLeaf[];
  /** Event time of the newest write to the reported section. */
  readonly reportedAt: number | null;
  /** Event time of the newest write to the desired section. */
  readonly desiredAt: number | null;
}

export const TwinState: Schema<TwinState> = schema({
  "type": "record",
  "name": "TwinState",
  "namespace": "fleetstream",
  "doc": "A device's twin: for each path its newest write, in the order of the paths, less what can never matter again.",
  "fields": [
    {
      "name": "version",
      "type": "long",
      "doc": "How many distinct events the twin has accepted.",
      "dataClass": "operational"
    },
    {
      "name": "reported",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "TwinLeaf",
          "doc": "The newest write to one path of a twin.",
          "fields": [
            {
              "name": "path",
              "type": "string",
              "doc": "JSON Pointer (RFC 6901).",
              "dataClass": "configuration"
            },
            {
              "name": "value",
              "type": [
                "null",
                "string"
              ],
              "doc": "The value as JSON text; null for a deletion or a barrier that keeps older writes out.",
              "dataClass": "configuration",
              "default": null
            },
            {
              "name": "eventTime",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "Event time of the write.",
              "dataClass": "operational"
            },
            {
              "name": "sequence",
              "type": "long",
              "doc": "Sequence of the writing event; -1 when it had none.",
              "dataClass": "operational"
            },
            {
              "name": "eventId",
              "type": "string",
              "doc": "Id of the writing event.",
              "dataClass": "operational"
            }
          ]
        }
      },
      "doc": "What the device reported.",
      "dataClass": "configuration"
    },
    {
      "name": "desired",
      "type": {
        "type": "array",
        "items": "TwinLeaf"
      },
      "doc": "What operators asked for.",
      "dataClass": "configuration"
    },
    {
      "name": "refused",
      "type": {
        "type": "array",
        "items": "TwinLeaf"
      },
      "doc": "Desired paths that the device refuses, with its reason as value.",
      "dataClass": "configuration"
    },
    {
      "name": "reportedAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Event time of the newest write to the reported section.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "desiredAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Event time of the newest write to the desired section.",
      "dataClass": "operational",
      "default": null
    }
  ]
});
