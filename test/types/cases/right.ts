// Nothing is wrong here: the other cases differ from it in one place each.
import { drop, emit, processor, set, table } from '#sdk';
import { base, hours, LevelState, left, measured, warmed } from '../example.ts';

export const level = processor({
  ...base,
  inputs: { measured, left },
  outputs: [warmed],
  state: LevelState,
  collections: { hours },
  initial: { level: 'COLD', since: 0 },
  apply: {
    measured(state, event, context) {
      const count = (context.hours.get('1')?.count ?? 0) + event.celsius;
      const emits = [emit(warmed, { device: event.device, level: 'WARM', at: event.eventTime })];
      return { state: { ...state, level: 'WARM' }, changes: [set(hours, '1', { count })], emits };
    },
    left: (state, event) => (event.reason === null ? { state } : { state, changes: [drop(hours, '1')] }),
  },
  deadline: (state) => (state.level === 'WARM' ? state.since : null),
  expire: (state, at) => ({ state: { ...state, level: 'COLD', since: at } }),
});

export const levels = table({
  name: 'levels',
  doc: 'Changes of level.',
  from: warmed,
  orderBy: ['device', 'at', '_offset'],
  partitionBy: 'at',
  without: ['level'],
  dataClass: 'telemetry',
});
