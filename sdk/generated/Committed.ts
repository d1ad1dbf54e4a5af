// From avro/Committed.avsc. Run `npm run generate`.
import { schema, type Schema } from '../schema.ts';

/** How far a processor has got in one partition. Stands in its changelog, in the same transaction as the state and the outputs that it speaks of. */
export interface Committed {
  /** Next offset of what it reads; of a second stage, the first whose record was not folded. */
  readonly nextOffset: number;
  /** Largest clock tick applied. */
  readonly logTime: number;
  /** Number of that tick. */
  readonly tick: number;
  /** Version of the processor. */
  readonly version: number;
  /** Identity of the topic that was read; one made again under the same name has another. */
  readonly topicId: string | null;
  /** Log time since which silence is that of devices: before it time stood still, or a connector began or ended listening. */
  readonly heardSince: number;
  /** First key that is still to be visited since a policy changed; null when none is. */
  readonly revisitFrom: string | null;
}

export const Committed: Schema<Committed> = schema({
  "type": "record",
  "name": "Committed",
  "namespace": "fleetstream.platform",
  "doc": "How far a processor has got in one partition. Stands in its changelog, in the same transaction as the state and the outputs that it speaks of.",
  "fields": [
    {
      "name": "nextOffset",
      "type": "long",
      "doc": "Next offset of what it reads; of a second stage, the first whose record was not folded.",
      "dataClass": "operational"
    },
    {
      "name": "logTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Largest clock tick applied.",
      "dataClass": "operational"
    },
    {
      "name": "tick",
      "type": "long",
      "doc": "Number of that tick.",
      "dataClass": "operational"
    },
    {
      "name": "version",
      "type": "int",
      "doc": "Version of the processor.",
      "dataClass": "operational"
    },
    {
      "name": "topicId",
      "type": [
        "null",
        "string"
      ],
      "doc": "Identity of the topic that was read; one made again under the same name has another.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "heardSince",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Log time since which silence is that of devices: before it time stood still, or a connector began or ended listening.",
      "dataClass": "operational",
      "default": 0
    },
    {
      "name": "revisitFrom",
      "type": [
        "null",
        "string"
      ],
      "doc": "First key that is still to be visited since a policy changed; null when none is.",
      "dataClass": "identity",
      "default": null
    }
  ]
});
