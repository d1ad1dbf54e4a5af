import type { ClickHouseClient } from '@clickhouse/client';
import { parseJsonText } from '#sdk';
import type { Config } from '#runtime/config.ts';
import { CommandError } from './failure.ts';
import { age, columns, fit, moment } from './layout.ts';
import type { Key } from './outcome.ts';
import { withClickHouse } from './sql.ts';
import { parseKey } from './twin.ts';

/** A value of a twin, and where it comes from. */
interface Leaf {
  /** JSON Pointer. */
  readonly path: string;
  readonly value: unknown;
  /** Null when no write of exactly this path is in the tables. */
  readonly origin: Origin | null;
}

/** The event that wrote a value. Times in ms since 1970. */
interface Origin {
  readonly eventTime: number;
  readonly eventId: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly source: string;
}

/** All that the tables know of a device's twin. */
interface Inspection {
  readonly tenant: string;
  readonly device: string;
  readonly version: number;
  readonly reported: readonly Leaf[];
  readonly desired: readonly (Leaf & { readonly status: Status | null })[];
  /** The newest refusals, the newest first. */
  readonly refusals: readonly Refusal[];
  readonly gaps: readonly Gaps[];
}

/** A report or a wish that the twin did not take. */
interface Refusal {
  readonly section: string;
  readonly code: string;
  readonly detail: string;
  /** JSON Pointer of the offending part; null for the whole. */
  readonly path: string | null;
  /** When the refused event happened, ms since 1970. */
  readonly eventTime: number;
  readonly eventId: string;
}

interface Status {
  readonly status: string;
  readonly since: number;
  readonly reason: string | null;
}

interface Gaps {
  readonly source: string;
  readonly kind: string;
  readonly count: number;
  readonly newest: number;
}

/** The twin of a device as text for people, or as JSON. */
export async function inspect(config: Config, key: string, json: boolean): Promise<string> {
  const parts = parseKey(key);
  const found = await withClickHouse(config, (client) => look(client, parts));
  if (found !== null) return json ? JSON.stringify(found, null, 2) : describe(found, Date.now());
  const next = 'list those with a twin: npx fleetstream sql "SELECT tenant, device FROM twins LIMIT 10"';
  throw new CommandError('twin_unknown', `${key} has no twin; ${next}`);
}

const VALUE_LENGTH_MAX = 48;
const REFUSALS_MAX = 10;
/** What a device has of which nothing but refusals is known. */
const NO_TWIN = { version: '0', reported: '{}', desired: '{}' };

async function look(client: ClickHouseClient, key: Key): Promise<Inspection | null> {
  const rows = async <T>(query: string): Promise<T[]> => {
    const answer = await client.query({ query, query_params: { ...key }, format: 'JSONEachRow' });
    return answer.json<T>();
  };
  const [stored] = await rows<typeof NO_TWIN>(TWIN);
  const refusals = (await rows<RefusalRow>(REFUSALS)).map((row) => ({ ...row, eventTime: Number(row.eventTime) }));
  if (stored === undefined && refusals.length === 0) return null;
  const twin = stored ?? NO_TWIN;
  const origins = new Map((await rows<OriginRow>(ORIGINS)).map((row) => [`${row.section} ${row.path}`, originOf(row)]));
  const statuses = new Map((await rows<StatusRow>(STATUSES)).map((row) => [row.path, statusOf(row)]));
  const gaps = await rows<{ source: string; kind: string; count: string; newest: string }>(GAPS);
  const section = (name: string, text: string): Leaf[] =>
    leaves(parseJsonText(text), '').map((leaf) => ({ ...leaf, origin: origins.get(`${name} ${leaf.path}`) ?? null }));
  return {
    ...key,
    version: Number(twin.version),
    reported: section('REPORTED', twin.reported),
    desired: section('DESIRED', twin.desired).map((leaf) => ({ ...leaf, status: statuses.get(leaf.path) ?? null })),
    refusals,
    gaps: gaps.map((row) => ({ ...row, count: Number(row.count), newest: Number(row.newest) })),
  };
}

const OF_DEVICE = 'tenant = {tenant:String} AND device = {device:String}';

const TWIN = `SELECT version, reported, desired FROM twins WHERE ${OF_DEVICE}`;

/** The newest write of each path, by the twin's own rule. */
const ORIGINS = `
  SELECT section, path, newest.1 AS eventTime, newest.2 AS eventId, newest.3 AS topic, newest.4 AS partition,
    newest.5 AS offset, newest.6 AS source
  FROM (
    SELECT section, write.path AS path, argMax(
      (toUnixTimestamp64Milli(eventTime), eventId, causeTopic, causePartition, causeOffset, source),
      (eventTime, sequence, eventId)
    ) AS newest
    FROM twin_changes ARRAY JOIN writes AS write
    WHERE ${OF_DEVICE} AND NOT historical
    GROUP BY section, path
  )`;

const STATUSES = `
  SELECT each.path AS path, each.status AS status, toUnixTimestamp64Milli(each.since) AS since, each.reason AS reason
  FROM (SELECT paths FROM twin_deltas WHERE ${OF_DEVICE} ORDER BY _offset DESC LIMIT 1) ARRAY JOIN paths AS each
  WHERE each.status != 'SUPERSEDED'`;

/** So many of each section, since a device may repeat a refused report without end. */
const REFUSALS = `
  SELECT section, code, detail, path, toUnixTimestamp64Milli(eventTime) AS eventTime, eventId
  FROM twin_rejections WHERE ${OF_DEVICE} ORDER BY _offset DESC LIMIT ${REFUSALS_MAX} BY section`;

const GAPS = `
  SELECT source, kind, sum(count) AS count, toUnixTimestamp64Milli(max(receivedAt)) AS newest
  FROM gaps WHERE ${OF_DEVICE} GROUP BY source, kind ORDER BY source, kind`;

interface OriginRow {
  readonly section: string;
  readonly path: string;
  readonly eventTime: string;
  readonly eventId: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly source: string;
}

interface StatusRow {
  readonly path: string;
  readonly status: string;
  readonly since: string;
  readonly reason: string | null;
}

type RefusalRow = Omit<Refusal, 'eventTime'> & { readonly eventTime: string };

function originOf({ eventTime, eventId, topic, partition, offset, source }: OriginRow): Origin {
  return { eventTime: Number(eventTime), eventId, topic, partition, offset: Number(offset), source };
}

function statusOf({ status, since, reason }: StatusRow): Status {
  return { status, since: Number(since), reason };
}

/** The leaves of a section: what is no object, and objects without members. */
function leaves(value: unknown, path: string): { readonly path: string; readonly value: unknown }[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [{ path, value }];
  const members = Object.entries(value);
  if (members.length === 0) return path === '' ? [] : [{ path, value }];
  return members.flatMap(([name, child]) =>
    leaves(child, `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}

function describe(found: Inspection, now: number): string {
  const { tenant, device, version, reported, desired, refusals, gaps } = found;
  const text = [`${tenant}/${device}  version ${version}`, '', 'reported'];
  text.push(reported.length === 0 ? '  nothing yet' : columns([HEAD, ...reported.map((leaf) => cells(leaf, now))]));
  text.push('', 'desired');
  const wanted = desired.map((leaf) => [
    ...cells(leaf, now).slice(0, 2),
    ...statusCells(leaf.status, now),
    ...cells(leaf, now).slice(2),
  ]);
  const head = [...HEAD.slice(0, 2), 'status', 'for', ...HEAD.slice(2)];
  text.push(desired.length === 0 ? '  nothing asked for' : columns([head, ...wanted]));
  for (const { path, status } of desired) if (status?.reason) text.push(`  ${path} is refused: ${status.reason}`);
  if (refusals.length > 0) {
    const rows = refusals.map(({ section: of, code, detail, path, eventTime, eventId }) => {
      const why = path === null ? detail : `${detail} at ${path}`;
      return [of.toLowerCase(), code, `${age(now - eventTime)} ago`, eventId, why];
    });
    text.push('', 'refused', columns([['section', 'code', 'when', 'event id', 'detail'], ...rows]));
  }
  text.push('', 'gaps');
  const counted = gaps.map((gap) => [gap.source, gap.kind, String(gap.count), `${age(now - gap.newest)} ago`]);
  text.push(gaps.length === 0 ? '  none' : columns([['source', 'kind', 'events', 'newest'], ...counted]));
  return text.join('\n');
}

const HEAD = ['path', 'value', 'event time', 'age', 'event id', 'cause', 'source'];

function cells({ path, value, origin }: Leaf, now: number): string[] {
  const shown = fit(JSON.stringify(value), VALUE_LENGTH_MAX);
  if (origin === null) return [path, shown, '', '', '', '', ''];
  const { eventTime, eventId, topic, partition, offset, source } = origin;
  return [path, shown, moment(eventTime), age(now - eventTime), eventId, `${topic}/${partition}@${offset}`, source];
}

function statusCells(status: Status | null, now: number): string[] {
  return status === null ? ['', ''] : [status.status, age(now - status.since)];
}
