// From avro/TwinDelta.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** How far one desired path has got. */
export interface TwinPathStatus {
  /** JSON Pointer. */
  readonly path: string;
  /** PENDING: not reported since it was asked for. CONVERGED: reported as asked. DRIFTED: reported otherwise since. REJECTED: refused by the device since. SUPERSEDED: asked for otherwise before it converged. */
  readonly status: 'UNKNOWN' | 'PENDING' | 'CONVERGED' | 'DRIFTED' | 'REJECTED' | 'SUPERSEDED';
  /** Event time of the newest write that the status follows from. The view twin_path_status says since when it has held without a break. */
  readonly since: number;
  /** What was asked for, as JSON text. */
  readonly desired: string;
  /** When it was asked for. */
  readonly desiredEventTime: number;
  /** What the device reported, as JSON text. */
  readonly reported: string | null;
  /** Why the device refuses it. */
  readonly reason: string | null;
}

/** The difference between desired and reported changed. */
export interface TwinDelta extends Cause {
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
  /** Version of the twin after the event. */
  readonly version: number;
  /** Desired values that reported lacks or contradicts, as a JSON object. */
  readonly delta: string;
  /** The same shape with the desired event time (ms since 1970) of each leaf. */
  readonly metadata: string;
  /** Every desired path with its status, and those superseded by this event. */
  readonly paths: readonly TwinPathStatus[];
}

export const TwinDelta: Schema<TwinDelta> = schema({
  "type": "record",
  "name": "TwinDelta",
  "namespace": "fleetstream",
  "doc": "The difference between desired and reported changed.",
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
      "name": "version",
      "type": "long",
      "doc": "Version of the twin after the event.",
      "dataClass": "operational"
    },
    {
      "name": "delta",
      "type": "string",
      "doc": "Desired values that reported lacks or contradicts, as a JSON object.",
      "dataClass": "configuration"
    },
    {
      "name": "metadata",
      "type": "string",
      "doc": "The same shape with the desired event time (ms since 1970) of each leaf.",
      "dataClass": "operational"
    },
    {
      "name": "paths",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "TwinPathStatus",
          "doc": "How far one desired path has got.",
          "fields": [
            {
              "name": "path",
              "type": "string",
              "doc": "JSON Pointer.",
              "dataClass": "configuration"
            },
            {
              "name": "status",
              "type": {
                "type": "enum",
                "name": "TwinStatus",
                "symbols": [
                  "UNKNOWN",
                  "PENDING",
                  "CONVERGED",
                  "DRIFTED",
                  "REJECTED",
                  "SUPERSEDED"
                ],
                "default": "UNKNOWN"
              },
              "doc": "PENDING: not reported since it was asked for. CONVERGED: reported as asked. DRIFTED: reported otherwise since. REJECTED: refused by the device since. SUPERSEDED: asked for otherwise before it converged.",
              "dataClass": "configuration"
            },
            {
              "name": "since",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "Event time of the newest write that the status follows from. The view twin_path_status says since when it has held without a break.",
              "dataClass": "operational"
            },
            {
              "name": "desired",
              "type": "string",
              "doc": "What was asked for, as JSON text.",
              "dataClass": "configuration"
            },
            {
              "name": "desiredEventTime",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "When it was asked for.",
              "dataClass": "operational"
            },
            {
              "name": "reported",
              "type": [
                "null",
                "string"
              ],
              "doc": "What the device reported, as JSON text.",
              "dataClass": "configuration",
              "default": null
            },
            {
              "name": "reason",
              "type": [
                "null",
                "string"
              ],
              "doc": "Why the device refuses it.",
              "dataClass": "configuration",
              "default": null
            }
          ]
        }
      },
      "doc": "Every desired path with its status, and those superseded by this event.",
      "dataClass": "configuration"
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
