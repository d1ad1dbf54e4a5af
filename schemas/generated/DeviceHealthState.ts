// From avro/DeviceHealthState.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What the device was when the days that are kept began. */
export interface HealthDescriptionBefore {
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
  /** Access technology. */
  readonly technology: string | null;
}

/** The first crash of a period. */
export interface HealthFirstCrash {
  /** Number of the period of 28 days since 1970. */
  readonly period: number;
  /** Minute since 1970. */
  readonly minute: number;
}

/** What the health of a device needs beside its days. */
export interface DeviceHealthState {
  /** Log time at which hours are told next; null when none is expected. */
  readonly dueAt: number | null;
  /** Log time at which the battery is told of next; null when nothing is new. */
  readonly batteryDueAt: number | null;
  /** Whether it was told that the battery will soon be empty. */
  readonly batteryEnding: boolean;
  /** Whether it was told that the device starts anew again and again. */
  readonly restarting: boolean;
  /** Hours before this one were told, counted from 1970; null before the first. */
  readonly toldUntil: number | null;
  /** Days that have reports not told yet. */
  readonly freshDays: number;
  /** Reports that found no room, because no clock tick came for too long. */
  readonly unplaced: number;
  /** Days since 1970 before this one are forgotten; 0 while none is. */
  readonly keptFrom: number;
  /** Minute since 1970 of the newest report of the days that are forgotten. */
  readonly heardBefore: number | null;
  /** What the device was when the days that are kept began. */
  readonly before: HealthDescriptionBefore;
  /** The first crash of each period, of the last few. */
  readonly firstCrashes: readonly HealthFirstCrash[];
}

export const DeviceHealthState: Schema<DeviceHealthState> = schema({
  "type": "record",
  "name": "DeviceHealthState",
  "namespace": "fleetstream",
  "doc": "What the health of a device needs beside its days.",
  "fields": [
    {
      "name": "dueAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time at which hours are told next; null when none is expected.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "batteryDueAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time at which the battery is told of next; null when nothing is new.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "batteryEnding",
      "type": "boolean",
      "doc": "Whether it was told that the battery will soon be empty.",
      "dataClass": "operational",
      "default": false
    },
    {
      "name": "restarting",
      "type": "boolean",
      "doc": "Whether it was told that the device starts anew again and again.",
      "dataClass": "operational",
      "default": false
    },
    {
      "name": "toldUntil",
      "type": [
        "null",
        "int"
      ],
      "doc": "Hours before this one were told, counted from 1970; null before the first.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "freshDays",
      "type": "int",
      "doc": "Days that have reports not told yet.",
      "dataClass": "operational"
    },
    {
      "name": "unplaced",
      "type": "long",
      "doc": "Reports that found no room, because no clock tick came for too long.",
      "dataClass": "operational"
    },
    {
      "name": "keptFrom",
      "type": "int",
      "doc": "Days since 1970 before this one are forgotten; 0 while none is.",
      "dataClass": "operational"
    },
    {
      "name": "heardBefore",
      "type": [
        "null",
        "int"
      ],
      "doc": "Minute since 1970 of the newest report of the days that are forgotten.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "before",
      "type": {
        "type": "record",
        "name": "HealthDescriptionBefore",
        "doc": "What the device was when the days that are kept began.",
        "fields": [
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
          },
          {
            "name": "technology",
            "type": [
              "null",
              "string"
            ],
            "doc": "Access technology.",
            "dataClass": "connectivity",
            "default": null
          }
        ]
      },
      "doc": "What the device was when the days that are kept began.",
      "dataClass": "configuration"
    },
    {
      "name": "firstCrashes",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "HealthFirstCrash",
          "doc": "The first crash of a period.",
          "fields": [
            {
              "name": "period",
              "type": "int",
              "doc": "Number of the period of 28 days since 1970.",
              "dataClass": "operational"
            },
            {
              "name": "minute",
              "type": "int",
              "doc": "Minute since 1970.",
              "dataClass": "operational"
            }
          ]
        }
      },
      "doc": "The first crash of each period, of the last few.",
      "dataClass": "operational"
    }
  ]
});
