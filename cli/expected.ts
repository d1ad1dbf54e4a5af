import type { AnyPolicy, AnyProcessor, Repartition } from '#sdk';
import { type AnomalyPolicy, type NoveltyPolicy, type Signal, tables, topics } from '#schemas';
import { known } from '#processors';
import type { Config } from '#runtime/config.ts';
import { archiveOf } from '#runtime/clickhouse/archive.ts';
import { HERE } from '#runtime/clickhouse/place.ts';
import type { Archive } from '#runtime/log/archive/log.ts';
import type { LogRecord } from '#runtime/log/log.ts';
import { backtest, gather, type Standing } from '#runtime/policies/backtest.ts';
import type { Decision } from '#runtime/policies/decide.ts';
import { expect, type Expectation } from './expectation.ts';
import { CommandError } from './failure.ts';
import { policiesOf } from './processors.ts';
import { openRegistry } from './registry.ts';
import { withClickHouse } from './sql.ts';

const DAY_MS = 24 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;

/** Records that are folded anew at most: of a larger log so many partitions, of a long one the newest days. */
const RECORDS_MAX = 400_000;
const REPLAYED_DAYS = 7;

/** What a fold has to meet before its alerts count: windows and silences begin with nothing. */
const WARM_MS = HOUR_MS;

/** What is said of a decision: what it would raise, and what is in force now; or why nothing is known. */
export interface Expected {
  readonly policy: string;
  readonly tenant: string | null;
  /** What it rests on, in words; or why there is nothing to rest on. */
  readonly basis: string;
  readonly after: Expectation | null;
  readonly before: Expectation | null;
}

/** Alerts a week that a decision would raise, from what is stored. Never rejects because of what is not there. */
export async function expectedOf(config: Config, decision: Decision, decided: readonly Decision[]): Promise<Expected> {
  const { policy, tenant } = decision;
  const nothing = (basis: string): Expected => ({ policy, tenant, basis, after: null, before: null });
  const chain = chainOf(policy);
  if (policy !== 'anomaly' && policy !== 'novelty' && chain.length === 0)
    return nothing('it raises no alerts of its own');
  try {
    if (policy === 'anomaly' || policy === 'novelty') return await fromTable(config, decision);
    return await fromLog(config, decision, decided, chain);
  } catch (error) {
    if (error instanceof CommandError) return nothing(error.message);
    throw error;
  }
}

/** The processors whose alerts name a policy, and all that stand before them. */
export function chainOf(policy: string): readonly AnyProcessor[] {
  const asks = ({ policies = {}, outputs }: AnyProcessor) =>
    Object.values(policies as Record<string, AnyPolicy>).some(({ name }) => name === policy) &&
    (outputs as readonly unknown[]).includes(topics.signals);
  const chain = new Set<AnyProcessor>((known as readonly AnyProcessor[]).filter(asks));
  for (const each of chain) {
    for (const input of Object.values(each.inputs as Record<string, Repartition<unknown>>)) {
      for (const before of known as readonly AnyProcessor[])
        if ((before.outputs as readonly unknown[]).includes(input)) chain.add(before);
    }
  }
  return (known as readonly AnyProcessor[]).filter((each) => chain.has(each));
}

interface CountedDay {
  readonly day: number;
  readonly after: number;
  readonly before: number;
}

/** Days behind the newest row, each with what a policy would tell of and what that in force does. */
const OF_ANOMALIES = `WITH (
    SELECT max(eventTime) FROM anomalies WHERE {tenant:String} = '' OR tenant = {tenant:String}
  ) AS newest
SELECT toUInt32(dateDiff('second', eventTime, newest) DIV 86400) AS day,
  toUInt32(countIf(probability <= {afterP:Float64} AND if(lent = 0, sampleSize >= {afterN:Int64},
    lent >= {afterL:Int64} AND sampleSize < {afterN:Int64}))) AS after,
  toUInt32(countIf(probability <= {beforeP:Float64} AND if(lent = 0, sampleSize >= {beforeN:Int64},
    lent >= {beforeL:Int64} AND sampleSize < {beforeN:Int64}))) AS before
FROM anomalies
WHERE ({tenant:String} = '' OR tenant = {tenant:String}) AND eventTime > newest - INTERVAL 28 DAY
GROUP BY day
ORDER BY day`;

const OF_NOVELTIES = `WITH (
    SELECT max(eventTime) FROM novelties WHERE {tenant:String} = '' OR tenant = {tenant:String}
  ) AS newest
SELECT toUInt32(dateDiff('second', eventTime, newest) DIV 86400) AS day,
  toUInt32(countIf(others < 2 AND probability <= if(basis = 'DEVICE', {afterP:Float64}, {afterD:Float64}))) AS after,
  toUInt32(countIf(others < 2 AND probability <= if(basis = 'DEVICE', {beforeP:Float64}, {beforeD:Float64}))) AS before
FROM novelties
WHERE ({tenant:String} = '' OR tenant = {tenant:String}) AND eventTime > newest - INTERVAL 28 DAY
GROUP BY day
ORDER BY day`;

/** Of baselines, which take long to learn, every anomaly is in a table with its probability. */
async function fromTable(config: Config, { policy, tenant, before, after }: Decision): Promise<Expected> {
  const isAnomaly = policy === 'anomaly';
  const table = isAnomaly ? 'anomalies' : 'novelties';
  const fallback = policiesOf().find(({ name }) => name === policy)?.fallback;
  const bound = isAnomaly
    ? (value: unknown, name: string) => {
        const { alertProbability, valuesMin, lentMin } = (value ?? fallback) as AnomalyPolicy;
        return { [`${name}P`]: alertProbability, [`${name}N`]: valuesMin, [`${name}L`]: lentMin };
      }
    : (value: unknown, name: string) => {
        const { reportProbability, deviceProbability } = (value ?? fallback) as NoveltyPolicy;
        return { [`${name}P`]: reportProbability, [`${name}D`]: deviceProbability };
      };
  const parameters = { tenant: tenant ?? '', ...bound(after, 'after'), ...bound(before, 'before') };
  const query = isAnomaly ? OF_ANOMALIES : OF_NOVELTIES;
  const rows = await withClickHouse(config, async (client) => {
    const found = await client.query({ query, query_params: parameters, format: 'JSONEachRow' });
    return found.json<CountedDay>();
  });
  const processors = isAnomaly ? 'the processor anomaly runs' : 'the processors novelty and novelty-cohorts run';
  const last = rows.at(-1);
  if (last === undefined) return nothingIn(policy, tenant, `nothing is in ${table} yet; see whether ${processors}`);
  // Of the day that is furthest back only a part is known.
  const days = Math.max(1, last.day);
  const counts = (of: 'after' | 'before') =>
    Array.from({ length: days }, (_, day) => rows.find((row) => row.day === day)?.[of] ?? 0);
  const least = isAnomaly ? '' : ', where less is stored than a higher probability would tell';
  const basis = `${days} ${days === 1 ? 'day' : 'days'} of ${table}${least}`;
  return { policy, tenant, basis, after: expect(counts('after')), before: expect(counts('before')) };
}

const nothingIn = (policy: string, tenant: string | null, basis: string): Expected => {
  return { policy, tenant, basis, after: null, before: null };
};

/** Of everything else, events that are stored are folded anew under both policies. */
async function fromLog(
  config: Config,
  decision: Decision,
  decided: readonly Decision[],
  processors: readonly AnyProcessor[],
): Promise<Expected> {
  const { policy, tenant, before, after, version } = decision;
  await using stack = new AsyncDisposableStack();
  const parts = await partsOf(config);
  const all = Math.max(...parts.map(({ partitions }) => partitions), 0);
  if (parts.length === 0) return nothingIn(policy, tenant, 'nothing is in log_archive yet; events have to come first');
  const archive = await openArchive(config, stack);
  const registry = await openRegistry(config);
  const declared = policiesOf();
  const others = decided.filter((each) => !(each.policy === policy && each.tenant === tenant));
  const own = { policy, tenant, version };
  const partitions = parts.map((part) => recordsOf(archive, part));
  const stored = await gather({ partitions, registry, tenant });
  const { span, events } = stored;
  if (span === null || events === 0)
    return nothingIn(policy, tenant, 'no events of it are in log_archive; they have to come first');
  const [from, to] = [span[0] + WARM_MS, span[1]];
  const days = Math.floor((to - from) / DAY_MS);
  if (days < 1) return nothingIn(policy, tenant, 'less than a day of events is in log_archive; ask again tomorrow');
  // Devices are spread over partitions by a hash, so some of these are a sample of the fleet.
  const scaled = ({ perWeek, low, high }: Expectation): Expectation => {
    const times = all / parts.length;
    return { perWeek: perWeek * times, low: Math.floor(low * times), high: Math.ceil(high * times) };
  };
  const foldedWith = async (value: unknown) => {
    const standing = [...others, { ...own, after: value }].flatMap((each): Standing[] => {
      const declaration = declared.find(({ name }) => name === each.policy);
      return declaration === undefined || each.after === null
        ? []
        : [{ ...each, policy: declaration, value: each.after }];
    });
    const read = await backtest(stored, processors, standing);
    return scaled(expect(countsOf(read(topics.signals), policy, to, days)));
  };
  const sample = parts.length === all ? '' : ` in ${parts.length} of ${all} partitions`;
  const basis = `${days} ${days === 1 ? 'day' : 'days'} of ${events} events${sample}, folded anew`;
  return { policy, tenant, basis, after: await foldedWith(after), before: await foldedWith(before) };
}

/** Alerts that were raised on each day, the newest first. One that is open is not raised again. */
export function countsOf(signals: readonly Signal[], policy: string, to: number, days: number): readonly number[] {
  const open = new Set<string>();
  const counts = Array.from({ length: days }, () => 0);
  for (const { kind, alert, tenant, logTime, policy: of } of signals) {
    const key = `${tenant}/${alert}`;
    if (kind === 'CLEARED' || kind === 'RETRACTED') open.delete(key);
    if (kind !== 'RAISED' || open.has(key)) continue;
    open.add(key);
    const day = Math.floor((to - logTime) / DAY_MS);
    if (of === policy && day < days) counts[day] = (counts[day] as number) + 1;
  }
  return counts;
}

interface Part {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly records: number;
  /** That the log has. */
  readonly partitions: number;
}

/** The newest days of as many partitions as may be folded. */
async function partsOf(config: Config): Promise<readonly Part[]> {
  const query = `WITH (SELECT max(timestamp) FROM log_archive WHERE topic = 'fleet.events') AS newest
SELECT toUInt32(_partition) AS partition, toFloat64(min(_offset)) AS \`from\`, toFloat64(max(_offset) + 1) AS \`to\`,
  toFloat64(countIf(key IS NOT NULL)) AS records, toUInt32(count() OVER ()) AS partitions
FROM log_archive
WHERE topic = 'fleet.events' AND timestamp > newest - INTERVAL ${REPLAYED_DAYS} DAY
GROUP BY _partition
ORDER BY partition`;
  const found = await withClickHouse(config, async (client) => {
    return (await client.query({ query, format: 'JSONEachRow' })).json<Part>();
  });
  let left = RECORDS_MAX;
  return found.filter(({ records }, index) => {
    left -= records;
    return index === 0 || left >= 0;
  });
}

const READ_BYTES_MAX = 8 * 1024 * 1024;

async function* recordsOf(archive: Archive, { partition, from, to }: Part): AsyncGenerator<readonly LogRecord[]> {
  for (let offset = from; offset < to; ) {
    const records = await archive.read({ topic: 'fleet.events', partition, offset }, to, READ_BYTES_MAX);
    const last = records.at(-1);
    if (last === undefined) return;
    yield records;
    offset = last.offset + 1;
  }
}

async function openArchive(config: Config, stack: AsyncDisposableStack): Promise<Archive> {
  if (config.clickhouse.url !== null) {
    const { openServer } = await import('./server.ts');
    return openServer(config, stack).archive(tables.logArchive);
  }
  return archiveOf(tables.logArchive, HERE, async (query) =>
    withClickHouse(config, async (client) => {
      const { stream } = await client.exec({ query: `${query} FORMAT RowBinary` });
      const { buffer } = await import('node:stream/consumers');
      return buffer(stream);
    }),
  );
}
