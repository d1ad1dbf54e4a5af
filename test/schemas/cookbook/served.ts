import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Table } from '#sdk';
import { derived, parametersIn, tables } from '#schemas';
import { EmbeddedTarget } from '#runtime/clickhouse/embedded.ts';
import { startEndpoint } from '#runtime/clickhouse/endpoint.ts';
import { openEngine } from '#runtime/clickhouse/engine.ts';
import { openQueries } from '#runtime/clickhouse/queries.ts';
import { insertion } from '../../runtime/clickhouse/json-rows.ts';
import { AT, DAYS, EARLIER, HOURS, KNOWN, MINUTES, OF, SIGMAS } from './passes.ts';
import type { Past } from './past.ts';
import { FROM, TO } from './rows.ts';

const every: Readonly<Record<string, Table>> = { ...tables };

/** The past in the tables of a ClickHouse that answers over HTTP. */
export async function servePast(past: Past) {
  const folder = await mkdtemp(join(tmpdir(), 'fleetstream-cookbook-'));
  const engine = await openEngine({ path: join(folder, 'clickhouse') });
  await new EmbeddedTarget(engine).prepare(Object.values(tables) as Table[], derived);
  for (const [name, rows] of Object.entries(past)) {
    const caused = rows.map((row) => ('eventId' in row ? { source: 'mqtt', ...row, ...causeOf(row.eventId) } : row));
    await engine.client.command({ query: insertion(every[name] as Table, caused) });
  }
  const queries = await openQueries(engine);
  const endpoint = await startEndpoint({ queries, port: 0 });
  return {
    url: endpoint.url,
    /** Adds a measurement of a device, whatever their names hold. */
    async measured({ tenant, device, metric }: Readonly<Record<'tenant' | 'device' | 'metric', string>>) {
      const times = { eventTime: FROM, receivedAt: FROM, logTime: FROM };
      const row = { tenant, device, ...times, source: 'mqtt', metrics: { [metric]: 1 }, labels: { [metric]: metric } };
      await engine.client.command({ query: insertion(every['telemetry'] as Table, [row]) });
    },
    async close() {
      await endpoint.close();
      await queries.close();
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function causeOf(eventId: string): object {
  const causeOffset = Number.parseInt(eventId, 16);
  return { causeTopic: 'fleet.events', causePartition: 1, causeOffset, causePath: 'ledger/1/0' };
}

const text = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

/** What the questions are told. */
export const TOLD: Readonly<Record<string, string>> = {
  from: text(FROM),
  to: text(TO),
  at: text(AT),
  known: text(KNOWN),
  earlier: text(EARLIER),
  minutes: String(MINUTES),
  hours: String(HOURS),
  days: String(DAYS),
  sigmas: String(SIGMAS),
  limit: '1000',
  metric: 'temperatureC',
};

/** With whose devices are asked about: those of everybody, or one. */
export function toldTo(sql: string): Readonly<Record<string, string>> {
  return parametersIn(sql).includes('device') ? { ...TOLD, ...OF } : { ...TOLD, tenant: '' };
}
