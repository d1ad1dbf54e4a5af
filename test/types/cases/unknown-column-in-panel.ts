import { tables } from '#schemas';
import { columns, sql } from '../../../dashboards/lib/sql.ts';

const measured = columns(tables.telemetry);

// @ts-expect-error TS2339: `temperature` is no column of the table.
export const hot = sql`SELECT max(${measured.temperature}) FROM ${tables.telemetry}`;

// @ts-expect-error TS2345: a plain string may hold anything.
export const any = sql`SELECT ${'tenant'} FROM ${tables.telemetry}`;
