import { tables } from '#schemas';
import type { Variable } from './board.ts';
import { chosen, columns, type Columns, type Sql, sql, valueOf } from './sql.ts';

const { twins } = tables;
const twin = columns(twins);

/** The model that a device tells of itself: `/hardware/model` of its twin. */
const MODEL = sql`JSONExtractString(${twin.reported}, 'hardware', 'model')`;

/** Tenants that have devices. */
export const tenants: Variable = {
  name: 'tenant',
  label: 'Tenant',
  values: sql`SELECT DISTINCT ${twin.tenant} FROM ${twins} ORDER BY ${twin.tenant}`,
  every: true,
};

/** Models that devices of the tenant tell. */
export const models: Variable = {
  name: 'model',
  label: 'Model',
  values: sql`SELECT DISTINCT ${MODEL} AS model FROM ${twins} WHERE ${chosen('tenant', twin.tenant)} AND model != '' ORDER BY model`,
  every: true,
};

/** Devices of the tenant. */
export const devices: Variable = {
  name: 'device',
  label: 'Device',
  values: sql`SELECT DISTINCT ${twin.device} FROM ${twins} WHERE ${chosen('tenant', twin.tenant)} ORDER BY ${twin.device}`,
  every: false,
};

/** That a row is of the chosen tenant, and of a device of the chosen model. */
export function narrowed({
  tenant,
  device,
}: Pick<Columns<{ tenant: string; device: string }>, 'tenant' | 'device'>): Sql {
  const ofModel = sql`SELECT ${twin.tenant}, ${twin.device} FROM ${twins} WHERE ${chosen('model', MODEL)}`;
  return sql`${chosen('tenant', tenant)} AND (${valueOf('model')} = '*' OR (${tenant}, ${device}) IN (${ofModel}))`;
}
