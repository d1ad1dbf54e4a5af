// From avro/NoveltyCohortState.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What is kept of devices of one model and firmware, beside what they do. */
export interface NoveltyCohortState {
  /** Log time at which an alert is over that nobody ended; null when none is open. */
  readonly dueAt: number | null;
  /** Alerts that are open. */
  readonly open: number;
}

export const NoveltyCohortState: Schema<NoveltyCohortState> = schema({
  "type": "record",
  "name": "NoveltyCohortState",
  "namespace": "fleetstream",
  "doc": "What is kept of devices of one model and firmware, beside what they do.",
  "fields": [
    {
      "name": "dueAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time at which an alert is over that nobody ended; null when none is open.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "open",
      "type": "int",
      "doc": "Alerts that are open.",
      "dataClass": "operational"
    }
  ]
});
