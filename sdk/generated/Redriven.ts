// From avro/Redriven.avsc. Run `npm run generate`.
import { schema, type Schema } from '../schema.ts';

/** A record that was put into its topic again, after it had been given up. Keyed by where it stood first, so that it is not put there twice. */
export interface Redriven {
  /** Topic that the record stood in, and was put into again. */
  readonly topic: string;
  /** Partition of it. */
  readonly partition: number;
  /** Offset where the record stood first. */
  readonly offset: number;
  /** Id of the dead letter that was asked for: partition-offset in fleet.dead-letters. */
  readonly letter: string;
  /** How often it was put in again. */
  readonly times: number;
  /** When it was put in again, by the clock of its machine. */
  readonly time: number;
}

export const Redriven: Schema<Redriven> = schema({
  "type": "record",
  "name": "Redriven",
  "namespace": "fleetstream.platform",
  "doc": "A record that was put into its topic again, after it had been given up. Keyed by where it stood first, so that it is not put there twice.",
  "fields": [
    {
      "name": "topic",
      "type": "string",
      "doc": "Topic that the record stood in, and was put into again.",
      "dataClass": "operational"
    },
    {
      "name": "partition",
      "type": "int",
      "doc": "Partition of it.",
      "dataClass": "operational"
    },
    {
      "name": "offset",
      "type": "long",
      "doc": "Offset where the record stood first.",
      "dataClass": "operational"
    },
    {
      "name": "letter",
      "type": "string",
      "doc": "Id of the dead letter that was asked for: partition-offset in fleet.dead-letters.",
      "dataClass": "operational"
    },
    {
      "name": "times",
      "type": "int",
      "doc": "How often it was put in again.",
      "dataClass": "operational"
    },
    {
      "name": "time",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When it was put in again, by the clock of its machine.",
      "dataClass": "operational"
    }
  ]
});
