import { collection, type Entries, type Meta } from '#sdk';
import { Baseline, WaitingReport } from '#schemas';

/** Reports that wait for those before them, by their order. */
export const waiting = collection('waiting', WaitingReport);

/** What is usual, by metric. */
export const baselines = collection('baselines', Baseline);

/** What a step reads beside the state of the device. */
export interface Kept {
  readonly waiting: Entries<WaitingReport>;
  readonly baselines: Entries<Baseline>;
  readonly meta: Meta;
}
