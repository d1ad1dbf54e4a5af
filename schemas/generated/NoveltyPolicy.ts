// From avro/NoveltyPolicy.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** From when on what a device never did is told. */
export interface NoveltyPolicy {
  /** Of a device with a past: what is new in a report is told if reports bring something new with that probability or less. */
  readonly reportProbability: number;
  /** Of a young device: what no other of its cohort does is told if grown ones have something of their own with that probability or less. */
  readonly deviceProbability: number;
  /** What is never new: blocks of addresses as 10.0.0.0/8, open ports as tcp/22, paths of commands as /firmware. */
  readonly known: readonly string[];
}

export const NoveltyPolicy: Schema<NoveltyPolicy> = schema({
  "type": "record",
  "name": "NoveltyPolicy",
  "namespace": "fleetstream",
  "doc": "From when on what a device never did is told.",
  "fields": [
    {
      "name": "reportProbability",
      "type": "double",
      "doc": "Of a device with a past: what is new in a report is told if reports bring something new with that probability or less.",
      "dataClass": "operational"
    },
    {
      "name": "deviceProbability",
      "type": "double",
      "doc": "Of a young device: what no other of its cohort does is told if grown ones have something of their own with that probability or less.",
      "dataClass": "operational"
    },
    {
      "name": "known",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "What is never new: blocks of addresses as 10.0.0.0/8, open ports as tcp/22, paths of commands as /firmware.",
      "dataClass": "connectivity"
    }
  ]
});
