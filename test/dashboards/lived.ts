import { type Pipeline, startPipeline } from '#cli/pipeline.ts';
import { loadConfig } from '#runtime/config.ts';
import { openLogger } from '#runtime/logger.ts';
import { expand, type View } from './grafana.ts';
import { livePast, type Past } from './past.ts';

export type Row = Readonly<Record<string, string | number | boolean | null>>;

export interface Answer {
  readonly meta: readonly { readonly name: string; readonly type: string }[];
  readonly data: readonly Row[];
}

/** A pipeline that has folded a past and written it into its tables. */
export interface Lived {
  ask(query: string, view: View): Promise<Answer>;
  stop(): Promise<void>;
}

const CATCH_UP_MS_MAX = 120_000;

/** Lives a past in a data folder. */
export async function startLived(data: string, past: Past): Promise<Lived> {
  await livePast(data, past);
  // Boards show what every processor tells.
  const overrides = { data, processors: 'all', 'mqtt.port': '0', 'http.port': '0', 'clickhouse.port': '0' };
  const logger = openLogger({ level: 'warn', folder: data, secrets: [] });
  const pipeline = await startPipeline(loadConfig({ env: {}, overrides }), logger, () => undefined);
  await caughtUp(pipeline);
  return {
    async ask(query, view) {
      const body = `${expand(query, view)} FORMAT JSON`;
      const answer = await fetch(pipeline.doors.clickhouse, { method: 'POST', body });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${text}\n${body}`);
      return JSON.parse(text) as Answer;
    },
    stop: () => pipeline.stop(),
  };
}

async function caughtUp(pipeline: Pipeline): Promise<void> {
  const deadline = Date.now() + CATCH_UP_MS_MAX;
  while ((await pipeline.stats()).lag > 0) {
    if (Date.now() > deadline) throw new Error('the pipeline is still behind');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
