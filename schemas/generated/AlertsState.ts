// From avro/AlertsState.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** How many deliveries of a rule the rate limit held back. */
export interface HeldBack {
  /** The rule; empty for all others. */
  readonly rule: string;
  /** Deliveries. */
  readonly count: number;
}

/** What is kept of a tenant's alerts beside the alerts themselves. */
export interface AlertsState {
  /** Alerts that have been numbered. */
  readonly numbers: number;
  /** Changes that have been told. */
  readonly revision: number;
  /** Alerts that are open, or whose cause is there although a verdict resolved them. */
  readonly open: number;
  /** Alerts that are over and remembered. */
  readonly ended: number;
  /** What the rate limit has left: deliveries times the milliseconds of an hour. */
  readonly tokens: number;
  /** Log time up to which the rate limit has been filled up; null before the first delivery. */
  readonly filledAt: number | null;
  /** What the rate limit has held back since the last digest told it, in the order of the rules. */
  readonly heldBack: readonly HeldBack[];
  /** The worst of those. */
  readonly heldSeverity: 'UNKNOWN' | 'INFORMATIONAL' | 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';
  /** Log time at which the digest is told; null while the rate limit holds nothing back. */
  readonly digestAt: number | null;
  /** Alerts that were refused since too many are open. */
  readonly refused: number;
  /** Log time at which to look at the alerts again; null where nothing will change by itself. */
  readonly dueAt: number | null;
}

export const AlertsState: Schema<AlertsState> = schema({
  "type": "record",
  "name": "AlertsState",
  "namespace": "fleetstream",
  "doc": "What is kept of a tenant's alerts beside the alerts themselves.",
  "fields": [
    {
      "name": "numbers",
      "type": "long",
      "doc": "Alerts that have been numbered.",
      "dataClass": "operational"
    },
    {
      "name": "revision",
      "type": "long",
      "doc": "Changes that have been told.",
      "dataClass": "operational"
    },
    {
      "name": "open",
      "type": "int",
      "doc": "Alerts that are open, or whose cause is there although a verdict resolved them.",
      "dataClass": "operational"
    },
    {
      "name": "ended",
      "type": "int",
      "doc": "Alerts that are over and remembered.",
      "dataClass": "operational"
    },
    {
      "name": "tokens",
      "type": "long",
      "doc": "What the rate limit has left: deliveries times the milliseconds of an hour.",
      "dataClass": "operational"
    },
    {
      "name": "filledAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time up to which the rate limit has been filled up; null before the first delivery.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "heldBack",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "HeldBack",
          "doc": "How many deliveries of a rule the rate limit held back.",
          "fields": [
            {
              "name": "rule",
              "type": "string",
              "doc": "The rule; empty for all others.",
              "dataClass": "operational"
            },
            {
              "name": "count",
              "type": "long",
              "doc": "Deliveries.",
              "dataClass": "operational"
            }
          ]
        }
      },
      "doc": "What the rate limit has held back since the last digest told it, in the order of the rules.",
      "dataClass": "operational",
      "default": []
    },
    {
      "name": "heldSeverity",
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
      "doc": "The worst of those.",
      "dataClass": "operational",
      "default": "UNKNOWN"
    },
    {
      "name": "digestAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time at which the digest is told; null while the rate limit holds nothing back.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "refused",
      "type": "long",
      "doc": "Alerts that were refused since too many are open.",
      "dataClass": "operational"
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
      "doc": "Log time at which to look at the alerts again; null where nothing will change by itself.",
      "dataClass": "operational",
      "default": null
    }
  ]
});
