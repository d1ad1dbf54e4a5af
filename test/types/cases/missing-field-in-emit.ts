import { emit, processor } from '#sdk';
import { base, LevelState, measured, warmed } from '../example.ts';

export const level = processor({
  ...base,
  inputs: { measured },
  outputs: [warmed],
  state: LevelState,
  initial: { level: 'COLD', since: 0 },
  apply: {
    measured(state, { device }) {
      // @ts-expect-error TS2741: `at` is missing.
      return { state, emits: [emit(warmed, { device, level: 'WARM' })] };
    },
  },
});
