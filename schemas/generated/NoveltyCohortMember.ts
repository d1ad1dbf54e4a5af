// From avro/NoveltyCohortMember.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What some devices of a cohort do. */
export interface NoveltyCohortMember {
  /** Number of the newest period in which it was told. */
  readonly period: number;
  /** Devices that did so and were not found, the first three. */
  readonly devices: readonly string[];
  /** Devices that were found with it, the first three. */
  readonly found: readonly string[];
  /** When the first of them was. */
  readonly foundAt: number | null;
  /** True where it was told that it spreads. */
  readonly spread: boolean;
}

export const NoveltyCohortMember: Schema<NoveltyCohortMember> = schema({
  "type": "record",
  "name": "NoveltyCohortMember",
  "namespace": "fleetstream",
  "doc": "What some devices of a cohort do.",
  "fields": [
    {
      "name": "period",
      "type": "int",
      "doc": "Number of the newest period in which it was told.",
      "dataClass": "operational"
    },
    {
      "name": "devices",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "Devices that did so and were not found, the first three.",
      "dataClass": "identity"
    },
    {
      "name": "found",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "Devices that were found with it, the first three.",
      "dataClass": "identity"
    },
    {
      "name": "foundAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "When the first of them was.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "spread",
      "type": "boolean",
      "doc": "True where it was told that it spreads.",
      "dataClass": "operational"
    }
  ]
});
