// From avro/HealthAlert.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** An alert that is open: a lot or a firmware that is worse than its like. */
export interface HealthAlert {
  /** Day since 1970 up to which it was judged when it was raised. */
  readonly raisedDay: number;
  /** The lot or the firmware. */
  readonly name: string;
  /** LOT or FIRMWARE. */
  readonly dimension: string;
}

export const HealthAlert: Schema<HealthAlert> = schema({
  "type": "record",
  "name": "HealthAlert",
  "namespace": "fleetstream",
  "doc": "An alert that is open: a lot or a firmware that is worse than its like.",
  "fields": [
    {
      "name": "raisedDay",
      "type": "int",
      "doc": "Day since 1970 up to which it was judged when it was raised.",
      "dataClass": "operational"
    },
    {
      "name": "name",
      "type": "string",
      "doc": "The lot or the firmware.",
      "dataClass": "configuration"
    },
    {
      "name": "dimension",
      "type": "string",
      "doc": "LOT or FIRMWARE.",
      "dataClass": "operational"
    }
  ]
});
