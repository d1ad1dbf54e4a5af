import { processor } from '#sdk';
import { base, LevelState, measured, warmed } from '../example.ts';

export const level = processor({
  ...base,
  inputs: { measured },
  outputs: [warmed],
  state: LevelState,
  // @ts-expect-error TS2353: `until` is no field of the state.
  initial: { level: 'COLD', since: 0, until: 1 },
  apply: { measured: (state) => ({ state }) },
});
