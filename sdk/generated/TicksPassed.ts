// From avro/TicksPassed.avsc. Run `npm run generate`.
import { schema, type Schema } from '../schema.ts';

/** A tick that was folded. */
export interface PassedTick {
  /** Number of the tick. */
  readonly number: number;
  /** Log time from it on. */
  readonly time: number;
  /** Where it stands in the partition that was folded. */
  readonly offset: number;
  /** Log time since which silence is that of devices. */
  readonly heardSince: number;
  /** Changes of policies since the tick before, each as a framed PolicyChanged. */
  readonly policies: readonly Uint8Array[];
}

/** A processor has folded one partition up to a clock tick: nothing that it derived before is still to come to this topic. */
export interface TicksPassed {
  /** Name of the processor. */
  readonly processor: string;
  /** Partition that it folded. */
  readonly partition: number;
  /** Number of the newest tick. */
  readonly number: number;
  /** The ticks since those told before; only where the partition has the same number as the one folded. */
  readonly ticks: readonly PassedTick[];
  /** Changes of policies since the newest tick, told where the ticks are. */
  readonly policies: readonly Uint8Array[];
}

export const TicksPassed: Schema<TicksPassed> = schema({
  "type": "record",
  "name": "TicksPassed",
  "namespace": "fleetstream.platform",
  "doc": "A processor has folded one partition up to a clock tick: nothing that it derived before is still to come to this topic.",
  "fields": [
    {
      "name": "processor",
      "type": "string",
      "doc": "Name of the processor.",
      "dataClass": "operational"
    },
    {
      "name": "partition",
      "type": "int",
      "doc": "Partition that it folded.",
      "dataClass": "operational"
    },
    {
      "name": "number",
      "type": "long",
      "doc": "Number of the newest tick.",
      "dataClass": "operational"
    },
    {
      "name": "ticks",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "PassedTick",
          "doc": "A tick that was folded.",
          "fields": [
            {
              "name": "number",
              "type": "long",
              "doc": "Number of the tick.",
              "dataClass": "operational"
            },
            {
              "name": "time",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "Log time from it on.",
              "dataClass": "operational"
            },
            {
              "name": "offset",
              "type": "long",
              "doc": "Where it stands in the partition that was folded.",
              "dataClass": "operational"
            },
            {
              "name": "heardSince",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "Log time since which silence is that of devices.",
              "dataClass": "operational"
            },
            {
              "name": "policies",
              "type": {
                "type": "array",
                "items": "bytes"
              },
              "doc": "Changes of policies since the tick before, each as a framed PolicyChanged.",
              "dataClass": "configuration"
            }
          ]
        }
      },
      "doc": "The ticks since those told before; only where the partition has the same number as the one folded.",
      "dataClass": "operational",
      "default": []
    },
    {
      "name": "policies",
      "type": {
        "type": "array",
        "items": "bytes"
      },
      "doc": "Changes of policies since the newest tick, told where the ticks are.",
      "dataClass": "configuration",
      "default": []
    }
  ]
});
