// From avro/BatteryHistory.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** The newest level of a span. */
export interface BatteryLevel {
  /** When it was reported. */
  readonly time: number;
  /** Charge that was left, percent. */
  readonly level: number;
  /** Whether it was charged within the span. */
  readonly charged: boolean;
}

/** Levels of a battery: the newest of each span of time, of so wide a span that they fit. */
export interface BatteryHistory {
  /** Width of a span, ms. */
  readonly spanMs: number;
  /** In their order. */
  readonly levels: readonly BatteryLevel[];
}

export const BatteryHistory: Schema<BatteryHistory> = schema({
  "type": "record",
  "name": "BatteryHistory",
  "namespace": "fleetstream",
  "doc": "Levels of a battery: the newest of each span of time, of so wide a span that they fit.",
  "fields": [
    {
      "name": "spanMs",
      "type": "long",
      "doc": "Width of a span, ms.",
      "dataClass": "operational"
    },
    {
      "name": "levels",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "BatteryLevel",
          "doc": "The newest level of a span.",
          "fields": [
            {
              "name": "time",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "When it was reported.",
              "dataClass": "operational"
            },
            {
              "name": "level",
              "type": "double",
              "doc": "Charge that was left, percent.",
              "dataClass": "telemetry"
            },
            {
              "name": "charged",
              "type": "boolean",
              "doc": "Whether it was charged within the span.",
              "dataClass": "telemetry"
            }
          ]
        }
      },
      "doc": "In their order.",
      "dataClass": "telemetry"
    }
  ]
});
