// A small contract that the cases beside it use wrongly.
import { type Cause, type Envelope, collection, event, schema, topic } from '#sdk';

export interface Measured extends Envelope {
  readonly celsius: number;
}
export const measured = event({ record: declare<Measured>('Measured'), route: 'measured', sender: 'device' });

export interface Left extends Envelope {
  readonly reason: string | null;
}
export const left = event({ record: declare<Left>('Left'), route: 'left', sender: 'device' });

export interface Warmed extends Cause {
  readonly device: string;
  readonly level: 'COLD' | 'WARM';
  readonly at: number;
}
export const warmed = topic({ name: 'warmed', doc: 'Changes of level.', value: declare<Warmed>('Warmed') });
export const cooled = topic({ name: 'cooled', doc: 'Changes back.', value: declare<Warmed>('Cooled') });

export interface LevelState {
  readonly level: 'COLD' | 'WARM';
  readonly since: number;
}
export const LevelState = declare<LevelState>('LevelState');

export interface Hour {
  readonly count: number;
}
export const hours = collection('hours', declare<Hour>('Hour'));

/** What every case's processor shares. */
export const base = { name: 'level', version: 1, doc: 'Tells warm from cold.', latenessMs: 60_000 } as const;

function declare<T>(name: string) {
  return schema<T>({ type: 'record', name, namespace: 'example', doc: 'An example.', fields: [] });
}
