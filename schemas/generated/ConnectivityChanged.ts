// From avro/ConnectivityChanged.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** Whether a device is connected became different. */
export interface ConnectivityChanged extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device, unique within its tenant. */
  readonly device: string;
  /** Id of the event that shows it; null where it is the passing of time. */
  readonly eventId: string | null;
  /** When it became so: of a device that went away its last sign. */
  readonly eventTime: number;
  /** What it is now. ONLINE: it was heard within the time that it may be silent. SLEEPING: so it was, and it is silent for long by intent. OFFLINE: it was not. UNKNOWN: that cannot be told. */
  readonly status: 'UNKNOWN' | 'ONLINE' | 'SLEEPING' | 'OFFLINE';
  /** What it was. */
  readonly previous: 'UNKNOWN' | 'ONLINE' | 'SLEEPING' | 'OFFLINE';
  /** REPORTED: there is a sign of it. SILENT: there was none for too long. SESSION_ENDED: its session broke off and no other began. RESUMED: time stood still, so silence says nothing. REVISED: a late event moved the last sign. RETRACTED: late events show that it was there all along. */
  readonly reason: 'UNKNOWN' | 'REPORTED' | 'SILENT' | 'SESSION_ENDED' | 'RESUMED' | 'REVISED' | 'RETRACTED';
  /** What it was in a time that had been told to be an absence and was none; UNKNOWN where no such time is told. */
  readonly corrected: 'UNKNOWN' | 'ONLINE' | 'SLEEPING' | 'OFFLINE';
  /** Begin of that time; null where there is none. */
  readonly correctedFrom: number | null;
  /** End of that time, which is over: where it lasts, its status is told as any other. */
  readonly correctedUntil: number | null;
  /** Its last sign. */
  readonly lastSeen: number | null;
  /** How long it may be silent, ms. */
  readonly allowedMs: number;
  /** How often it reports, ms; null where that is not known. */
  readonly intervalMs: number | null;
  /** SAID: the device said so. LEARNED: from its reports. POLICY: neither, so that the policy decides. */
  readonly intervalFrom: 'UNKNOWN' | 'SAID' | 'LEARNED' | 'POLICY';
  /** Gateway that heard it last. */
  readonly gateway: string | null;
  /** Cell that served it last. */
  readonly cell: string | null;
  /** Network operator. */
  readonly operator: string | null;
  /** Version of the policy presence; 0 is its fallback. */
  readonly policyVersion: number;
}

export const ConnectivityChanged: Schema<ConnectivityChanged> = schema({
  "type": "record",
  "name": "ConnectivityChanged",
  "namespace": "fleetstream",
  "doc": "Whether a device is connected became different.",
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
      "name": "eventId",
      "type": [
        "null",
        "string"
      ],
      "doc": "Id of the event that shows it; null where it is the passing of time.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "eventTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When it became so: of a device that went away its last sign.",
      "dataClass": "connectivity"
    },
    {
      "name": "status",
      "type": {
        "type": "enum",
        "name": "Presence",
        "symbols": [
          "UNKNOWN",
          "ONLINE",
          "SLEEPING",
          "OFFLINE"
        ],
        "default": "UNKNOWN"
      },
      "doc": "What it is now. ONLINE: it was heard within the time that it may be silent. SLEEPING: so it was, and it is silent for long by intent. OFFLINE: it was not. UNKNOWN: that cannot be told.",
      "dataClass": "connectivity"
    },
    {
      "name": "previous",
      "type": {
        "type": "enum",
        "name": "PresenceBefore",
        "symbols": [
          "UNKNOWN",
          "ONLINE",
          "SLEEPING",
          "OFFLINE"
        ],
        "default": "UNKNOWN"
      },
      "doc": "What it was.",
      "dataClass": "connectivity"
    },
    {
      "name": "reason",
      "type": {
        "type": "enum",
        "name": "PresenceReason",
        "symbols": [
          "UNKNOWN",
          "REPORTED",
          "SILENT",
          "SESSION_ENDED",
          "RESUMED",
          "REVISED",
          "RETRACTED"
        ],
        "default": "UNKNOWN"
      },
      "doc": "REPORTED: there is a sign of it. SILENT: there was none for too long. SESSION_ENDED: its session broke off and no other began. RESUMED: time stood still, so silence says nothing. REVISED: a late event moved the last sign. RETRACTED: late events show that it was there all along.",
      "dataClass": "connectivity"
    },
    {
      "name": "corrected",
      "type": {
        "type": "enum",
        "name": "PresenceCorrected",
        "symbols": [
          "UNKNOWN",
          "ONLINE",
          "SLEEPING",
          "OFFLINE"
        ],
        "default": "UNKNOWN"
      },
      "doc": "What it was in a time that had been told to be an absence and was none; UNKNOWN where no such time is told.",
      "dataClass": "connectivity",
      "default": "UNKNOWN"
    },
    {
      "name": "correctedFrom",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Begin of that time; null where there is none.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "correctedUntil",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "End of that time, which is over: where it lasts, its status is told as any other.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "lastSeen",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Its last sign.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "allowedMs",
      "type": "long",
      "doc": "How long it may be silent, ms.",
      "dataClass": "connectivity"
    },
    {
      "name": "intervalMs",
      "type": [
        "null",
        "long"
      ],
      "doc": "How often it reports, ms; null where that is not known.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "intervalFrom",
      "type": {
        "type": "enum",
        "name": "IntervalSource",
        "symbols": [
          "UNKNOWN",
          "SAID",
          "LEARNED",
          "POLICY"
        ],
        "default": "UNKNOWN"
      },
      "doc": "SAID: the device said so. LEARNED: from its reports. POLICY: neither, so that the policy decides.",
      "dataClass": "connectivity"
    },
    {
      "name": "gateway",
      "type": [
        "null",
        "string"
      ],
      "doc": "Gateway that heard it last.",
      "dataClass": "location",
      "default": null
    },
    {
      "name": "cell",
      "type": [
        "null",
        "string"
      ],
      "doc": "Cell that served it last.",
      "dataClass": "location",
      "default": null
    },
    {
      "name": "operator",
      "type": [
        "null",
        "string"
      ],
      "doc": "Network operator.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "policyVersion",
      "type": "long",
      "doc": "Version of the policy presence; 0 is its fallback.",
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
