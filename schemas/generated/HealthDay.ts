// From avro/HealthDay.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** Crashes within a minute. */
export interface HealthCrash {
  /** Minute of the day. */
  readonly minute: number;
  /** How many. */
  readonly count: number;
}

/** Starts within a minute, of one cause. */
export interface HealthReboot {
  /** Minute of the day. */
  readonly minute: number;
  /** Cause of those that nobody expected; EXPECTED of the others. */
  readonly cause: string;
  /** How many. */
  readonly count: number;
}

/** What the device is from a time on; what is null was not said. */
export interface HealthDescription {
  /** When it was said. */
  readonly time: number;
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
  /** It means to report at least so often, ms. */
  readonly reportIntervalMs: number | null;
}

/** Access technology of a link report. */
export interface HealthTechnology {
  /** When the link was reported. */
  readonly time: number;
  /** Access technology. */
  readonly technology: string;
}

/** What is known of one day of a device, as far as its health follows from it. Minutes count from the begin of the day. */
export interface HealthDay {
  /** Minutes in which a report shows that it operated, as bits: thirty in each of 48 numbers; empty where there are none. */
  readonly heard: readonly number[];
  /** Minutes in which something was received from it, in the same form. */
  readonly received: readonly number[];
  /** Crashes, in the order of the minutes. */
  readonly crashes: readonly HealthCrash[];
  /** Starts, in the order of minutes and causes. */
  readonly reboots: readonly HealthReboot[];
  /** The last few descriptions of each hour, in their order. */
  readonly descriptions: readonly HealthDescription[];
  /** That of the last link report of each hour, in their order. */
  readonly technologies: readonly HealthTechnology[];
  /** How often each hour was told; empty where none was. */
  readonly tells: readonly number[];
}

export const HealthDay: Schema<HealthDay> = schema({
  "type": "record",
  "name": "HealthDay",
  "namespace": "fleetstream",
  "doc": "What is known of one day of a device, as far as its health follows from it. Minutes count from the begin of the day.",
  "fields": [
    {
      "name": "heard",
      "type": {
        "type": "array",
        "items": "int"
      },
      "doc": "Minutes in which a report shows that it operated, as bits: thirty in each of 48 numbers; empty where there are none.",
      "dataClass": "operational"
    },
    {
      "name": "received",
      "type": {
        "type": "array",
        "items": "int"
      },
      "doc": "Minutes in which something was received from it, in the same form.",
      "dataClass": "connectivity"
    },
    {
      "name": "crashes",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "HealthCrash",
          "doc": "Crashes within a minute.",
          "fields": [
            {
              "name": "minute",
              "type": "int",
              "doc": "Minute of the day.",
              "dataClass": "operational"
            },
            {
              "name": "count",
              "type": "int",
              "doc": "How many.",
              "dataClass": "operational"
            }
          ]
        }
      },
      "doc": "Crashes, in the order of the minutes.",
      "dataClass": "operational"
    },
    {
      "name": "reboots",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "HealthReboot",
          "doc": "Starts within a minute, of one cause.",
          "fields": [
            {
              "name": "minute",
              "type": "int",
              "doc": "Minute of the day.",
              "dataClass": "operational"
            },
            {
              "name": "cause",
              "type": "string",
              "doc": "Cause of those that nobody expected; EXPECTED of the others.",
              "dataClass": "operational"
            },
            {
              "name": "count",
              "type": "int",
              "doc": "How many.",
              "dataClass": "operational"
            }
          ]
        }
      },
      "doc": "Starts, in the order of minutes and causes.",
      "dataClass": "operational"
    },
    {
      "name": "descriptions",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "HealthDescription",
          "doc": "What the device is from a time on; what is null was not said.",
          "fields": [
            {
              "name": "time",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "When it was said.",
              "dataClass": "operational"
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
            },
            {
              "name": "reportIntervalMs",
              "type": [
                "null",
                "long"
              ],
              "doc": "It means to report at least so often, ms.",
              "dataClass": "connectivity",
              "default": null
            }
          ]
        }
      },
      "doc": "The last few descriptions of each hour, in their order.",
      "dataClass": "configuration"
    },
    {
      "name": "technologies",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "HealthTechnology",
          "doc": "Access technology of a link report.",
          "fields": [
            {
              "name": "time",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "When the link was reported.",
              "dataClass": "operational"
            },
            {
              "name": "technology",
              "type": "string",
              "doc": "Access technology.",
              "dataClass": "connectivity"
            }
          ]
        }
      },
      "doc": "That of the last link report of each hour, in their order.",
      "dataClass": "connectivity"
    },
    {
      "name": "tells",
      "type": {
        "type": "array",
        "items": "int"
      },
      "doc": "How often each hour was told; empty where none was.",
      "dataClass": "operational"
    }
  ]
});
