import { collection, type Entries, type Meta } from '#sdk';
import { type AnomalyPolicy, AnomalyThreshold, Baseline, SeriesBaseline, SeriesProfile, WaitingReport } from '#schemas';

/** Reports that wait for those before them, by their order. */
export const waiting = collection('waiting', WaitingReport);

/** What is usual, by metric. */
export const series = collection('series', SeriesBaseline);

/** What is usual at which hour, by metric. */
export const profiles = collection('profiles', SeriesProfile);

/** Baselines as the first version of the processor kept them; each is kept anew once a value of its metric comes. */
export const baselines = collection('baselines', Baseline);

/** How unlikely a metric must be, where verdicts have moved it. */
export const thresholds = collection('thresholds', AnomalyThreshold);

/** What a step reads beside the state of the device. */
export interface Kept {
  readonly waiting: Entries<WaitingReport>;
  readonly series: Entries<SeriesBaseline>;
  readonly profiles: Entries<SeriesProfile>;
  readonly baselines: Entries<Baseline>;
  readonly thresholds: Entries<AnomalyThreshold>;
  readonly meta: Meta;
  readonly policies: { readonly anomaly: AnomalyPolicy };
  readonly versions: { readonly anomaly: number };
}
