import { resolve } from 'node:path';
import { type Config, secretsOf } from '#runtime/config.ts';
import { type Logger, logFile, openLogger } from '#runtime/logger.ts';
import { type Demo, startDemo } from './demo/demo.ts';
import { TENANTS } from './demo/device.ts';
import { demoPolicies } from './demo/policies.ts';
import { allBeside, policiesOf } from './processors.ts';
import { checkDoors } from './doors.ts';
import { CommandError } from './failure.ts';
import { makeDataFolder } from './folder.ts';
import { aborted, interruption } from './interruption.ts';
import { type Pipeline, type PipelineStats, startPipeline } from './pipeline.ts';
import { openScreen, type Screen } from './screen.ts';
import { openTelemetry } from './telemetry.ts';

/** What `up` is told. */
export interface UpOptions {
  readonly config: Config;
  readonly demo: { readonly seed: number; readonly devices: number } | null;
}

/** Runs the pipeline until it is interrupted. Gives the exit code. */
export async function up({ config, demo }: UpOptions): Promise<number> {
  const { format, level } = config.log;
  const out = process.stdout;
  const json = format === 'json' || (format === 'auto' && !out.isTTY);
  if (config.clickhouse.url !== null) {
    const next = 'leave FLEETSTREAM_CLICKHOUSE_URL out, or fill that server from Kafka with "fleetstream sink"';
    throw new CommandError('clickhouse_elsewhere', `the tables of "up" are in this process; ${next}`);
  }
  // A name that is wrong is refused before anything starts.
  await allBeside(config);
  await checkDoors(config, true);
  const telemetry = await openTelemetry(config);
  makeDataFolder(config.data);
  const fields = telemetry?.fields;
  const logger = openLogger({ level, folder: json ? null : config.data, secrets: secretsOf(config), fields });
  const screen = openScreen(out, logger, json);
  const interrupted = interruption(screen);
  const startedAt = performance.now();
  let pipeline: Pipeline | null = null;
  let fleet: Demo | null = null;
  try {
    screen.say('fleetstream starts; Ctrl-C ends it');
    const progress = (text: string) => {
      interrupted.throwIfAborted();
      screen.progress(`${text} …`);
    };
    pipeline = await startPipeline(config, logger, progress, interrupted, telemetry);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    if (!interrupted.aborted)
      introduce(screen, pipeline, config, { seconds, demo, json, metrics: telemetry?.prometheus ?? null });
    if (!interrupted.aborted && demo !== null) fleet = startDemo(await demoOptions(config, pipeline, demo, logger));
    await Promise.race([aborted(interrupted), pipeline.failure, watch(screen, pipeline, interrupted)]);
    screen.progress('draining: no new input, folding, writing …');
    await fleet?.stop();
    await pipeline.stop();
    screen.say(`stopped; all acknowledged events are in ${resolve(config.data)}`);
    return 0;
  } catch (error) {
    if (pipeline === null && interrupted.aborted && (error as Error).name === 'AbortError') {
      screen.say('stopped before it was ready');
      return 0;
    }
    screen.end();
    const { code } = error as { code?: unknown };
    logger.error(typeof code === 'string' ? { code, error: String(error) } : { err: error }, 'fleetstream ends');
    await fleet?.stop().catch(() => undefined);
    await pipeline?.stop().catch(() => undefined);
    throw error;
  } finally {
    screen.end();
    await telemetry?.close();
    logger.flush();
  }
}

interface Introduction {
  readonly seconds: string;
  readonly demo: UpOptions['demo'];
  readonly json: boolean;
  /** Where Prometheus reads; null where it does not. */
  readonly metrics: string | null;
}

function introduce(
  screen: Screen,
  { doors }: Pipeline,
  config: Config,
  { seconds, demo, json, metrics }: Introduction,
): void {
  const data = resolve(config.data);
  const fields = { mqtt: doors.mqtt, http: doors.http, clickhouse: doors.clickhouse, metrics, data, demo };
  if (json)
    return screen.say(
      `ready in ${seconds} s: MQTT ${doors.mqtt}, HTTP ${doors.http}, ClickHouse ${doors.clickhouse}`,
      fields,
    );
  const lines = [
    `ready in ${seconds} s`,
    '',
    `  MQTT        ${doors.mqtt}  fleetstream/v1/<tenant>/<device>/telemetry`,
    `  HTTP        ${doors.http}  POST /v1/events, GET /v1/openapi.json`,
    `  ClickHouse  ${doors.clickhouse}  database fleet`,
    ...(metrics === null ? [] : [`  metrics     ${metrics}`]),
    `  data        ${data}`,
    `  log file    ${logFile(data)}`,
    '',
    demo === null ? 'Waiting for your devices. Say something as one:' : 'Three queries to try in another terminal:',
    '',
    ...(demo === null ? FIRST_EVENT : QUERIES.map((query) => `  npx fleetstream sql "${query}"`)),
    '',
  ];
  for (const line of lines) screen.say(line);
}

/** Queries that the demo fleet has answers for. */
export const QUERIES: readonly string[] = [
  'SELECT tenant, uniq(device) AS devices, count() AS rows FROM telemetry GROUP BY tenant',
  "SELECT JSONExtractString(reported, 'firmware') AS firmware, count() AS devices FROM twins GROUP BY firmware",
  'SELECT kind, sum(count) AS events, uniq(tenant, device) AS devices FROM gaps GROUP BY kind',
];

const FIRST_EVENT = [
  `  npx fleetstream send telemetry --tenant acme --device d1 '{"metrics":{"temperatureC":21.5}}'`,
  '  npx fleetstream sql "SELECT device, eventTime, metrics FROM telemetry"',
];

async function watch(screen: Screen, pipeline: Pipeline, interrupted: AbortSignal): Promise<never> {
  let before: PipelineStats | null = null;
  let at = performance.now();
  while (!interrupted.aborted) {
    const stats = await pipeline.stats();
    const now = performance.now();
    const rate = before === null ? 0 : Math.round(((stats.accepted - before.accepted) * 1000) / (now - at));
    if (!interrupted.aborted) screen.status(statusLine(rate, stats), { eventsPerSecond: rate, ...stats });
    before = stats;
    at = now;
    await new Promise((resolve) => setTimeout(resolve, screen.statusMs).unref());
  }
  return new Promise<never>(() => undefined);
}

function statusLine(rate: number, { online, lag, rows, rejected }: PipelineStats): string {
  const parts = [
    `${rate.toLocaleString('en')} events/s`,
    `${online.toLocaleString('en')} devices online`,
    `lag ${lag.toLocaleString('en')}`,
    `${rows.toLocaleString('en')} rows in ClickHouse`,
    ...(rejected > 0 ? [`${rejected.toLocaleString('en')} refused`] : []),
  ];
  return parts.join(' · ');
}

async function demoOptions(config: Config, { doors }: Pipeline, demo: NonNullable<UpOptions['demo']>, logger: Logger) {
  const { device, operator } = config.tokens;
  const policies = demoPolicies(policiesOf(await allBeside(config)), TENANTS);
  return {
    ...demo,
    policies,
    mqttUrl: doors.mqtt,
    httpUrl: doors.http,
    deviceToken: device,
    operatorToken: operator,
    logger,
  };
}
