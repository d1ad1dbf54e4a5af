// From avro/NoveltyCohortKind.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What devices of a cohort do of one kind, in numbers. */
export interface NoveltyCohortKind {
  /** Number of the newest period of 45 days. */
  readonly period: number;
  /** Devices that have a past, told in that period. */
  readonly grownNow: number;
  /** Devices that had one, told in the period before. */
  readonly grownBefore: number;
  /** Members that one device has alone, less those that were found. */
  readonly alone: number;
  /** Members that are kept. */
  readonly members: number;
  /** True where more was seen than is kept: until the next period nothing of it is judged by the cohort. */
  readonly full: boolean;
}

export const NoveltyCohortKind: Schema<NoveltyCohortKind> = schema({
  "type": "record",
  "name": "NoveltyCohortKind",
  "namespace": "fleetstream",
  "doc": "What devices of a cohort do of one kind, in numbers.",
  "fields": [
    {
      "name": "period",
      "type": "int",
      "doc": "Number of the newest period of 45 days.",
      "dataClass": "operational"
    },
    {
      "name": "grownNow",
      "type": "long",
      "doc": "Devices that have a past, told in that period.",
      "dataClass": "operational"
    },
    {
      "name": "grownBefore",
      "type": "long",
      "doc": "Devices that had one, told in the period before.",
      "dataClass": "operational"
    },
    {
      "name": "alone",
      "type": "long",
      "doc": "Members that one device has alone, less those that were found.",
      "dataClass": "operational"
    },
    {
      "name": "members",
      "type": "int",
      "doc": "Members that are kept.",
      "dataClass": "operational"
    },
    {
      "name": "full",
      "type": "boolean",
      "doc": "True where more was seen than is kept: until the next period nothing of it is judged by the cohort.",
      "dataClass": "operational"
    }
  ]
});
