// From avro/FleetHealthFinding.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** Whether a lot or a firmware crashes more than its like, where all else is equal: model, hardware, site, technology, and the firmware or lot. A device counts once in 28 days, however often it crashes. */
export interface FleetHealthFinding extends Cause {
  /** Who owns the devices. */
  readonly tenant: string;
  /** Begin of the last day that was judged. */
  readonly eventTime: number;
  /** What is compared. */
  readonly dimension: 'UNKNOWN' | 'LOT' | 'FIRMWARE';
  /** The lot or the firmware. */
  readonly name: string;
  /** NOT_ENOUGH: too few devices to compare crashed. UNDECIDED: neither is shown. NOT_WORSE: the upper bound of the ratio is tolerated. WORSE: shown, within the bound of false discoveries. */
  readonly verdict: 'UNKNOWN' | 'NOT_ENOUGH' | 'UNDECIDED' | 'NOT_WORSE' | 'WORSE';
  /** True where the crude comparison says something else than the one where all else is equal (Simpson’s paradox). */
  readonly confounded: boolean;
  /** Its crash rate over that of its like, all else equal (Mantel and Haenszel); null where it cannot be told. */
  readonly ratio: number | null;
  /** Lower bound of the ratio at 95 % confidence (Greenland and Robins 1985), widened by the dispersion. */
  readonly ratioLow: number | null;
  /** Upper bound of the ratio. */
  readonly ratioHigh: number | null;
  /** Its crash rate over that of all others, whatever they are. */
  readonly crudeRatio: number | null;
  /** E-value against equal rates, from this period of 28 days and the one before: it exceeds x by chance with a probability of at most 1/x, however often one looks within a year. */
  readonly evidence: number;
  /** E-value from which on it would be told of as worse, by the number of those that are compared (e-BH). */
  readonly evidenceNeeded: number;
  /** E-value of the crude comparison. */
  readonly crudeEvidence: number;
  /** Its devices that crashed and can be compared. */
  readonly crashed: number;
  /** How many of them would have crashed, had all crashed alike. */
  readonly crashedExpected: number;
  /** Its operating time that can be compared, up to the first crash of each device, ms. */
  readonly atRiskMs: number;
  /** Devices like them that crashed. */
  readonly likeCrashed: number;
  /** Operating time of its like, ms. */
  readonly likeAtRiskMs: number;
  /** Its devices that crashed where no others are like them, so that they cannot be compared. */
  readonly crashedAlone: number;
  /** Its operating time where no others are like it, ms. */
  readonly aloneMs: number;
  /** Expected time of its devices of which nothing is known, ms. */
  readonly unknownMs: number;
  /** Combinations of all else in which both it and its like operated. */
  readonly strata: number;
  /** How many times the variance between them is that of chance; at least 1. */
  readonly dispersion: number;
  /** Lots or firmwares that were compared at once. */
  readonly compared: number;
  /** Version of the policy health. */
  readonly policyVersion: number;
}

export const FleetHealthFinding: Schema<FleetHealthFinding> = schema({
  "type": "record",
  "name": "FleetHealthFinding",
  "namespace": "fleetstream",
  "doc": "Whether a lot or a firmware crashes more than its like, where all else is equal: model, hardware, site, technology, and the firmware or lot. A device counts once in 28 days, however often it crashes.",
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
      "doc": "Begin of the last day that was judged.",
      "dataClass": "operational"
    },
    {
      "name": "dimension",
      "type": {
        "type": "enum",
        "name": "HealthDimension",
        "symbols": [
          "UNKNOWN",
          "LOT",
          "FIRMWARE"
        ],
        "default": "UNKNOWN"
      },
      "doc": "What is compared.",
      "dataClass": "operational"
    },
    {
      "name": "name",
      "type": "string",
      "doc": "The lot or the firmware.",
      "dataClass": "configuration"
    },
    {
      "name": "verdict",
      "type": {
        "type": "enum",
        "name": "HealthVerdict",
        "symbols": [
          "UNKNOWN",
          "NOT_ENOUGH",
          "UNDECIDED",
          "NOT_WORSE",
          "WORSE"
        ],
        "default": "UNKNOWN"
      },
      "doc": "NOT_ENOUGH: too few devices to compare crashed. UNDECIDED: neither is shown. NOT_WORSE: the upper bound of the ratio is tolerated. WORSE: shown, within the bound of false discoveries.",
      "dataClass": "operational",
      "default": "UNKNOWN"
    },
    {
      "name": "confounded",
      "type": "boolean",
      "doc": "True where the crude comparison says something else than the one where all else is equal (Simpson’s paradox).",
      "dataClass": "operational"
    },
    {
      "name": "ratio",
      "type": [
        "null",
        "double"
      ],
      "doc": "Its crash rate over that of its like, all else equal (Mantel and Haenszel); null where it cannot be told.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "ratioLow",
      "type": [
        "null",
        "double"
      ],
      "doc": "Lower bound of the ratio at 95 % confidence (Greenland and Robins 1985), widened by the dispersion.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "ratioHigh",
      "type": [
        "null",
        "double"
      ],
      "doc": "Upper bound of the ratio.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "crudeRatio",
      "type": [
        "null",
        "double"
      ],
      "doc": "Its crash rate over that of all others, whatever they are.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "evidence",
      "type": "double",
      "doc": "E-value against equal rates, from this period of 28 days and the one before: it exceeds x by chance with a probability of at most 1/x, however often one looks within a year.",
      "dataClass": "operational"
    },
    {
      "name": "evidenceNeeded",
      "type": "double",
      "doc": "E-value from which on it would be told of as worse, by the number of those that are compared (e-BH).",
      "dataClass": "operational"
    },
    {
      "name": "crudeEvidence",
      "type": "double",
      "doc": "E-value of the crude comparison.",
      "dataClass": "operational"
    },
    {
      "name": "crashed",
      "type": "long",
      "doc": "Its devices that crashed and can be compared.",
      "dataClass": "operational"
    },
    {
      "name": "crashedExpected",
      "type": "double",
      "doc": "How many of them would have crashed, had all crashed alike.",
      "dataClass": "operational"
    },
    {
      "name": "atRiskMs",
      "type": "long",
      "doc": "Its operating time that can be compared, up to the first crash of each device, ms.",
      "dataClass": "operational"
    },
    {
      "name": "likeCrashed",
      "type": "long",
      "doc": "Devices like them that crashed.",
      "dataClass": "operational"
    },
    {
      "name": "likeAtRiskMs",
      "type": "long",
      "doc": "Operating time of its like, ms.",
      "dataClass": "operational"
    },
    {
      "name": "crashedAlone",
      "type": "long",
      "doc": "Its devices that crashed where no others are like them, so that they cannot be compared.",
      "dataClass": "operational"
    },
    {
      "name": "aloneMs",
      "type": "long",
      "doc": "Its operating time where no others are like it, ms.",
      "dataClass": "operational"
    },
    {
      "name": "unknownMs",
      "type": "long",
      "doc": "Expected time of its devices of which nothing is known, ms.",
      "dataClass": "operational"
    },
    {
      "name": "strata",
      "type": "int",
      "doc": "Combinations of all else in which both it and its like operated.",
      "dataClass": "operational"
    },
    {
      "name": "dispersion",
      "type": "double",
      "doc": "How many times the variance between them is that of chance; at least 1.",
      "dataClass": "operational"
    },
    {
      "name": "compared",
      "type": "int",
      "doc": "Lots or firmwares that were compared at once.",
      "dataClass": "operational"
    },
    {
      "name": "policyVersion",
      "type": "long",
      "doc": "Version of the policy health.",
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
