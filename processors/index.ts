import { anomaly } from './anomaly/processor.ts';
import { detect } from './detect/processor.ts';
import { detectStatistics } from './detect-statistics/processor.ts';
import { ledger } from './ledger/processor.ts';
import { twin } from './twin/processor.ts';

/** Those that run where nothing else is said. */
export const processors = [ledger, twin] as const;

/** Every one that can be named. */
export const known = [...processors, anomaly, detect, detectStatistics] as const;
