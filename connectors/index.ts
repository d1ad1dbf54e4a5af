import { http } from './http/connector.ts';
import { mqtt } from './mqtt/connector.ts';

/** Every connector. */
export const connectors = [mqtt, http] as const;

export { http, mqtt };
