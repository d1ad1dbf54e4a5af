// From avro/Alert.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What is kept of an alert. */
export interface Alert {
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
  /** How bad it was said to be, before the policy gave its rule another severity; null where that is not known. */
  readonly signalled: 'UNKNOWN' | 'INFORMATIONAL' | 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL' | null;
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
  /** True while its cause is there, also where a verdict has resolved it. */
  readonly raised: boolean;
  /** True when receivers were told that it is open. */
  readonly announced: boolean;
  /** Why what is to be delivered of it is held back; null where nothing is. */
  readonly withheld: 'UNKNOWN' | 'WAITING' | 'INHIBITED' | 'MAINTENANCE' | 'MUTED' | 'RATE_LIMITED' | 'UNCHANGED' | 'UNANNOUNCED' | 'OVERFLOW' | null;
  /** Key of the alert that explains it, while that holds it back. */
  readonly withheldBy: string | null;
  /** Log time at which to look again whether it is held back. */
  readonly dueAt: number | null;
}

export const Alert: Schema<Alert> = schema({
  "type": "record",
  "name": "Alert",
  "namespace": "fleetstream",
  "doc": "What is kept of an alert.",
  "fields": [
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
      "name": "signalled",
      "type": [
        "null",
        {
          "type": "enum",
          "name": "SignalledSeverity",
          "symbols": [
            "UNKNOWN",
            "INFORMATIONAL",
            "LOW",
            "MEDIUM",
            "HIGH",
            "CRITICAL"
          ],
          "default": "UNKNOWN"
        }
      ],
      "doc": "How bad it was said to be, before the policy gave its rule another severity; null where that is not known.",
      "dataClass": "operational",
      "default": null
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
      "name": "raised",
      "type": "boolean",
      "doc": "True while its cause is there, also where a verdict has resolved it.",
      "dataClass": "operational"
    },
    {
      "name": "announced",
      "type": "boolean",
      "doc": "True when receivers were told that it is open.",
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
      "doc": "Why what is to be delivered of it is held back; null where nothing is.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "withheldBy",
      "type": [
        "null",
        "string"
      ],
      "doc": "Key of the alert that explains it, while that holds it back.",
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
      "doc": "Log time at which to look again whether it is held back.",
      "dataClass": "operational",
      "default": null
    }
  ]
});
