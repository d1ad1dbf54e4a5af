// From avro/DetectState.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What the processor detect keeps of a device beside its windows: how it stood before the oldest of them. */
export interface DetectState {
  /** Version of the security profiles that it met last; null before it met any. */
  readonly profilesVersion: number | null;
  /** Log time at which it is judged next; null while there is nothing to judge. */
  readonly dueAt: number | null;
  /** End of the newest window that was judged before it met these profiles; 1970 where it has never met others. */
  readonly since: number;
  /** End of the newest window that was judged. */
  readonly closedTo: number;
  /** Up to when no event can revise a window any more. */
  readonly finalTo: number;
  /** Begin of the newest time in which nobody listened, or time stood still. */
  readonly deafFrom: number;
  /** End of it. */
  readonly deafTo: number;
  /** True where something came whose window had been judged. */
  readonly late: boolean;
  /** Begin of the oldest window that is kept; what follows is how the device stood then. */
  readonly keptFrom: number;
  /** Time of the newest report that counted. */
  readonly reportedAt: number | null;
  /** Number of that report. */
  readonly reportId: number | null;
  /** Session that it has; null where it has none. */
  readonly sessionId: string | null;
  /** Session that ended last. */
  readonly endedSessionId: string | null;
  /** When that ended; null while it is connected, and before anything is known. */
  readonly disconnectedAt: number | null;
  /** When it said what it is. */
  readonly describedAt: number | null;
  /** Model. */
  readonly model: string | null;
  /** Revision of its hardware. */
  readonly hardware: string | null;
  /** Version of its firmware. */
  readonly firmware: string | null;
  /** Lot that it was made in. */
  readonly lot: string | null;
  /** Site where it stands. */
  readonly site: string | null;
}

export const DetectState: Schema<DetectState> = schema({
  "type": "record",
  "name": "DetectState",
  "namespace": "fleetstream",
  "doc": "What the processor detect keeps of a device beside its windows: how it stood before the oldest of them.",
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
      "name": "dueAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time at which it is judged next; null while there is nothing to judge.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "since",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "End of the newest window that was judged before it met these profiles; 1970 where it has never met others.",
      "dataClass": "operational"
    },
    {
      "name": "closedTo",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "End of the newest window that was judged.",
      "dataClass": "operational"
    },
    {
      "name": "finalTo",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Up to when no event can revise a window any more.",
      "dataClass": "operational"
    },
    {
      "name": "deafFrom",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Begin of the newest time in which nobody listened, or time stood still.",
      "dataClass": "operational",
      "default": 0
    },
    {
      "name": "deafTo",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "End of it.",
      "dataClass": "operational",
      "default": 0
    },
    {
      "name": "late",
      "type": "boolean",
      "doc": "True where something came whose window had been judged.",
      "dataClass": "operational",
      "default": false
    },
    {
      "name": "keptFrom",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Begin of the oldest window that is kept; what follows is how the device stood then.",
      "dataClass": "operational"
    },
    {
      "name": "reportedAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Time of the newest report that counted.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "reportId",
      "type": [
        "null",
        "long"
      ],
      "doc": "Number of that report.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "sessionId",
      "type": [
        "null",
        "string"
      ],
      "doc": "Session that it has; null where it has none.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "endedSessionId",
      "type": [
        "null",
        "string"
      ],
      "doc": "Session that ended last.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "disconnectedAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "When that ended; null while it is connected, and before anything is known.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "describedAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "When it said what it is.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "model",
      "type": [
        "null",
        "string"
      ],
      "doc": "Model.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "hardware",
      "type": [
        "null",
        "string"
      ],
      "doc": "Revision of its hardware.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "firmware",
      "type": [
        "null",
        "string"
      ],
      "doc": "Version of its firmware.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "lot",
      "type": [
        "null",
        "string"
      ],
      "doc": "Lot that it was made in.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "site",
      "type": [
        "null",
        "string"
      ],
      "doc": "Site where it stands.",
      "dataClass": "location",
      "default": null
    }
  ]
});
