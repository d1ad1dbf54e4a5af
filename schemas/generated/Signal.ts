// From avro/Signal.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** What a processor or an operator has to say about one alert. */
export interface Signal extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device that it is about. */
  readonly device: string;
  /** Raised: its cause is there, or is told anew. Cleared: its cause has gone. Retracted: a late revision says that its cause never was. Behind: what an open alert stands behind turns out to be another. The others come from operators. */
  readonly kind: 'UNKNOWN' | 'RAISED' | 'CLEARED' | 'RETRACTED' | 'ACKNOWLEDGED' | 'JUDGED' | 'MAINTENANCE' | 'BEHIND';
  /** What raised it: processor and rule, parted by a dot; empty of operators. */
  readonly rule: string;
  /** Key of the alert within its tenant, the same for as long as its cause lasts and when it comes back: rule, device and what of it, parted by slashes. Empty where all of a device's are meant. */
  readonly alert: string;
  /** How bad it is, in the steps of OCSF. */
  readonly severity: 'UNKNOWN' | 'INFORMATIONAL' | 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';
  /** What happened, in one line. */
  readonly title: string;
  /** What was observed, what was expected, and what would have kept it silent, in sentences. */
  readonly detail: string;
  /** Id of the event that shows it; null where it is the passing of time. */
  readonly eventId: string | null;
  /** When it happened. */
  readonly eventTime: number;
  /** Devices of the tenant, such as gateways, whose own outage would explain it. */
  readonly behind: readonly string[];
  /** Name of the policy that decided. */
  readonly policy: string | null;
  /** Version of that policy. */
  readonly policyVersion: number | null;
  /** What an operator judged. */
  readonly verdict: 'UNKNOWN' | 'TRUE_POSITIVE' | 'BENIGN_POSITIVE' | 'FALSE_POSITIVE' | null;
  /** Begin of a maintenance. */
  readonly startsAt: number | null;
  /** End of a maintenance. */
  readonly endsAt: number | null;
  /** Which operator said so. */
  readonly actor: string | null;
  /** What the operator says about it. */
  readonly comment: string | null;
}

export const Signal: Schema<Signal> = schema({
  "type": "record",
  "name": "Signal",
  "namespace": "fleetstream",
  "doc": "What a processor or an operator has to say about one alert.",
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
      "doc": "The device that it is about.",
      "dataClass": "identity"
    },
    {
      "name": "kind",
      "type": {
        "type": "enum",
        "name": "SignalKind",
        "symbols": [
          "UNKNOWN",
          "RAISED",
          "CLEARED",
          "RETRACTED",
          "ACKNOWLEDGED",
          "JUDGED",
          "MAINTENANCE",
          "BEHIND"
        ],
        "default": "UNKNOWN"
      },
      "doc": "Raised: its cause is there, or is told anew. Cleared: its cause has gone. Retracted: a late revision says that its cause never was. Behind: what an open alert stands behind turns out to be another. The others come from operators.",
      "dataClass": "operational"
    },
    {
      "name": "rule",
      "type": "string",
      "doc": "What raised it: processor and rule, parted by a dot; empty of operators.",
      "dataClass": "operational"
    },
    {
      "name": "alert",
      "type": "string",
      "doc": "Key of the alert within its tenant, the same for as long as its cause lasts and when it comes back: rule, device and what of it, parted by slashes. Empty where all of a device's are meant.",
      "dataClass": "operational"
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
      "doc": "When it happened.",
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
      "doc": "Name of the policy that decided.",
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
      "doc": "What an operator judged.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "startsAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Begin of a maintenance.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "endsAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "End of a maintenance.",
      "dataClass": "operational",
      "default": null
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
