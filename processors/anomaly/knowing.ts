import { type Change, drop, set } from '#sdk';
import type { Baseline } from './baseline.ts';
import { ofRecord, packed, unpacked } from './packing.ts';
import { EMPTY_PROFILE, type Profile } from './profile.ts';
import { baselines, type Kept, profiles, series } from './state.ts';

/** What is kept of a metric; undefined where nothing is known of it. */
export function baselineOf(kept: Kept, metric: string): Baseline | undefined {
  const known = kept.series.get(metric);
  if (known !== undefined) return unpacked(known, profileIn(kept, metric));
  const former = kept.baselines.get(metric);
  return former === undefined ? undefined : ofRecord(former);
}

/** Keeps a baseline. Its profile is the same, not only equal, as long as it needs no writing. */
export function keep(kept: Kept, metric: string, baseline: Baseline, changes: Change[]): void {
  changes.push(set(series, metric, packed(baseline)));
  if (baseline.profile !== profileIn(kept, metric)) {
    changes.push(set(profiles, metric, { floats: baseline.profile }));
  }
  if (kept.baselines.get(metric) !== undefined) changes.push(drop(baselines, metric));
}

function profileIn(kept: Kept, metric: string): Profile {
  return kept.profiles.get(metric)?.floats ?? EMPTY_PROFILE;
}
