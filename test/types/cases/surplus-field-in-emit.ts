import { emit, processor } from '#sdk';
import { base, LevelState, measured, warmed } from '../example.ts';

export const level = processor({
  ...base,
  inputs: { measured },
  outputs: [warmed],
  state: LevelState,
  initial: { level: 'COLD', since: 0 },
  apply: {
    measured(state, { device, eventTime: at }) {
      // @ts-expect-error TS2353: `note` is no field of the record.
      return { state, emits: [emit(warmed, { device, level: 'WARM', at, note: '' })] };
    },
  },
});
