import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '#runtime/config.ts';
import { FolderInUse } from '#runtime/lmdb/lock.ts';
import type { Log } from '#runtime/log/log.ts';
import type { Registry } from '#runtime/registry/registry.ts';
import { notRunning, reachable, refusalOf } from './api.ts';
import { clusterOf, instanceOf } from './cluster.ts';
import { CommandError } from './failure.ts';
import { linesOf } from './lines.ts';
import { openRegistry } from './registry.ts';

/** One line of an answer, each an object with its kind. */
export type AnswerLine = { readonly kind: string } & Readonly<Record<string, unknown>>;

/** What is asked with: the log that the settings name, and what stands beside it. */
export interface AskedParts {
  readonly log: Log;
  readonly registry: Registry;
  readonly partitions: number;
  readonly clock: () => number;
}

/** Something that operators ask of a log, here or over HTTP. */
export interface Asked<R> {
  readonly path: string;
  readonly answer: (parts: AskedParts, request: R) => AsyncGenerator<AnswerLine>;
}

/**
 * Asks the log where it is: the Kafka cluster that the settings name, else the data folder, and the pipeline that runs
 * there if one does.
 */
export async function* ask<R>(config: Config, asked: Asked<R>, request: R): AsyncGenerator<AnswerLine> {
  await using stack = new AsyncDisposableStack();
  const log = await openLog(config);
  if (log === null) {
    yield* askPipeline(config, asked.path, request);
    return;
  }
  stack.defer(() => log.close());
  const registry = await openRegistry(config);
  yield* asked.answer({ log, registry, partitions: config.partitions, clock: Date.now }, request);
}

/** A person waits. */
const PATIENCE_MS_MAX = 15_000;

/** Null where another process has the data folder open. */
async function openLog(config: Config): Promise<Log | null> {
  const cluster = clusterOf(config);
  if (cluster !== null) {
    const { openKafkaLog } = await import('#runtime/log/kafka/log.ts');
    const clientId = `fleetstream-${instanceOf(config)}-operator`;
    return openKafkaLog({ ...cluster, clientId, patienceMsMax: PATIENCE_MS_MAX });
  }
  const path = join(config.data, 'log');
  if (!existsSync(join(path, 'log.mdb'))) {
    const next = 'set FLEETSTREAM_DATA to the folder of a run, or FLEETSTREAM_KAFKA_BROKERS to a cluster';
    throw new CommandError('log_absent', `there is no log in ${path}; ${next}`);
  }
  const { openEmbeddedLog } = await import('#runtime/log/embedded/log.ts');
  try {
    return await openEmbeddedLog({ path });
  } catch (error) {
    if (error instanceof FolderInUse) return null;
    throw error;
  }
}

async function* askPipeline(config: Config, path: string, request: unknown): AsyncGenerator<AnswerLine> {
  const { http, tokens } = config;
  const base = `http://${reachable(http.host)}:${http.port}`;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (tokens.operator !== null) headers['authorization'] = `Bearer ${tokens.operator}`;
  let response: Response;
  try {
    response = await fetch(base + path, { method: 'POST', headers, body: JSON.stringify(request) });
  } catch (error) {
    throw notRunning(base, 'FLEETSTREAM_HTTP_PORT', error);
  }
  const { status, body } = response;
  if (status !== 200 || body === null) {
    const said = await response.json().catch(() => ({}));
    throw refusalOf({ status, body: said as Record<string, unknown> }, 'FLEETSTREAM_TOKENS_OPERATOR');
  }
  let isWhole = false;
  for await (const { text } of linesOf(body as AsyncIterable<Buffer>, Number.MAX_SAFE_INTEGER)) {
    const line = JSON.parse(text ?? '{}') as AnswerLine;
    if (line.kind === 'failure') {
      const { code, detail } = line as AnswerLine & { readonly code: string; readonly detail: string };
      throw new CommandError(code, detail.replace(`${code}: `, ''));
    }
    isWhole = line.kind === 'end';
    yield line;
  }
  if (!isWhole) throw new CommandError('answer_cut', `${base} went away before its answer ended; ask again`);
}
