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
      // @ts-expect-error TS2353: the engine alone writes the cause.
      return { state, emits: [emit(warmed, { device, level: 'WARM', at, causeTopic: 'x' })] };
    },
  },
});
