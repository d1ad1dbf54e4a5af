import { alerts } from './alerts/processor.ts';
import { detectBaselines } from './anomaly/behaviours.ts';
import { anomalyCohorts } from './anomaly/cohorts.ts';
import { anomaly } from './anomaly/processor.ts';
import { clocks } from './clocks/processor.ts';
import { deviceHealth } from './device-health/processor.ts';
import { fleetHealth } from './fleet-health/processor.ts';
import { detect } from './detect/processor.ts';
import { detectStatistics } from './detect-statistics/processor.ts';
import { novelty } from './novelty/processor.ts';
import { noveltyCohorts } from './novelty-cohorts/processor.ts';
import { ledger } from './ledger/processor.ts';
import { operators } from './operators/processor.ts';
import { connectivity } from './connectivity/processor.ts';
import { outages } from './outages/processor.ts';
import { twin } from './twin/processor.ts';

/** Those that run where nothing else is said. */
export const processors = [ledger, twin] as const;

/** Every one that can be named. */
export const known = [
  ...processors,
  anomaly,
  anomalyCohorts,
  detect,
  detectStatistics,
  detectBaselines,
  novelty,
  noveltyCohorts,
  connectivity,
  outages,
  deviceHealth,
  fleetHealth,
  clocks,
  operators,
  alerts,
] as const;
