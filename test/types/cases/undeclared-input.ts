import { processor } from '#sdk';
import { base, LevelState, measured, warmed } from '../example.ts';

export const level = processor({
  ...base,
  inputs: { measured },
  outputs: [warmed],
  state: LevelState,
  initial: { level: 'COLD', since: 0 },
  apply: {
    measured: (state) => ({ state }),
    // @ts-expect-error TS2353: `left` is no input.
    left: (state: LevelState) => ({ state }),
  },
});
