// From avro/Outage.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** That a device is down, as far as its alerts say. */
export interface Outage {
  /** Keys of its open alerts that say so, in their order. */
  readonly alerts: readonly string[];
  /** Log time until which it explains others although it is back; null while it is down. */
  readonly until: number | null;
}

export const Outage: Schema<Outage> = schema({
  "type": "record",
  "name": "Outage",
  "namespace": "fleetstream",
  "doc": "That a device is down, as far as its alerts say.",
  "fields": [
    {
      "name": "alerts",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "Keys of its open alerts that say so, in their order.",
      "dataClass": "operational",
      "default": []
    },
    {
      "name": "until",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time until which it explains others although it is back; null while it is down.",
      "dataClass": "operational",
      "default": null
    }
  ]
});
