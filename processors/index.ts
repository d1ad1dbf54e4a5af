import { ledger } from './ledger/processor.ts';
import { twin } from './twin/processor.ts';

/** Every processor that runs. */
export const processors = [ledger, twin] as const;
