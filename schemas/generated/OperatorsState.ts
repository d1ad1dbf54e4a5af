// From avro/OperatorsState.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What is kept of what operators said about a device. */
export interface OperatorsState {
  /** How many times they said something. */
  readonly said: number;
}

export const OperatorsState: Schema<OperatorsState> = schema({
  "type": "record",
  "name": "OperatorsState",
  "namespace": "fleetstream",
  "doc": "What is kept of what operators said about a device.",
  "fields": [
    {
      "name": "said",
      "type": "long",
      "doc": "How many times they said something.",
      "dataClass": "operational"
    }
  ]
});
