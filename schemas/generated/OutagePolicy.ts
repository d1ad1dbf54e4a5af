// From avro/OutagePolicy.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** When devices that go silent together have a cause in common. */
export interface OutagePolicy {
  /** Last signs belong together that are no further than that from each other, ms. */
  readonly windowMs: number;
  /** A silence is judged so long after it was noticed, ms. */
  readonly waitMs: number;
  /** Of devices that fail by themselves at most this share goes silent so near to any moment, before or after it. */
  readonly aloneShare: number;
  /** At most this share of silences that have no common cause may be given one. */
  readonly falseShare: number;
  /** At least this share of a group must be silent. */
  readonly groupShare: number;
  /** At least so many of it must be. */
  readonly groupSilent: number;
}

export const OutagePolicy: Schema<OutagePolicy> = schema({
  "type": "record",
  "name": "OutagePolicy",
  "namespace": "fleetstream",
  "doc": "When devices that go silent together have a cause in common.",
  "fields": [
    {
      "name": "windowMs",
      "type": "long",
      "doc": "Last signs belong together that are no further than that from each other, ms.",
      "dataClass": "connectivity"
    },
    {
      "name": "waitMs",
      "type": "long",
      "doc": "A silence is judged so long after it was noticed, ms.",
      "dataClass": "connectivity"
    },
    {
      "name": "aloneShare",
      "type": "double",
      "doc": "Of devices that fail by themselves at most this share goes silent so near to any moment, before or after it.",
      "dataClass": "connectivity"
    },
    {
      "name": "falseShare",
      "type": "double",
      "doc": "At most this share of silences that have no common cause may be given one.",
      "dataClass": "connectivity"
    },
    {
      "name": "groupShare",
      "type": "double",
      "doc": "At least this share of a group must be silent.",
      "dataClass": "connectivity"
    },
    {
      "name": "groupSilent",
      "type": "int",
      "doc": "At least so many of it must be.",
      "dataClass": "connectivity"
    }
  ]
});
