import { connectors } from '#connectors';
import { known } from '#processors';
import { tables } from '#schemas';
import { ORIGIN } from '#runtime/webhook/letters.ts';

/** Who of the platform may write dead letters, as letters name them. */
export function originsOf(): readonly string[] {
  const sinks = Object.values(tables).map(({ name }) => `sink/${name}`);
  return [...[...connectors, ...known].map(({ name }) => name), ORIGIN, ...sinks];
}
