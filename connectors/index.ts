import { defender } from './defender/connector.ts';
import { http } from './http/connector.ts';
import { mqtt } from './mqtt/connector.ts';

/** Every connector. */
export const connectors = [mqtt, http, defender] as const;

export { defender, http, mqtt };
