import { processor } from '#sdk';
import { base, LevelState, measured, warmed } from '../example.ts';

export const level = processor({
  ...base,
  inputs: { measured },
  outputs: [warmed],
  state: LevelState,
  initial: { level: 'COLD', since: 0 },
  apply: {
    // @ts-expect-error TS2339: the event has no `kelvin`.
    measured: (state, event) => ({ state: { ...state, since: event.kelvin } }),
  },
});
