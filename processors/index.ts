import { anomaly } from './anomaly/processor.ts';
import { connectivity } from './connectivity/processor.ts';
import { ledger } from './ledger/processor.ts';
import { outages } from './outages/processor.ts';
import { twin } from './twin/processor.ts';

/** Those that run where nothing else is said. */
export const processors = [ledger, twin] as const;

/** Every one that can be named. */
export const known = [...processors, anomaly, connectivity, outages] as const;
