// From avro/AlertChanged.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** A change of an alert, with whether receivers are to be told of it, and why not. */
export interface AlertChanged extends Cause {
  /** Number of the change within its tenant, counted from 1. */
  readonly revision: number;
  /** Who owns the device. */
  readonly tenant: string;
  /** Key of the alert within its tenant, the same for as long as its cause lasts and when it comes back. */
  readonly alert: string;
  /** What happened to it. Held: it is held back for another reason than before. Released: it was held back, and receivers are told of it now, as of a new one. */
  readonly change: 'UNKNOWN' | 'OPENED' | 'UPDATED' | 'ACKNOWLEDGED' | 'HELD' | 'RELEASED' | 'RESOLVED' | 'RETRACTED';
  /** Number of the alert within its tenant, counted from 1. One that comes back soon keeps it. */
  readonly number: number;
  /** The device that it is about; empty where it is the tenant's alerts as a whole. */
  readonly device: string;
  /** What raised it: processor and rule, parted by a dot. */
  readonly rule: string;
  /** Open until someone has seen it or its cause has gone. Retracted: its cause never was. Refused: too many were open to keep it. */
  readonly status: 'UNKNOWN' | 'OPEN' | 'ACKNOWLEDGED' | 'RESOLVED' | 'RETRACTED' | 'REFUSED';
  /** How bad it is, in the steps of OCSF. */
  readonly severity: 'UNKNOWN' | 'INFORMATIONAL' | 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';
  /** What happened, in one line. */
  readonly title: string;
  /** What was observed, what was expected, and what would have kept it silent, in sentences. */
  readonly detail: string;
  /** Devices of the tenant, such as gateways, whose own outage would explain it. */
  readonly behind: readonly string[];
  /** Name of the policy by which it was raised. */
  readonly policy: string | null;
  /** Version of that policy. */
  readonly policyVersion: number | null;
  /** How many times it has opened under its number. */
  readonly count: number;
  /** Log time at which it opened first. */
  readonly firstOpenedAt: number;
  /** Log time at which it opened last. */
  readonly openedAt: number;
  /** Log time at which an operator said to have seen it; null since it opened last. */
  readonly acknowledgedAt: number | null;
  /** Log time at which it was resolved or retracted; null while it is open. */
  readonly endedAt: number | null;
  /** What an operator judged of it since it opened last. */
  readonly verdict: 'UNKNOWN' | 'TRUE_POSITIVE' | 'BENIGN_POSITIVE' | 'FALSE_POSITIVE' | null;
  /** True when receivers know, this change included, that it is or was open. */
  readonly announced: boolean;
  /** Address of what to do about it. */
  readonly runbook: string | null;
  /** True when receivers are to be told of this change. */
  readonly deliver: boolean;
  /** Why they are not. Waiting: what explains it may yet come. Inhibited: another alert explains it. Unannounced: they never heard of it. Overflow: too many are open to keep it. */
  readonly withheld: 'UNKNOWN' | 'WAITING' | 'INHIBITED' | 'MAINTENANCE' | 'MUTED' | 'RATE_LIMITED' | 'UNCHANGED' | 'UNANNOUNCED' | 'OVERFLOW' | null;
  /** Key of the alert that explains it. */
  readonly withheldBy: string | null;
  /** Log time at which it is looked at again, where that is known. */
  readonly dueAt: number | null;
  /** Version of the policy alerting, which decided about the delivery; 0 for what holds where nobody decided. */
  readonly alertingVersion: number;
  /** Id of the event that shows it; null where it is the passing of time. */
  readonly eventId: string | null;
  /** When what it tells happened. */
  readonly eventTime: number;
  /** Which operator said so. */
  readonly actor: string | null;
  /** What the operator says about it. */
  readonly comment: string | null;
}

export const AlertChanged: Schema<AlertChanged> = schema({
  "type": "record",
  "name": "AlertChanged",
  "namespace": "fleetstream",
  "doc": "A change of an alert, with whether receivers are to be told of it, and why not.",
  "derived": true,
  "fields": [
    {
      "name": "revision",
      "type": "long",
      "doc": "Number of the change within its tenant, counted from 1.",
      "dataClass": "operational"
    },
    {
      "name": "tenant",
      "type": "string",
      "doc": "Who owns the device.",
      "dataClass": "identity"
    },
    {
      "name": "alert",
      "type": "string",
      "doc": "Key of the alert within its tenant, the same for as long as its cause lasts and when it comes back.",
      "dataClass": "operational"
    },
    {
      "name": "change",
      "type": {
        "type": "enum",
        "name": "AlertChange",
        "symbols": [
          "UNKNOWN",
          "OPENED",
          "UPDATED",
          "ACKNOWLEDGED",
          "HELD",
          "RELEASED",
          "RESOLVED",
          "RETRACTED"
        ],
        "default": "UNKNOWN"
      },
      "doc": "What happened to it. Held: it is held back for another reason than before. Released: it was held back, and receivers are told of it now, as of a new one.",
      "dataClass": "operational",
      "default": "UNKNOWN"
    },
    {
      "name": "number",
      "type": "long",
      "doc": "Number of the alert within its tenant, counted from 1. One that comes back soon keeps it.",
      "dataClass": "operational"
    },
    {
      "name": "device",
      "type": "string",
      "doc": "The device that it is about; empty where it is the tenant's alerts as a whole.",
      "dataClass": "identity"
    },
    {
      "name": "rule",
      "type": "string",
      "doc": "What raised it: processor and rule, parted by a dot.",
      "dataClass": "operational"
    },
    {
      "name": "status",
      "type": {
        "type": "enum",
        "name": "AlertStatus",
        "symbols": [
          "UNKNOWN",
          "OPEN",
          "ACKNOWLEDGED",
          "RESOLVED",
          "RETRACTED",
          "REFUSED"
        ],
        "default": "UNKNOWN"
      },
      "doc": "Open until someone has seen it or its cause has gone. Retracted: its cause never was. Refused: too many were open to keep it.",
      "dataClass": "operational",
      "default": "UNKNOWN"
    },
    {
      "name": "severity",
      "type": {
        "type": "enum",
        "name": "Severity",
        "symbols": [
          "UNKNOWN",
          "INFORMATIONAL",
          "LOW",
          "MEDIUM",
          "HIGH",
          "CRITICAL"
        ],
        "default": "UNKNOWN"
      },
      "doc": "How bad it is, in the steps of OCSF.",
      "dataClass": "operational",
      "default": "UNKNOWN"
    },
    {
      "name": "title",
      "type": "string",
      "doc": "What happened, in one line.",
      "dataClass": "operational"
    },
    {
      "name": "detail",
      "type": "string",
      "doc": "What was observed, what was expected, and what would have kept it silent, in sentences.",
      "dataClass": "operational"
    },
    {
      "name": "behind",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "Devices of the tenant, such as gateways, whose own outage would explain it.",
      "dataClass": "connectivity",
      "default": []
    },
    {
      "name": "policy",
      "type": [
        "null",
        "string"
      ],
      "doc": "Name of the policy by which it was raised.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "policyVersion",
      "type": [
        "null",
        "long"
      ],
      "doc": "Version of that policy.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "count",
      "type": "int",
      "doc": "How many times it has opened under its number.",
      "dataClass": "operational"
    },
    {
      "name": "firstOpenedAt",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Log time at which it opened first.",
      "dataClass": "operational"
    },
    {
      "name": "openedAt",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Log time at which it opened last.",
      "dataClass": "operational"
    },
    {
      "name": "acknowledgedAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time at which an operator said to have seen it; null since it opened last.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "endedAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time at which it was resolved or retracted; null while it is open.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "verdict",
      "type": [
        "null",
        {
          "type": "enum",
          "name": "Verdict",
          "symbols": [
            "UNKNOWN",
            "TRUE_POSITIVE",
            "BENIGN_POSITIVE",
            "FALSE_POSITIVE"
          ],
          "default": "UNKNOWN"
        }
      ],
      "doc": "What an operator judged of it since it opened last.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "announced",
      "type": "boolean",
      "doc": "True when receivers know, this change included, that it is or was open.",
      "dataClass": "operational"
    },
    {
      "name": "runbook",
      "type": [
        "null",
        "string"
      ],
      "doc": "Address of what to do about it.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "deliver",
      "type": "boolean",
      "doc": "True when receivers are to be told of this change.",
      "dataClass": "operational"
    },
    {
      "name": "withheld",
      "type": [
        "null",
        {
          "type": "enum",
          "name": "Withheld",
          "symbols": [
            "UNKNOWN",
            "WAITING",
            "INHIBITED",
            "MAINTENANCE",
            "MUTED",
            "RATE_LIMITED",
            "UNCHANGED",
            "UNANNOUNCED",
            "OVERFLOW"
          ],
          "default": "UNKNOWN"
        }
      ],
      "doc": "Why they are not. Waiting: what explains it may yet come. Inhibited: another alert explains it. Unannounced: they never heard of it. Overflow: too many are open to keep it.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "withheldBy",
      "type": [
        "null",
        "string"
      ],
      "doc": "Key of the alert that explains it.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "dueAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time at which it is looked at again, where that is known.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "alertingVersion",
      "type": "long",
      "doc": "Version of the policy alerting, which decided about the delivery; 0 for what holds where nobody decided.",
      "dataClass": "operational"
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
      "doc": "When what it tells happened.",
      "dataClass": "operational"
    },
    {
      "name": "actor",
      "type": [
        "null",
        "string"
      ],
      "doc": "Which operator said so.",
      "dataClass": "identity",
      "default": null
    },
    {
      "name": "comment",
      "type": [
        "null",
        "string"
      ],
      "doc": "What the operator says about it.",
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
