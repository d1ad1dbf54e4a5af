import { type Change, drop, set } from '#sdk';
import type { Baseline, Draft } from './baseline.ts';
import type { SeriesBaseline } from '#schemas';
import { ofRecord, unpacked } from './packing.ts';
import { EMPTY_PROFILE, type Profile } from './profile.ts';
import { baselines, type Kept, profiles, series } from './state.ts';

/** What is kept of a metric, written into a draft where one is given; undefined where nothing is known of it. */
export function baselineOf(kept: Kept, metric: string, into?: Draft): Baseline | undefined {
  const known = kept.series.get(metric);
  if (known !== undefined) return unpacked(known, profileIn(kept, metric), into);
  const former = kept.baselines.get(metric);
  return former === undefined ? undefined : ofRecord(former);
}

/** What was learnt of a metric and is not kept yet. */
export interface Learned {
  readonly baseline: SeriesBaseline;
  readonly profile: Profile;
}

/** Keeps what was learnt. A profile is the same, not only equal, as long as it needs no writing. */
export function keep(kept: Kept, metric: string, { baseline, profile }: Learned, changes: Change[]): void {
  changes.push(set(series, metric, baseline));
  if (profile !== profileIn(kept, metric)) changes.push(set(profiles, metric, { floats: profile }));
  if (kept.baselines.get(metric) !== undefined) changes.push(drop(baselines, metric));
}

function profileIn(kept: Kept, metric: string): Profile {
  return kept.profiles.get(metric)?.floats ?? EMPTY_PROFILE;
}
