// From avro/HealthExposure.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** How an hour of a device changes the sums of its tenant: what is new less what was told before. */
export interface HealthExposure extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device, unique within its tenant. */
  readonly device: string;
  /** Begin of the hour. */
  readonly eventTime: number;
  /** Model in that hour; null where nobody said. */
  readonly model: string | null;
  /** Revision of the hardware in that hour. */
  readonly hardware: string | null;
  /** Version of the firmware in that hour. */
  readonly firmware: string | null;
  /** Lot that it was made in. */
  readonly lot: string | null;
  /** Site where it stood. */
  readonly site: string | null;
  /** Access technology of its last link report up to the end of the hour. */
  readonly technology: string | null;
  /** Time in which it was expected to operate, by how much it changed, ms: from its first report on, until it has been silent for a week. */
  readonly expectedMs: number;
  /** Time in which reports show that it operated, by how much it changed, ms, in whole minutes. */
  readonly operatingMs: number;
  /** Expected time of which nothing is known, by how much it changed, ms: silence is not health. */
  readonly unknownMs: number;
  /** Time in which reports were received from it, by how much it changed, ms; what it stored and sent later shows operation, not connection. */
  readonly connectedMs: number;
  /** Hours with any operation, by how much it changed; one in which the firmware or another dimension changed counts for each. */
  readonly hours: number;
  /** Hours with operation and without a crash, by how much it changed. */
  readonly crashFreeHours: number;
  /** Crashes, by how much it changed. */
  readonly crashes: number;
  /** Starts that nobody expected, by how much it changed. */
  readonly reboots: number;
  /** Starts that were asked for or planned, by how much it changed. */
  readonly rebootsExpected: number;
  /** Operating time, by how much it changed up to the first crash of its period of 28 days, ms. */
  readonly atRiskMs: number;
  /** First crashes of a device in its period of 28 days, by how much it changed: however often a device crashes, it counts once. */
  readonly firstCrashes: number;
  /** Of the time at risk, that of devices that had crashed in the period before too, by how much it changed, ms. */
  readonly atRiskAgainMs: number;
  /** Of the first crashes, those of devices that had crashed in the period before too, by how much it changed. */
  readonly firstCrashesAgain: number;
}

export const HealthExposure: Schema<HealthExposure> = schema({
  "type": "record",
  "name": "HealthExposure",
  "namespace": "fleetstream",
  "doc": "How an hour of a device changes the sums of its tenant: what is new less what was told before.",
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
      "doc": "The device, unique within its tenant.",
      "dataClass": "identity"
    },
    {
      "name": "eventTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Begin of the hour.",
      "dataClass": "operational"
    },
    {
      "name": "model",
      "type": [
        "null",
        "string"
      ],
      "doc": "Model in that hour; null where nobody said.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "hardware",
      "type": [
        "null",
        "string"
      ],
      "doc": "Revision of the hardware in that hour.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "firmware",
      "type": [
        "null",
        "string"
      ],
      "doc": "Version of the firmware in that hour.",
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
      "doc": "Site where it stood.",
      "dataClass": "location",
      "default": null
    },
    {
      "name": "technology",
      "type": [
        "null",
        "string"
      ],
      "doc": "Access technology of its last link report up to the end of the hour.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "expectedMs",
      "type": "long",
      "doc": "Time in which it was expected to operate, by how much it changed, ms: from its first report on, until it has been silent for a week.",
      "dataClass": "operational"
    },
    {
      "name": "operatingMs",
      "type": "long",
      "doc": "Time in which reports show that it operated, by how much it changed, ms, in whole minutes.",
      "dataClass": "operational"
    },
    {
      "name": "unknownMs",
      "type": "long",
      "doc": "Expected time of which nothing is known, by how much it changed, ms: silence is not health.",
      "dataClass": "operational"
    },
    {
      "name": "connectedMs",
      "type": "long",
      "doc": "Time in which reports were received from it, by how much it changed, ms; what it stored and sent later shows operation, not connection.",
      "dataClass": "operational"
    },
    {
      "name": "hours",
      "type": "long",
      "doc": "Hours with any operation, by how much it changed; one in which the firmware or another dimension changed counts for each.",
      "dataClass": "operational"
    },
    {
      "name": "crashFreeHours",
      "type": "long",
      "doc": "Hours with operation and without a crash, by how much it changed.",
      "dataClass": "operational"
    },
    {
      "name": "crashes",
      "type": "long",
      "doc": "Crashes, by how much it changed.",
      "dataClass": "operational"
    },
    {
      "name": "reboots",
      "type": "long",
      "doc": "Starts that nobody expected, by how much it changed.",
      "dataClass": "operational"
    },
    {
      "name": "rebootsExpected",
      "type": "long",
      "doc": "Starts that were asked for or planned, by how much it changed.",
      "dataClass": "operational"
    },
    {
      "name": "atRiskMs",
      "type": "long",
      "doc": "Operating time, by how much it changed up to the first crash of its period of 28 days, ms.",
      "dataClass": "operational"
    },
    {
      "name": "firstCrashes",
      "type": "long",
      "doc": "First crashes of a device in its period of 28 days, by how much it changed: however often a device crashes, it counts once.",
      "dataClass": "operational"
    },
    {
      "name": "atRiskAgainMs",
      "type": "long",
      "doc": "Of the time at risk, that of devices that had crashed in the period before too, by how much it changed, ms.",
      "dataClass": "operational",
      "default": 0
    },
    {
      "name": "firstCrashesAgain",
      "type": "long",
      "doc": "Of the first crashes, those of devices that had crashed in the period before too, by how much it changed.",
      "dataClass": "operational",
      "default": 0
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
