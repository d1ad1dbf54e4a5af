// From avro/TwinChanged.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** One leaf that the event wrote. */
export interface TwinWrite {
  /** JSON Pointer. */
  readonly path: string;
  /** The value as JSON text; null deletes. */
  readonly value: string | null;
}

/** One path whose current value became different. */
export interface TwinChange {
  /** JSON Pointer. */
  readonly path: string;
  /** The value before, as JSON text; null when there was none. */
  readonly previous: string | null;
  /** The value after, as JSON text; null when there is none. */
  readonly current: string | null;
  /** Event time of the value before. */
  readonly previousEventTime: number | null;
}

/** An event was accepted into a twin: what it wrote, what became different, and the twin after it. */
export interface TwinChanged extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device. */
  readonly device: string;
  /** Id of the event that caused it. */
  readonly eventId: string;
  /** When that event happened. */
  readonly eventTime: number;
  /** When the connector received that event. */
  readonly receivedAt: number;
  /** Which section it wrote. */
  readonly section: 'UNKNOWN' | 'REPORTED' | 'DESIRED';
  /** The stream that the event came by. */
  readonly source: string;
  /** Sequence of the event; -1 when it had none. */
  readonly sequence: number;
  /** True when the event was stored data: it is history and changed nothing current. */
  readonly historical: boolean;
  /** Version of the twin after the event. */
  readonly version: number;
  /** What the event wrote, leaf by leaf, whether or not something newer hides it. */
  readonly writes: readonly TwinWrite[];
  /** What became different, path by path. */
  readonly changes: readonly TwinChange[];
  /** The reported section after the event, as JSON text. */
  readonly reported: string;
  /** The desired section after the event, as JSON text. */
  readonly desired: string;
  /** Event time of the newest write to the reported section. */
  readonly reportedAt: number | null;
  /** Event time of the newest write to the desired section. */
  readonly desiredAt: number | null;
}

export const TwinChanged: Schema<TwinChanged> = schema({
  "type": "record",
  "name": "TwinChanged",
  "namespace": "fleetstream",
  "doc": "An event was accepted into a twin: what it wrote, what became different, and the twin after it.",
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
      "doc": "The device.",
      "dataClass": "identity"
    },
    {
      "name": "eventId",
      "type": "string",
      "doc": "Id of the event that caused it.",
      "dataClass": "operational"
    },
    {
      "name": "eventTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When that event happened.",
      "dataClass": "operational"
    },
    {
      "name": "receivedAt",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When the connector received that event.",
      "dataClass": "operational"
    },
    {
      "name": "section",
      "type": {
        "type": "enum",
        "name": "TwinSection",
        "symbols": [
          "UNKNOWN",
          "REPORTED",
          "DESIRED"
        ],
        "default": "UNKNOWN"
      },
      "doc": "Which section it wrote.",
      "dataClass": "configuration"
    },
    {
      "name": "source",
      "type": "string",
      "doc": "The stream that the event came by.",
      "dataClass": "operational"
    },
    {
      "name": "sequence",
      "type": "long",
      "doc": "Sequence of the event; -1 when it had none.",
      "dataClass": "operational"
    },
    {
      "name": "historical",
      "type": "boolean",
      "doc": "True when the event was stored data: it is history and changed nothing current.",
      "dataClass": "operational"
    },
    {
      "name": "version",
      "type": "long",
      "doc": "Version of the twin after the event.",
      "dataClass": "operational"
    },
    {
      "name": "writes",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "TwinWrite",
          "doc": "One leaf that the event wrote.",
          "fields": [
            {
              "name": "path",
              "type": "string",
              "doc": "JSON Pointer.",
              "dataClass": "configuration"
            },
            {
              "name": "value",
              "type": [
                "null",
                "string"
              ],
              "doc": "The value as JSON text; null deletes.",
              "dataClass": "configuration",
              "default": null
            }
          ]
        }
      },
      "doc": "What the event wrote, leaf by leaf, whether or not something newer hides it.",
      "dataClass": "configuration"
    },
    {
      "name": "changes",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "TwinChange",
          "doc": "One path whose current value became different.",
          "fields": [
            {
              "name": "path",
              "type": "string",
              "doc": "JSON Pointer.",
              "dataClass": "configuration"
            },
            {
              "name": "previous",
              "type": [
                "null",
                "string"
              ],
              "doc": "The value before, as JSON text; null when there was none.",
              "dataClass": "configuration",
              "default": null
            },
            {
              "name": "current",
              "type": [
                "null",
                "string"
              ],
              "doc": "The value after, as JSON text; null when there is none.",
              "dataClass": "configuration",
              "default": null
            },
            {
              "name": "previousEventTime",
              "type": [
                "null",
                {
                  "type": "long",
                  "logicalType": "timestamp-millis"
                }
              ],
              "doc": "Event time of the value before.",
              "dataClass": "operational",
              "default": null
            }
          ]
        }
      },
      "doc": "What became different, path by path.",
      "dataClass": "configuration"
    },
    {
      "name": "reported",
      "type": "string",
      "doc": "The reported section after the event, as JSON text.",
      "dataClass": "configuration"
    },
    {
      "name": "desired",
      "type": "string",
      "doc": "The desired section after the event, as JSON text.",
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
