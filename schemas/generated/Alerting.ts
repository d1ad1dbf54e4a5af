// From avro/Alerting.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What is decided for one rule. */
export interface AlertRule {
  /** Processor and rule, parted by a dot. */
  readonly rule: string;
  /** Taken instead of the severity that the rule gives; null for that one. */
  readonly severity: 'UNKNOWN' | 'INFORMATIONAL' | 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL' | null;
  /** Address of its runbook; null for the one below the common address. */
  readonly runbook: string | null;
  /** True when its alerts are kept, and not delivered. */
  readonly muted: boolean;
  /** Whether its alerts mean that the device itself is down; null for what outageRules says. */
  readonly outage: boolean | null;
}

/** How alerts are delivered. */
export interface Alerting {
  /** Milliseconds that an alert waits which an outage of something it is behind would explain, and that such an outage explains others after its end. */
  readonly graceMs: number;
  /** Milliseconds within which an alert that comes back is the same. */
  readonly reopenMs: number;
  /** Milliseconds for which an alert that is over is remembered. */
  readonly keepMs: number;
  /** Least severity that is delivered. */
  readonly deliverFrom: 'UNKNOWN' | 'INFORMATIONAL' | 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';
  /** Openings and updates that are delivered in an hour, in the long run. */
  readonly deliveriesPerHour: number;
  /** How many of those may come at once. */
  readonly burst: number;
  /** Milliseconds between two digests of what that limit holds back. */
  readonly digestMs: number;
  /** Address of the runbooks: with {rule} and {processor} in it that of a rule, else the rule's is below it by its name. Null where there are none. */
  readonly runbooks: string | null;
  /** Rules whose alerts mean that the device itself is down; * stands for those that fleetstream comes with, also later on. */
  readonly outageRules: readonly string[];
  /** What is decided for single rules. */
  readonly rules: readonly AlertRule[];
}

export const Alerting: Schema<Alerting> = schema({
  "type": "record",
  "name": "Alerting",
  "namespace": "fleetstream",
  "doc": "How alerts are delivered.",
  "fields": [
    {
      "name": "graceMs",
      "type": "long",
      "doc": "Milliseconds that an alert waits which an outage of something it is behind would explain, and that such an outage explains others after its end.",
      "dataClass": "operational"
    },
    {
      "name": "reopenMs",
      "type": "long",
      "doc": "Milliseconds within which an alert that comes back is the same.",
      "dataClass": "operational"
    },
    {
      "name": "keepMs",
      "type": "long",
      "doc": "Milliseconds for which an alert that is over is remembered.",
      "dataClass": "operational"
    },
    {
      "name": "deliverFrom",
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
      "doc": "Least severity that is delivered.",
      "dataClass": "operational",
      "default": "UNKNOWN"
    },
    {
      "name": "deliveriesPerHour",
      "type": "int",
      "doc": "Openings and updates that are delivered in an hour, in the long run.",
      "dataClass": "operational"
    },
    {
      "name": "burst",
      "type": "int",
      "doc": "How many of those may come at once.",
      "dataClass": "operational"
    },
    {
      "name": "digestMs",
      "type": "long",
      "doc": "Milliseconds between two digests of what that limit holds back.",
      "dataClass": "operational"
    },
    {
      "name": "runbooks",
      "type": [
        "null",
        "string"
      ],
      "doc": "Address of the runbooks: with {rule} and {processor} in it that of a rule, else the rule's is below it by its name. Null where there are none.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "outageRules",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "Rules whose alerts mean that the device itself is down; * stands for those that fleetstream comes with, also later on.",
      "dataClass": "operational",
      "default": [
        "*"
      ]
    },
    {
      "name": "rules",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "AlertRule",
          "doc": "What is decided for one rule.",
          "fields": [
            {
              "name": "rule",
              "type": "string",
              "doc": "Processor and rule, parted by a dot.",
              "dataClass": "operational"
            },
            {
              "name": "severity",
              "type": [
                "null",
                {
                  "type": "enum",
                  "name": "RuleSeverity",
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
              "doc": "Taken instead of the severity that the rule gives; null for that one.",
              "dataClass": "operational",
              "default": null
            },
            {
              "name": "runbook",
              "type": [
                "null",
                "string"
              ],
              "doc": "Address of its runbook; null for the one below the common address.",
              "dataClass": "operational",
              "default": null
            },
            {
              "name": "muted",
              "type": "boolean",
              "doc": "True when its alerts are kept, and not delivered.",
              "dataClass": "operational",
              "default": false
            },
            {
              "name": "outage",
              "type": [
                "null",
                "boolean"
              ],
              "doc": "Whether its alerts mean that the device itself is down; null for what outageRules says.",
              "dataClass": "operational",
              "default": null
            }
          ]
        }
      },
      "doc": "What is decided for single rules.",
      "dataClass": "configuration",
      "default": []
    }
  ]
});
