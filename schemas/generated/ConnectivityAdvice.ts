// From avro/ConnectivityAdvice.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** What could be done about how a device is connected, with its numbers. */
export interface ConnectivityAdvice extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device, unique within its tenant. */
  readonly device: string;
  /** End of the time that it is drawn from. */
  readonly eventTime: number;
  /** What to change, or what depends on one thing alone. */
  readonly kind: 'UNKNOWN' | 'DATA_RATE_UP' | 'DATA_RATE_DOWN' | 'TRANSMIT_POWER_DOWN' | 'SINGLE_GATEWAY' | 'VOLUME';
  /** False when the advice is taken back. */
  readonly active: boolean;
  /** In sentences, with the numbers. */
  readonly detail: string;
  /** Uplinks that it is drawn from. */
  readonly uplinks: number | null;
  /** Best link margin of these, dB. */
  readonly marginDb: number | null;
  /** Margin that is kept in reserve, dB. */
  readonly requiredDb: number | null;
  /** Margin beyond that, dB; negative where it lacks. */
  readonly spareDb: number | null;
  /** Steps of data rate of 2.5 dB. */
  readonly steps: number | null;
  /** The only gateway. */
  readonly gateway: string | null;
  /** Bytes of the month so far. */
  readonly bytes: number | null;
  /** Bytes of the month, should it go on like that. */
  readonly projectedBytes: number | null;
  /** Bytes of the plan. */
  readonly planBytes: number | null;
  /** Name of the policy that decided. */
  readonly policy: string;
  /** Its version; 0 is its fallback. */
  readonly policyVersion: number;
}

export const ConnectivityAdvice: Schema<ConnectivityAdvice> = schema({
  "type": "record",
  "name": "ConnectivityAdvice",
  "namespace": "fleetstream",
  "doc": "What could be done about how a device is connected, with its numbers.",
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
      "name": "eventTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "End of the time that it is drawn from.",
      "dataClass": "operational"
    },
    {
      "name": "kind",
      "type": {
        "type": "enum",
        "name": "AdviceKind",
        "symbols": [
          "UNKNOWN",
          "DATA_RATE_UP",
          "DATA_RATE_DOWN",
          "TRANSMIT_POWER_DOWN",
          "SINGLE_GATEWAY",
          "VOLUME"
        ],
        "default": "UNKNOWN"
      },
      "doc": "What to change, or what depends on one thing alone.",
      "dataClass": "connectivity"
    },
    {
      "name": "active",
      "type": "boolean",
      "doc": "False when the advice is taken back.",
      "dataClass": "connectivity"
    },
    {
      "name": "detail",
      "type": "string",
      "doc": "In sentences, with the numbers.",
      "dataClass": "connectivity"
    },
    {
      "name": "uplinks",
      "type": [
        "null",
        "long"
      ],
      "doc": "Uplinks that it is drawn from.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "marginDb",
      "type": [
        "null",
        "double"
      ],
      "doc": "Best link margin of these, dB.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "requiredDb",
      "type": [
        "null",
        "double"
      ],
      "doc": "Margin that is kept in reserve, dB.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "spareDb",
      "type": [
        "null",
        "double"
      ],
      "doc": "Margin beyond that, dB; negative where it lacks.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "steps",
      "type": [
        "null",
        "int"
      ],
      "doc": "Steps of data rate of 2.5 dB.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "gateway",
      "type": [
        "null",
        "string"
      ],
      "doc": "The only gateway.",
      "dataClass": "location",
      "default": null
    },
    {
      "name": "bytes",
      "type": [
        "null",
        "long"
      ],
      "doc": "Bytes of the month so far.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "projectedBytes",
      "type": [
        "null",
        "long"
      ],
      "doc": "Bytes of the month, should it go on like that.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "planBytes",
      "type": [
        "null",
        "long"
      ],
      "doc": "Bytes of the plan.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "policy",
      "type": "string",
      "doc": "Name of the policy that decided.",
      "dataClass": "operational"
    },
    {
      "name": "policyVersion",
      "type": "long",
      "doc": "Its version; 0 is its fallback.",
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
