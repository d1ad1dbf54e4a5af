import { emit, processor } from '#sdk';
import { base, cooled, LevelState, measured, warmed } from '../example.ts';

export const level = processor({
  ...base,
  inputs: { measured },
  outputs: [warmed],
  state: LevelState,
  initial: { level: 'COLD', since: 0 },
  apply: {
    // @ts-expect-error TS2322: `cooled` is no output.
    measured: (state) => ({ state, emits: [emit(cooled, { device: 'd', level: 'COLD', at: 0 })] }),
  },
});
