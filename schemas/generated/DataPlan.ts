// From avro/DataPlan.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What a device may send and receive. */
export interface DataPlan {
  /** Bytes of a month; null where there is no plan. */
  readonly monthlyBytes: number | null;
  /** From this share on it is told. */
  readonly warnShare: number;
}

export const DataPlan: Schema<DataPlan> = schema({
  "type": "record",
  "name": "DataPlan",
  "namespace": "fleetstream",
  "doc": "What a device may send and receive.",
  "fields": [
    {
      "name": "monthlyBytes",
      "type": [
        "null",
        "long"
      ],
      "doc": "Bytes of a month; null where there is no plan.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "warnShare",
      "type": "double",
      "doc": "From this share on it is told.",
      "dataClass": "connectivity"
    }
  ]
});
