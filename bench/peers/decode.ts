import { processor } from '#sdk';
import { DecodeState, type Sample, sample } from './records.ts';

/** J1: count of the events, and sum of a field. A duplicate counts too, as with the peers. */
export const decode = processor({
  name: 'peers-decode',
  version: 1,
  doc: 'Counts events and sums a field of them.',
  inputs: { sample },
  outputs: [],
  state: DecodeState,
  initial: { count: 0, latencyMs: 0 },
  latenessMs: 600_000,
  apply: { sample: (state, event) => ({ state: counted(state, event) }) },
  refused: (state, { event }) => ({ state: counted(state, event as Sample) }),
});

function counted({ count, latencyMs }: DecodeState, event: Sample): DecodeState {
  return { count: count + 1, latencyMs: latencyMs + event.latencyMs };
}
