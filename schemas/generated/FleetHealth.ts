// From avro/FleetHealth.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** How devices of a tenant that are alike did on one day. */
export interface FleetHealth extends Cause {
  /** Who owns the devices. */
  readonly tenant: string;
  /** Begin of the day. */
  readonly eventTime: number;
  /** 0 when the day is first told; grows when it changes. */
  readonly revision: number;
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
  /** Hours without a crash over hours with operation, 0 to 1; null where there are none. */
  readonly crashFreeShare: number | null;
  /** Lower bound of that share at 95 % confidence (Wilson 1927), hours taken as independent. */
  readonly crashFreeLow: number | null;
  /** Upper bound of that share. */
  readonly crashFreeHigh: number | null;
  /** Crashes in 1,000 hours of operation; null where there are none. */
  readonly crashesPerThousandHours: number | null;
  /** Lower bound of that rate at 95 % confidence (Garwood 1936), crashes taken as independent. */
  readonly crashesLow: number | null;
  /** Upper bound of that rate. */
  readonly crashesHigh: number | null;
}

export const FleetHealth: Schema<FleetHealth> = schema({
  "type": "record",
  "name": "FleetHealth",
  "namespace": "fleetstream",
  "doc": "How devices of a tenant that are alike did on one day.",
  "derived": true,
  "fields": [
    {
      "name": "tenant",
      "type": "string",
      "doc": "Who owns the devices.",
      "dataClass": "identity"
    },
    {
      "name": "eventTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Begin of the day.",
      "dataClass": "operational"
    },
    {
      "name": "revision",
      "type": "long",
      "doc": "0 when the day is first told; grows when it changes.",
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
      "name": "crashFreeShare",
      "type": [
        "null",
        "double"
      ],
      "doc": "Hours without a crash over hours with operation, 0 to 1; null where there are none.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "crashFreeLow",
      "type": [
        "null",
        "double"
      ],
      "doc": "Lower bound of that share at 95 % confidence (Wilson 1927), hours taken as independent.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "crashFreeHigh",
      "type": [
        "null",
        "double"
      ],
      "doc": "Upper bound of that share.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "crashesPerThousandHours",
      "type": [
        "null",
        "double"
      ],
      "doc": "Crashes in 1,000 hours of operation; null where there are none.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "crashesLow",
      "type": [
        "null",
        "double"
      ],
      "doc": "Lower bound of that rate at 95 % confidence (Garwood 1936), crashes taken as independent.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "crashesHigh",
      "type": [
        "null",
        "double"
      ],
      "doc": "Upper bound of that rate.",
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
