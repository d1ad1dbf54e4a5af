// From avro/DetectMeasure.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What was measured of a device in a window that is still to be judged. */
export interface DetectMeasure {
  /** Begin of the window. */
  readonly windowStart: number;
  /** What was measured. */
  readonly value: number;
  /** Ids of events that show it. */
  readonly events: readonly string[];
}

export const DetectMeasure: Schema<DetectMeasure> = schema({
  "type": "record",
  "name": "DetectMeasure",
  "namespace": "fleetstream",
  "doc": "What was measured of a device in a window that is still to be judged.",
  "fields": [
    {
      "name": "windowStart",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Begin of the window.",
      "dataClass": "operational"
    },
    {
      "name": "value",
      "type": "double",
      "doc": "What was measured.",
      "dataClass": "telemetry"
    },
    {
      "name": "events",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "Ids of events that show it.",
      "dataClass": "operational"
    }
  ]
});
