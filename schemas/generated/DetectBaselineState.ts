// From avro/DetectBaselineState.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** How a device stands to one behaviour with a confidence, beside the baseline of what it measures. */
export interface DetectBaselineState {
  /** Version of the security profiles that it met last; null before it met any. */
  readonly profilesVersion: number | null;
  /** Hash of the behaviour as it was asked then; empty where it is not asked. */
  readonly asked: string;
  /** Hash of what it measures: with another one the baseline begins anew. */
  readonly measures: string;
  /** Log time at which it is looked at next, should nothing be measured until then. */
  readonly dueAt: number | null;
  /** End of the newest window that was judged. */
  readonly judgedTo: number;
  /** Finding of the alarm that is on. */
  readonly finding: string | null;
  /** Windows in a row that were unlikely. */
  readonly violating: number;
  /** Windows in a row, since the alarm, that were not. */
  readonly conforming: number;
}

export const DetectBaselineState: Schema<DetectBaselineState> = schema({
  "type": "record",
  "name": "DetectBaselineState",
  "namespace": "fleetstream",
  "doc": "How a device stands to one behaviour with a confidence, beside the baseline of what it measures.",
  "fields": [
    {
      "name": "profilesVersion",
      "type": [
        "null",
        "long"
      ],
      "doc": "Version of the security profiles that it met last; null before it met any.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "asked",
      "type": "string",
      "doc": "Hash of the behaviour as it was asked then; empty where it is not asked.",
      "dataClass": "operational",
      "default": ""
    },
    {
      "name": "measures",
      "type": "string",
      "doc": "Hash of what it measures: with another one the baseline begins anew.",
      "dataClass": "operational",
      "default": ""
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
      "doc": "Log time at which it is looked at next, should nothing be measured until then.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "judgedTo",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "End of the newest window that was judged.",
      "dataClass": "operational",
      "default": 0
    },
    {
      "name": "finding",
      "type": [
        "null",
        "string"
      ],
      "doc": "Finding of the alarm that is on.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "violating",
      "type": "int",
      "doc": "Windows in a row that were unlikely.",
      "dataClass": "operational",
      "default": 0
    },
    {
      "name": "conforming",
      "type": "int",
      "doc": "Windows in a row, since the alarm, that were not.",
      "dataClass": "operational",
      "default": 0
    }
  ]
});
