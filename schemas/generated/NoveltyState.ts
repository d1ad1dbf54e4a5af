// From avro/NoveltyState.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What the processor novelty keeps of a device beside its sets. */
export interface NoveltyState {
  /** Log time at which the reports that wait longest are taken; null when none wait. */
  readonly dueAt: number | null;
  /** Reports that wait until those before them have come. */
  readonly waiting: number;
  /** Event time of the newest report that was taken; what is older comes too late. */
  readonly newest: number | null;
  /** Reports that came too late to be judged. */
  readonly late: number;
  /** Model. */
  readonly model: string | null;
  /** Version of its firmware. */
  readonly firmware: string | null;
}

export const NoveltyState: Schema<NoveltyState> = schema({
  "type": "record",
  "name": "NoveltyState",
  "namespace": "fleetstream",
  "doc": "What the processor novelty keeps of a device beside its sets.",
  "fields": [
    {
      "name": "dueAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time at which the reports that wait longest are taken; null when none wait.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "waiting",
      "type": "int",
      "doc": "Reports that wait until those before them have come.",
      "dataClass": "operational"
    },
    {
      "name": "newest",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Event time of the newest report that was taken; what is older comes too late.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "late",
      "type": "long",
      "doc": "Reports that came too late to be judged.",
      "dataClass": "operational"
    },
    {
      "name": "model",
      "type": [
        "null",
        "string"
      ],
      "doc": "Model.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "firmware",
      "type": [
        "null",
        "string"
      ],
      "doc": "Version of its firmware.",
      "dataClass": "configuration",
      "default": null
    }
  ]
});
