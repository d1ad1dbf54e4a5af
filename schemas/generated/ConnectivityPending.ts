// From avro/ConnectivityPending.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** Of version 1 of the processor: a window that is to be written. Nothing writes it now. */
export interface ConnectivityPending {
  /** End of the window. */
  readonly endsAt: number;
}

export const ConnectivityPending: Schema<ConnectivityPending> = schema({
  "type": "record",
  "name": "ConnectivityPending",
  "namespace": "fleetstream",
  "doc": "Of version 1 of the processor: a window that is to be written. Nothing writes it now.",
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
