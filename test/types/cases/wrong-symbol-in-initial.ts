import { processor } from '#sdk';
import { base, LevelState, measured, warmed } from '../example.ts';

export const level = processor({
  ...base,
  inputs: { measured },
  outputs: [warmed],
  state: LevelState,
  // @ts-expect-error TS2322: HOT is no symbol of the enum.
  initial: { level: 'HOT', since: 0 },
  apply: { measured: (state) => ({ state }) },
});
