// From avro/HealthCell.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** The health of all devices of a tenant that were alike, on one day. */
export interface HealthCell {
  /** Day since 1970. */
  readonly day: number;
  /** Model; null where nobody said. */
  readonly model: string | null;
  /** Revision of the hardware. */
  readonly hardware: string | null;
  /** Version of the firmware. */
  readonly firmware: string | null;
  /** Lot that they were made in. */
  readonly lot: string | null;
  /** Site where they stood. */
  readonly site: string | null;
  /** Access technology. */
  readonly technology: string | null;
  /** True of what found no room among the cells of the day: unlike devices together. */
  readonly overflow: boolean;
  /** Time in which it was expected to operate, in sum, ms: from its first report on, until it has been silent for a week. */
  readonly expectedMs: number;
  /** Time in which reports show that it operated, in sum, ms, in whole minutes. */
  readonly operatingMs: number;
  /** Expected time of which nothing is known, in sum, ms: silence is not health. */
  readonly unknownMs: number;
  /** Time in which reports were received from it, in sum, ms; what it stored and sent later shows operation, not connection. */
  readonly connectedMs: number;
  /** Hours with any operation, in sum; one in which the firmware or another dimension changed counts for each. */
  readonly hours: number;
  /** Hours with operation and without a crash, in sum. */
  readonly crashFreeHours: number;
  /** Crashes, in sum. */
  readonly crashes: number;
  /** Starts that nobody expected, in sum. */
  readonly reboots: number;
  /** Starts that were asked for or planned, in sum. */
  readonly rebootsExpected: number;
  /** Operating time, in sum up to the first crash of its period of 28 days, ms. */
  readonly atRiskMs: number;
  /** First crashes of a device in its period of 28 days, in sum: however often a device crashes, it counts once. */
  readonly firstCrashes: number;
  /** Of the time at risk, that of devices that had crashed in the period before too, in sum, ms. */
  readonly atRiskAgainMs: number;
  /** Of the first crashes, those of devices that had crashed in the period before too, in sum. */
  readonly firstCrashesAgain: number;
  /** Whether it changed since it was told. */
  readonly changed: boolean;
  /** How often it was told. */
  readonly revision: number;
}

export const HealthCell: Schema<HealthCell> = schema({
  "type": "record",
  "name": "HealthCell",
  "namespace": "fleetstream",
  "doc": "The health of all devices of a tenant that were alike, on one day.",
  "fields": [
    {
      "name": "day",
      "type": "int",
      "doc": "Day since 1970.",
      "dataClass": "operational"
    },
    {
      "name": "model",
      "type": [
        "null",
        "string"
      ],
      "doc": "Model; null where nobody said.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "hardware",
      "type": [
        "null",
        "string"
      ],
      "doc": "Revision of the hardware.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "firmware",
      "type": [
        "null",
        "string"
      ],
      "doc": "Version of the firmware.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "lot",
      "type": [
        "null",
        "string"
      ],
      "doc": "Lot that they were made in.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "site",
      "type": [
        "null",
        "string"
      ],
      "doc": "Site where they stood.",
      "dataClass": "location",
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
    },
    {
      "name": "overflow",
      "type": "boolean",
      "doc": "True of what found no room among the cells of the day: unlike devices together.",
      "dataClass": "operational"
    },
    {
      "name": "expectedMs",
      "type": "long",
      "doc": "Time in which it was expected to operate, in sum, ms: from its first report on, until it has been silent for a week.",
      "dataClass": "operational"
    },
    {
      "name": "operatingMs",
      "type": "long",
      "doc": "Time in which reports show that it operated, in sum, ms, in whole minutes.",
      "dataClass": "operational"
    },
    {
      "name": "unknownMs",
      "type": "long",
      "doc": "Expected time of which nothing is known, in sum, ms: silence is not health.",
      "dataClass": "operational"
    },
    {
      "name": "connectedMs",
      "type": "long",
      "doc": "Time in which reports were received from it, in sum, ms; what it stored and sent later shows operation, not connection.",
      "dataClass": "operational"
    },
    {
      "name": "hours",
      "type": "long",
      "doc": "Hours with any operation, in sum; one in which the firmware or another dimension changed counts for each.",
      "dataClass": "operational"
    },
    {
      "name": "crashFreeHours",
      "type": "long",
      "doc": "Hours with operation and without a crash, in sum.",
      "dataClass": "operational"
    },
    {
      "name": "crashes",
      "type": "long",
      "doc": "Crashes, in sum.",
      "dataClass": "operational"
    },
    {
      "name": "reboots",
      "type": "long",
      "doc": "Starts that nobody expected, in sum.",
      "dataClass": "operational"
    },
    {
      "name": "rebootsExpected",
      "type": "long",
      "doc": "Starts that were asked for or planned, in sum.",
      "dataClass": "operational"
    },
    {
      "name": "atRiskMs",
      "type": "long",
      "doc": "Operating time, in sum up to the first crash of its period of 28 days, ms.",
      "dataClass": "operational"
    },
    {
      "name": "firstCrashes",
      "type": "long",
      "doc": "First crashes of a device in its period of 28 days, in sum: however often a device crashes, it counts once.",
      "dataClass": "operational"
    },
    {
      "name": "atRiskAgainMs",
      "type": "long",
      "doc": "Of the time at risk, that of devices that had crashed in the period before too, in sum, ms.",
      "dataClass": "operational",
      "default": 0
    },
    {
      "name": "firstCrashesAgain",
      "type": "long",
      "doc": "Of the first crashes, those of devices that had crashed in the period before too, in sum.",
      "dataClass": "operational",
      "default": 0
    },
    {
      "name": "changed",
      "type": "boolean",
      "doc": "Whether it changed since it was told.",
      "dataClass": "operational"
    },
    {
      "name": "revision",
      "type": "int",
      "doc": "How often it was told.",
      "dataClass": "operational"
    }
  ]
});
