// From avro/NoveltySet.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** One of its members. */
export interface NoveltyMember {
  /** What it is. */
  readonly member: string;
  /** When it was seen first. */
  readonly firstAt: number;
  /** When it was seen last. */
  readonly lastAt: number;
  /** True where it was seen in more than one report. */
  readonly again: boolean;
  /** True where it was so unlikely that it is not learnt from for a week. */
  readonly strange: boolean;
  /** True until it has been there for a week, or is gone. */
  readonly watched: boolean;
}

/** What a device is known to do, of one kind. */
export interface NoveltySet {
  /** Number of the newest period of 45 days that a report was of. */
  readonly period: number;
  /** When the firmware changed last; what was new before says nothing of what is new now. */
  readonly since: number;
  /** Reports in that period, since the firmware changed. */
  readonly now: number;
  /** Reports in the period before, since the firmware changed. */
  readonly before: number;
  /** True where more was seen than is kept: until the next period nothing of this kind is judged. */
  readonly full: boolean;
  /** True where the cohort has been told in this period that the device has a past. */
  readonly grown: boolean;
  /** Its members, in order of byte. */
  readonly members: readonly NoveltyMember[];
}

export const NoveltySet: Schema<NoveltySet> = schema({
  "type": "record",
  "name": "NoveltySet",
  "namespace": "fleetstream",
  "doc": "What a device is known to do, of one kind.",
  "fields": [
    {
      "name": "period",
      "type": "int",
      "doc": "Number of the newest period of 45 days that a report was of.",
      "dataClass": "operational"
    },
    {
      "name": "since",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When the firmware changed last; what was new before says nothing of what is new now.",
      "dataClass": "operational"
    },
    {
      "name": "now",
      "type": "long",
      "doc": "Reports in that period, since the firmware changed.",
      "dataClass": "operational"
    },
    {
      "name": "before",
      "type": "long",
      "doc": "Reports in the period before, since the firmware changed.",
      "dataClass": "operational"
    },
    {
      "name": "full",
      "type": "boolean",
      "doc": "True where more was seen than is kept: until the next period nothing of this kind is judged.",
      "dataClass": "operational"
    },
    {
      "name": "grown",
      "type": "boolean",
      "doc": "True where the cohort has been told in this period that the device has a past.",
      "dataClass": "operational"
    },
    {
      "name": "members",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "NoveltyMember",
          "doc": "One of its members.",
          "fields": [
            {
              "name": "member",
              "type": "string",
              "doc": "What it is.",
              "dataClass": "connectivity"
            },
            {
              "name": "firstAt",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "When it was seen first.",
              "dataClass": "operational"
            },
            {
              "name": "lastAt",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "When it was seen last.",
              "dataClass": "operational"
            },
            {
              "name": "again",
              "type": "boolean",
              "doc": "True where it was seen in more than one report.",
              "dataClass": "operational"
            },
            {
              "name": "strange",
              "type": "boolean",
              "doc": "True where it was so unlikely that it is not learnt from for a week.",
              "dataClass": "operational"
            },
            {
              "name": "watched",
              "type": "boolean",
              "doc": "True until it has been there for a week, or is gone.",
              "dataClass": "operational"
            }
          ]
        }
      },
      "doc": "Its members, in order of byte.",
      "dataClass": "connectivity"
    }
  ]
});
