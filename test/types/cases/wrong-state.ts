import { processor } from '#sdk';
import { base, LevelState, measured, warmed } from '../example.ts';

export const level = processor({
  ...base,
  inputs: { measured },
  outputs: [warmed],
  state: LevelState,
  initial: { level: 'COLD', since: 0 },
  apply: {
    // @ts-expect-error TS2322: HOT is no symbol of the enum.
    measured: (state) => ({ state: { ...state, level: 'HOT' } }),
  },
});
