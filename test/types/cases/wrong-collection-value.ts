import { set } from '#sdk';
import { hours } from '../example.ts';

// @ts-expect-error TS2322: the count is a number.
export const change = set(hours, '1', { count: '1' });
