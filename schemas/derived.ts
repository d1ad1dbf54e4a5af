import type { Derived } from '#sdk';
import { completeness, completenessByHour, gapRanges, gapsBy } from './completeness-views.ts';
import { freshness, watermarks } from './freshness-views.ts';
import { metricsAt, presenceAt, sessionsAt } from './past-views.ts';
import { readings, states } from './rollups.ts';
import { findings } from './security-tables.ts';
import { twinLeavesAt, twinPathStatus, twinsAt } from './twin-views.ts';

/** The views that others ask by name. */
export const views = { completeness, completenessByHour, twinPathStatus, watermarks };

/** Everything that ClickHouse makes of the tables by itself, each behind what it reads. */
export const derived: readonly Derived[] = [
  ...states,
  freshness,
  watermarks,
  gapRanges,
  ...gapsBy,
  ...readings,
  completeness,
  completenessByHour,
  metricsAt,
  presenceAt,
  sessionsAt,
  twinLeavesAt,
  twinsAt,
  twinPathStatus,
  findings,
];
