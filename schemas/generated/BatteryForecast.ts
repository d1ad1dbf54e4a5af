// From avro/BatteryForecast.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** How fast a battery loses, and when it will be empty, as far as it can be told. */
export interface BatteryForecast extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device, unique within its tenant. */
  readonly device: string;
  /** When the newest level was reported. */
  readonly eventTime: number;
  /** Model; null where nobody said. */
  readonly model: string | null;
  /** Revision of the hardware. */
  readonly hardware: string | null;
  /** Version of the firmware. */
  readonly firmware: string | null;
  /** Lot that it was made in. */
  readonly lot: string | null;
  /** Site where it stood. */
  readonly site: string | null;
  /** Access technology of its last link report up to the end of the hour. */
  readonly technology: string | null;
  /** UNKNOWN: not enough levels yet. STEADY: by the interval of its rate it may not lose at all. ENDS: it loses. */
  readonly outlook: 'UNKNOWN' | 'STEADY' | 'ENDS';
  /** Newest level, percent. */
  readonly level: number;
  /** Median rate of loss while it is not charged, percent a day. */
  readonly ratePerDay: number | null;
  /** Lower bound of the rate, at 90 % confidence. */
  readonly rateLow: number | null;
  /** Upper bound of the rate. */
  readonly rateHigh: number | null;
  /** When it will be empty, if it goes on so and is not charged. */
  readonly endsAt: number | null;
  /** Lower bound of that time, at 90 % confidence. */
  readonly endsEarliestAt: number | null;
  /** Upper bound of that time; null where none can be told. */
  readonly endsLatestAt: number | null;
  /** Levels that it follows from. */
  readonly samples: number;
  /** Runs between charges that the levels belong to. */
  readonly discharges: number;
  /** Time from the oldest of them to the newest, ms. */
  readonly spanMs: number;
  /** Version of the policy health, which says what is empty. */
  readonly policyVersion: number;
}

export const BatteryForecast: Schema<BatteryForecast> = schema({
  "type": "record",
  "name": "BatteryForecast",
  "namespace": "fleetstream",
  "doc": "How fast a battery loses, and when it will be empty, as far as it can be told.",
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
      "doc": "When the newest level was reported.",
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
      "name": "outlook",
      "type": {
        "type": "enum",
        "name": "BatteryOutlook",
        "symbols": [
          "UNKNOWN",
          "STEADY",
          "ENDS"
        ],
        "default": "UNKNOWN"
      },
      "doc": "UNKNOWN: not enough levels yet. STEADY: by the interval of its rate it may not lose at all. ENDS: it loses.",
      "dataClass": "telemetry",
      "default": "UNKNOWN"
    },
    {
      "name": "level",
      "type": "double",
      "doc": "Newest level, percent.",
      "dataClass": "telemetry"
    },
    {
      "name": "ratePerDay",
      "type": [
        "null",
        "double"
      ],
      "doc": "Median rate of loss while it is not charged, percent a day.",
      "dataClass": "telemetry",
      "default": null
    },
    {
      "name": "rateLow",
      "type": [
        "null",
        "double"
      ],
      "doc": "Lower bound of the rate, at 90 % confidence.",
      "dataClass": "telemetry",
      "default": null
    },
    {
      "name": "rateHigh",
      "type": [
        "null",
        "double"
      ],
      "doc": "Upper bound of the rate.",
      "dataClass": "telemetry",
      "default": null
    },
    {
      "name": "endsAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "When it will be empty, if it goes on so and is not charged.",
      "dataClass": "telemetry",
      "default": null
    },
    {
      "name": "endsEarliestAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Lower bound of that time, at 90 % confidence.",
      "dataClass": "telemetry",
      "default": null
    },
    {
      "name": "endsLatestAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Upper bound of that time; null where none can be told.",
      "dataClass": "telemetry",
      "default": null
    },
    {
      "name": "samples",
      "type": "int",
      "doc": "Levels that it follows from.",
      "dataClass": "operational"
    },
    {
      "name": "discharges",
      "type": "int",
      "doc": "Runs between charges that the levels belong to.",
      "dataClass": "operational"
    },
    {
      "name": "spanMs",
      "type": "long",
      "doc": "Time from the oldest of them to the newest, ms.",
      "dataClass": "operational"
    },
    {
      "name": "policyVersion",
      "type": "long",
      "doc": "Version of the policy health, which says what is empty.",
      "dataClass": "operational"
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
