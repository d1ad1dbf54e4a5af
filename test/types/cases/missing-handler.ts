import { processor } from '#sdk';
import { base, LevelState, left, measured, warmed } from '../example.ts';

export const level = processor({
  ...base,
  inputs: { measured, left },
  outputs: [warmed],
  state: LevelState,
  initial: { level: 'COLD', since: 0 },
  // @ts-expect-error TS2741: `left` is an input and has no handler.
  apply: { measured: (state) => ({ state }) },
});
