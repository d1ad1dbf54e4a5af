// From avro/LedgerState.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What the ledger keeps for a device. */
export interface LedgerState {
  /** Sequence numbers skipped and not yet filled or lost. */
  readonly missing: number;
  /** Sequence numbers given up. */
  readonly lost: number;
  /** Events that came again. */
  readonly duplicates: number;
  /** Events refused beyond the horizon. */
  readonly late: number;
  /** Counter resets. */
  readonly resets: number;
}

export const LedgerState: Schema<LedgerState> = schema({
  "type": "record",
  "name": "LedgerState",
  "namespace": "fleetstream",
  "doc": "What the ledger keeps for a device.",
  "fields": [
    {
      "name": "missing",
      "type": "long",
      "doc": "Sequence numbers skipped and not yet filled or lost.",
      "dataClass": "operational"
    },
    {
      "name": "lost",
      "type": "long",
      "doc": "Sequence numbers given up.",
      "dataClass": "operational"
    },
    {
      "name": "duplicates",
      "type": "long",
      "doc": "Events that came again.",
      "dataClass": "operational"
    },
    {
      "name": "late",
      "type": "long",
      "doc": "Events refused beyond the horizon.",
      "dataClass": "operational"
    },
    {
      "name": "resets",
      "type": "long",
      "doc": "Counter resets.",
      "dataClass": "operational"
    }
  ]
});
