import { table } from '#sdk';
import { warmed } from '../example.ts';

export const levels = table({
  name: 'levels',
  doc: 'Changes of level.',
  from: warmed,
  orderBy: ['device'],
  // @ts-expect-error TS2322: `place` is no field of the record.
  partitionBy: 'place',
  dataClass: 'telemetry',
});
