import { type Config, secretsOf } from '#runtime/config.ts';
import { type Logger, openLogger, reportTo } from '#runtime/logger.ts';
import type { Telemetry } from '#runtime/telemetry/telemetry.ts';
import { makeDataFolder } from './folder.ts';
import { aborted, interruption } from './interruption.ts';
import { namedCluster } from './kafka.ts';
import { openScreen } from './screen.ts';
import { openTelemetry } from './telemetry.ts';

/** What a part of the distributed pipeline is started with. */
export interface Service {
  readonly logger: Logger;
  /** Closes what was opened, last first. */
  readonly stack: AsyncDisposableStack;
  /** Says what is being done; throws once the start is interrupted. */
  readonly progress: (text: string) => void;
  /** Aborts when the process is asked to end. */
  readonly signal: AbortSignal;
  readonly report: (code: string, detail: Readonly<Record<string, unknown>>) => void;
  /** Null where the settings ask for none. */
  readonly telemetry: Telemetry | null;
}

/** A started part. */
export interface Started {
  /** Said once it stands. */
  readonly ready: string;
  /** Rejects when it can go no further; never resolves. */
  readonly failure: Promise<unknown>;
}

/** Runs a part of the distributed pipeline until it is interrupted. Gives the exit code; rejects when the part fails. */
export async function runService(config: Config, start: (service: Service) => Promise<Started>): Promise<number> {
  // Where the settings name no cluster, nothing is opened.
  namedCluster(config);
  const { format, level } = config.log;
  const json = format === 'json' || (format === 'auto' && !process.stdout.isTTY);
  const telemetry = await openTelemetry(config);
  makeDataFolder(config.data);
  const fields = telemetry?.fields;
  const logger = openLogger({ level, folder: json ? null : config.data, secrets: secretsOf(config), fields });
  const screen = openScreen(process.stdout, logger, json);
  const signal = interruption(screen);
  const stack = new AsyncDisposableStack();
  stack.defer(async () => telemetry?.close());
  const progress = (text: string) => {
    signal.throwIfAborted();
    screen.progress(`${text} …`);
  };
  const report = reportTo(logger);
  telemetry?.reportTo(report);
  try {
    const { ready, failure } = await start({ logger, stack, progress, signal, report, telemetry });
    if (telemetry !== null) logger.info({ prometheus: telemetry.prometheus }, 'telemetry is on');
    screen.say(ready);
    await Promise.race([aborted(signal), failure]);
    screen.progress('draining …');
    await stack.disposeAsync();
    screen.say('stopped');
    return 0;
  } catch (error) {
    await stack.disposeAsync().catch(() => undefined);
    if (signal.aborted && (error as Error).name === 'AbortError') {
      screen.say('stopped before it was ready');
      return 0;
    }
    const { code } = error as { code?: unknown };
    logger.error(typeof code === 'string' ? { code, error: String(error) } : { err: error }, 'fleetstream ends');
    throw error;
  } finally {
    screen.end();
    logger.flush();
  }
}
