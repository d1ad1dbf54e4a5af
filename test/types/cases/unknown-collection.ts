import { processor } from '#sdk';
import { base, LevelState, measured, warmed } from '../example.ts';

export const level = processor({
  ...base,
  inputs: { measured },
  outputs: [warmed],
  state: LevelState,
  initial: { level: 'COLD', since: 0 },
  apply: {
    // @ts-expect-error TS2339: `days` is not declared.
    measured: (state, _event, context) => ({ state: { ...state, since: context.days.get('1') } }),
  },
});
