// From avro/ClockTicked.avsc. Run `npm run generate`.
import { schema, type Schema } from '../schema.ts';

/** Time passed. Written to every partition of fleet.events about once a second; only ticks move log time. */
export interface ClockTicked {
  /** Number of the tick; grows by one. */
  readonly number: number;
  /** Log time from this tick on. */
  readonly time: number;
  /** True when more than 10 s passed since the tick before: silence counts from here. */
  readonly resumed: boolean;
}

export const ClockTicked: Schema<ClockTicked> = schema({
  "type": "record",
  "name": "ClockTicked",
  "namespace": "fleetstream.platform",
  "doc": "Time passed. Written to every partition of fleet.events about once a second; only ticks move log time.",
  "fields": [
    {
      "name": "number",
      "type": "long",
      "doc": "Number of the tick; grows by one.",
      "dataClass": "operational"
    },
    {
      "name": "time",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Log time from this tick on.",
      "dataClass": "operational"
    },
    {
      "name": "resumed",
      "type": "boolean",
      "doc": "True when more than 10 s passed since the tick before: silence counts from here.",
      "dataClass": "operational",
      "default": false
    }
  ]
});
