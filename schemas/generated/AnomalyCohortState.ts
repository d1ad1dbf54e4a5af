// From avro/AnomalyCohortState.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What is kept of one metric of a cohort beside its members. */
export interface AnomalyCohortState {
  /** Grown series of which the prior is made. */
  readonly members: number;
  /** Young series that are judged by it. */
  readonly young: number;
  /** Values of young series beyond the number that is judged, or before there was a prior. */
  readonly unjudged: number;
}

export const AnomalyCohortState: Schema<AnomalyCohortState> = schema({
  "type": "record",
  "name": "AnomalyCohortState",
  "namespace": "fleetstream",
  "doc": "What is kept of one metric of a cohort beside its members.",
  "fields": [
    {
      "name": "members",
      "type": "int",
      "doc": "Grown series of which the prior is made.",
      "dataClass": "operational"
    },
    {
      "name": "young",
      "type": "int",
      "doc": "Young series that are judged by it.",
      "dataClass": "operational"
    },
    {
      "name": "unjudged",
      "type": "long",
      "doc": "Values of young series beyond the number that is judged, or before there was a prior.",
      "dataClass": "operational"
    }
  ]
});
