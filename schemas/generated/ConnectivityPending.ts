// From avro/ConnectivityPending.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** A window that is to be written, again or for the first time. */
export interface ConnectivityPending {
  /** End of the window. */
  readonly endsAt: number;
}

export const ConnectivityPending: Schema<ConnectivityPending> = schema({
  "type": "record",
  "name": "ConnectivityPending",
  "namespace": "fleetstream",
  "doc": "A window that is to be written, again or for the first time.",
  "fields": [
    {
      "name": "endsAt",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "End of the window.",
      "dataClass": "operational"
    }
  ]
});
