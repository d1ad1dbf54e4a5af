import type { Config } from '#runtime/config.ts';
import type { startThreadTelemetry, Telemetry, ThreadTelemetry } from '#runtime/telemetry/telemetry.ts';

/** Starts what the settings ask for; null where they ask for nothing, and then nothing of OpenTelemetry is loaded. */
export async function openTelemetry(config: Config): Promise<Telemetry | null> {
  if (isOff(config)) return null;
  const { startTelemetry } = await import('#runtime/telemetry/telemetry.ts');
  return startTelemetry(config, process.env);
}

/** The same in a thread of a process, whose main thread has the metrics. */
export async function openThreadTelemetry(
  config: Config,
  to: Parameters<typeof startThreadTelemetry>[2],
): Promise<ThreadTelemetry | null> {
  if (isOff(config)) return null;
  const { startThreadTelemetry } = await import('#runtime/telemetry/telemetry.ts');
  return startThreadTelemetry(config, process.env, to);
}

function isOff({ telemetry: { metrics, traces } }: Config): boolean {
  return metrics === 'off' && traces.share === 0;
}
