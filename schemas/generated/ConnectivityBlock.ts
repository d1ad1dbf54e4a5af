// From avro/ConnectivityBlock.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** The minutes of an hour, packed; or what is left of those that were dropped. */
export interface ConnectivityBlock {
  /** Technologies, gateways and sources that the columns refer to by their place. */
  readonly names: readonly string[];
  /** Columns of whole numbers: how often each window was written, and each number of its minutes, their runs and their link reports. */
  readonly columns: Uint8Array;
}

export const ConnectivityBlock: Schema<ConnectivityBlock> = schema({
  "type": "record",
  "name": "ConnectivityBlock",
  "namespace": "fleetstream",
  "doc": "The minutes of an hour, packed; or what is left of those that were dropped.",
  "fields": [
    {
      "name": "names",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "Technologies, gateways and sources that the columns refer to by their place.",
      "dataClass": "connectivity"
    },
    {
      "name": "columns",
      "type": "bytes",
      "doc": "Columns of whole numbers: how often each window was written, and each number of its minutes, their runs and their link reports.",
      "dataClass": "connectivity"
    }
  ]
});
