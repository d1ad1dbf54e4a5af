// From avro/FleetHealthState.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What the health of a fleet needs beside its cells. */
export interface FleetHealthState {
  /** Log time at which cells are told next; null when nothing changed. */
  readonly dueAt: number | null;
  /** Day since 1970 up to which lots and firmwares were judged; null before the first. */
  readonly judgedDay: number | null;
  /** Newest day of which anything is known; 0 before the first. */
  readonly newestDay: number;
  /** Hours of devices that found no room among the cells of their day. */
  readonly overflowed: number;
  /** Hours of devices that came for days which are no longer kept. */
  readonly forgotten: number;
  /** Cells of days before this one are as they were told. */
  readonly changedFrom: number;
}

export const FleetHealthState: Schema<FleetHealthState> = schema({
  "type": "record",
  "name": "FleetHealthState",
  "namespace": "fleetstream",
  "doc": "What the health of a fleet needs beside its cells.",
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
      "doc": "Log time at which cells are told next; null when nothing changed.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "judgedDay",
      "type": [
        "null",
        "int"
      ],
      "doc": "Day since 1970 up to which lots and firmwares were judged; null before the first.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "newestDay",
      "type": "int",
      "doc": "Newest day of which anything is known; 0 before the first.",
      "dataClass": "operational"
    },
    {
      "name": "overflowed",
      "type": "long",
      "doc": "Hours of devices that found no room among the cells of their day.",
      "dataClass": "operational"
    },
    {
      "name": "forgotten",
      "type": "long",
      "doc": "Hours of devices that came for days which are no longer kept.",
      "dataClass": "operational"
    },
    {
      "name": "changedFrom",
      "type": "int",
      "doc": "Cells of days before this one are as they were told.",
      "dataClass": "operational",
      "default": 0
    }
  ]
});
