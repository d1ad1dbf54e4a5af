import { processor } from '#sdk';
import { base, LevelState, measured, warmed } from '../example.ts';

export const level = processor({
  ...base,
  inputs: { measured },
  outputs: [warmed],
  state: LevelState,
  // @ts-expect-error TS2741: `since` is missing.
  initial: { level: 'COLD' },
  apply: { measured: (state) => ({ state }) },
});
