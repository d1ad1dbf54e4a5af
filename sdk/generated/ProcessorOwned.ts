// From avro/ProcessorOwned.avsc. Run `npm run generate`.
import { schema, type Schema } from '../schema.ts';

/** Which app runs a processor. The newest record of a processor counts, since two apps would write its state twice. */
export interface ProcessorOwned {
  /** Name of the processor. */
  readonly processor: string;
  /** Name of the app, which is its consumer group too. */
  readonly app: string;
  /** Counts the apps that took the processor over. */
  readonly generation: number;
  /** When the app took it over, by the clock of its machine. */
  readonly time: number;
}

export const ProcessorOwned: Schema<ProcessorOwned> = schema({
  "type": "record",
  "name": "ProcessorOwned",
  "namespace": "fleetstream.platform",
  "doc": "Which app runs a processor. The newest record of a processor counts, since two apps would write its state twice.",
  "fields": [
    {
      "name": "processor",
      "type": "string",
      "doc": "Name of the processor.",
      "dataClass": "operational"
    },
    {
      "name": "app",
      "type": "string",
      "doc": "Name of the app, which is its consumer group too.",
      "dataClass": "operational"
    },
    {
      "name": "generation",
      "type": "long",
      "doc": "Counts the apps that took the processor over.",
      "dataClass": "operational"
    },
    {
      "name": "time",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When the app took it over, by the clock of its machine.",
      "dataClass": "operational"
    }
  ]
});
