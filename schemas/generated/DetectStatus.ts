// From avro/DetectStatus.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** A change that was told, of a window that may still be revised. */
export interface DetectTold {
  /** Which finding. */
  readonly finding: string;
  /** What became of it. */
  readonly kind: 'UNKNOWN' | 'IN_ALARM' | 'ALARM_CLEARED' | 'ALARM_INVALIDATED';
  /** End of the window that shows it. */
  readonly at: number;
  /** Hash of all that was told. */
  readonly digest: string;
  /** How often it was told. */
  readonly revision: number;
}

/** How a device stands to one behaviour: before the windows that a late event may still revise, and what was told of those. */
export interface DetectStatus {
  /** Name of the profile. */
  readonly profile: string;
  /** Name of the behaviour. */
  readonly behaviour: string;
  /** What it measures. */
  readonly metric: string;
  /** True where nobody is told. */
  readonly suppressed: boolean;
  /** How bad a violation is. */
  readonly severity: 'UNKNOWN' | 'INFORMATIONAL' | 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';
  /** Hash of the behaviour: another one is another behaviour. */
  readonly fingerprint: string;
  /** End of the newest window that is judged for good. */
  readonly judgedTo: number;
  /** Finding of the alarm that was on then. */
  readonly finding: string | null;
  /** Windows in a row that were not normal. */
  readonly violating: number;
  /** Windows in a row that were normal. */
  readonly conforming: number;
  /** How long nothing was measured, ms. */
  readonly quietMs: number;
  /** What was told of windows that a late event may still revise, in order. */
  readonly told: readonly DetectTold[];
}

export const DetectStatus: Schema<DetectStatus> = schema({
  "type": "record",
  "name": "DetectStatus",
  "namespace": "fleetstream",
  "doc": "How a device stands to one behaviour: before the windows that a late event may still revise, and what was told of those.",
  "fields": [
    {
      "name": "profile",
      "type": "string",
      "doc": "Name of the profile.",
      "dataClass": "operational"
    },
    {
      "name": "behaviour",
      "type": "string",
      "doc": "Name of the behaviour.",
      "dataClass": "operational"
    },
    {
      "name": "metric",
      "type": "string",
      "doc": "What it measures.",
      "dataClass": "operational"
    },
    {
      "name": "suppressed",
      "type": "boolean",
      "doc": "True where nobody is told.",
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
      "doc": "How bad a violation is.",
      "dataClass": "operational"
    },
    {
      "name": "fingerprint",
      "type": "string",
      "doc": "Hash of the behaviour: another one is another behaviour.",
      "dataClass": "operational"
    },
    {
      "name": "judgedTo",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "End of the newest window that is judged for good.",
      "dataClass": "operational"
    },
    {
      "name": "finding",
      "type": [
        "null",
        "string"
      ],
      "doc": "Finding of the alarm that was on then.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "violating",
      "type": "int",
      "doc": "Windows in a row that were not normal.",
      "dataClass": "operational"
    },
    {
      "name": "conforming",
      "type": "int",
      "doc": "Windows in a row that were normal.",
      "dataClass": "operational"
    },
    {
      "name": "quietMs",
      "type": "long",
      "doc": "How long nothing was measured, ms.",
      "dataClass": "operational"
    },
    {
      "name": "told",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "DetectTold",
          "doc": "A change that was told, of a window that may still be revised.",
          "fields": [
            {
              "name": "finding",
              "type": "string",
              "doc": "Which finding.",
              "dataClass": "operational"
            },
            {
              "name": "kind",
              "type": {
                "type": "enum",
                "name": "ToldKind",
                "symbols": [
                  "UNKNOWN",
                  "IN_ALARM",
                  "ALARM_CLEARED",
                  "ALARM_INVALIDATED"
                ],
                "default": "UNKNOWN"
              },
              "doc": "What became of it.",
              "dataClass": "operational"
            },
            {
              "name": "at",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "End of the window that shows it.",
              "dataClass": "operational"
            },
            {
              "name": "digest",
              "type": "string",
              "doc": "Hash of all that was told.",
              "dataClass": "operational"
            },
            {
              "name": "revision",
              "type": "int",
              "doc": "How often it was told.",
              "dataClass": "operational"
            }
          ]
        }
      },
      "doc": "What was told of windows that a late event may still revise, in order.",
      "dataClass": "operational"
    }
  ]
});
