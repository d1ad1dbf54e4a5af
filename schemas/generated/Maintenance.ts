// From avro/Maintenance.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** A time in which a device is worked on. */
export interface MaintenanceWindow {
  /** When it begins. */
  readonly startsAt: number;
  /** When it ends. */
  readonly endsAt: number;
}

/** When a device is worked on. */
export interface Maintenance {
  /** In the order of their begin. */
  readonly windows: readonly MaintenanceWindow[];
}

export const Maintenance: Schema<Maintenance> = schema({
  "type": "record",
  "name": "Maintenance",
  "namespace": "fleetstream",
  "doc": "When a device is worked on.",
  "fields": [
    {
      "name": "windows",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "MaintenanceWindow",
          "doc": "A time in which a device is worked on.",
          "fields": [
            {
              "name": "startsAt",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "When it begins.",
              "dataClass": "operational"
            },
            {
              "name": "endsAt",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "When it ends.",
              "dataClass": "operational"
            }
          ]
        }
      },
      "doc": "In the order of their begin.",
      "dataClass": "operational",
      "default": []
    }
  ]
});
