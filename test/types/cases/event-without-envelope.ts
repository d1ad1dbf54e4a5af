import { event } from '#sdk';
import { LevelState } from '../example.ts';

// @ts-expect-error TS2375: every event begins with the envelope.
export const changed = event({ record: LevelState, route: 'changed', sender: 'device' });
