// From avro/OutageVerdict.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** What made a device go silent, from who went silent with it. */
export interface OutageVerdict extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device, unique within its tenant. */
  readonly device: string;
  /** Last sign of the device. */
  readonly eventTime: number;
  /** Log time at which its silence was noticed. */
  readonly noticedAt: number;
  /** Grows whenever the verdict changes. */
  readonly revision: number;
  /** DEVICE: it went silent by itself. GATEWAY_OR_BACKHAUL: so did those that depend on the same gateways. OPERATOR_OR_CELL: so did those of its cell or operator, or more of them than chance explains. INGEST: so did those of every place, or its events came late. BOOKKEEPING: its session ended and it was there. */
  readonly verdict: 'UNKNOWN' | 'DEVICE' | 'GATEWAY_OR_BACKHAUL' | 'OPERATOR_OR_CELL' | 'INGEST' | 'BOOKKEEPING';
  /** gateway, cell, operator, subscriptions (some of an operator's devices) or tenant; empty of a device alone. */
  readonly groupKind: string;
  /** The gateways, cell or operator that they share. */
  readonly groupName: string;
  /** Devices of the group that went silent within the window, this one included. */
  readonly silent: number;
  /** Devices of the group that were there before. */
  readonly members: number;
  /** At most so likely are so many by chance, if each goes silent independently of the others with the share of the policy; null where nothing was counted. */
  readonly probability: number | null;
  /** Some of those that went silent, by name. */
  readonly devices: readonly string[];
  /** In sentences, with the numbers. */
  readonly detail: string;
  /** Version of the policy outages; 0 is its fallback. */
  readonly policyVersion: number;
}

export const OutageVerdict: Schema<OutageVerdict> = schema({
  "type": "record",
  "name": "OutageVerdict",
  "namespace": "fleetstream",
  "doc": "What made a device go silent, from who went silent with it.",
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
      "doc": "Last sign of the device.",
      "dataClass": "connectivity"
    },
    {
      "name": "noticedAt",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Log time at which its silence was noticed.",
      "dataClass": "operational"
    },
    {
      "name": "revision",
      "type": "int",
      "doc": "Grows whenever the verdict changes.",
      "dataClass": "operational"
    },
    {
      "name": "verdict",
      "type": {
        "type": "enum",
        "name": "OutageCause",
        "symbols": [
          "UNKNOWN",
          "DEVICE",
          "GATEWAY_OR_BACKHAUL",
          "OPERATOR_OR_CELL",
          "INGEST",
          "BOOKKEEPING"
        ],
        "default": "UNKNOWN"
      },
      "doc": "DEVICE: it went silent by itself. GATEWAY_OR_BACKHAUL: so did those that depend on the same gateways. OPERATOR_OR_CELL: so did those of its cell or operator, or more of them than chance explains. INGEST: so did those of every place, or its events came late. BOOKKEEPING: its session ended and it was there.",
      "dataClass": "connectivity"
    },
    {
      "name": "groupKind",
      "type": "string",
      "doc": "gateway, cell, operator, subscriptions (some of an operator's devices) or tenant; empty of a device alone.",
      "dataClass": "connectivity"
    },
    {
      "name": "groupName",
      "type": "string",
      "doc": "The gateways, cell or operator that they share.",
      "dataClass": "location"
    },
    {
      "name": "silent",
      "type": "long",
      "doc": "Devices of the group that went silent within the window, this one included.",
      "dataClass": "connectivity"
    },
    {
      "name": "members",
      "type": "long",
      "doc": "Devices of the group that were there before.",
      "dataClass": "connectivity"
    },
    {
      "name": "probability",
      "type": [
        "null",
        "double"
      ],
      "doc": "At most so likely are so many by chance, if each goes silent independently of the others with the share of the policy; null where nothing was counted.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "devices",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "Some of those that went silent, by name.",
      "dataClass": "identity"
    },
    {
      "name": "detail",
      "type": "string",
      "doc": "In sentences, with the numbers.",
      "dataClass": "connectivity"
    },
    {
      "name": "policyVersion",
      "type": "long",
      "doc": "Version of the policy outages; 0 is its fallback.",
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
