import type { Config } from '#runtime/config.ts';
import type { Telemetry } from '#runtime/telemetry/telemetry.ts';

/** Starts what the settings ask for; null where they ask for nothing, and then nothing of OpenTelemetry is loaded. */
export async function openTelemetry(config: Config): Promise<Telemetry | null> {
  const { metrics, traces } = config.telemetry;
  if (metrics === 'off' && traces.share === 0) return null;
  const { startTelemetry } = await import('#runtime/telemetry/telemetry.ts');
  return startTelemetry(config, process.env);
}
