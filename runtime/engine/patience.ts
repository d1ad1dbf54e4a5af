import type { EngineOptions } from './options.ts';

const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 5_000;

/** What a dependency that is away is known by. */
const AWAY: ReadonlySet<unknown> = new Set(['registry_away', 'log_refused']);

/** True for an error that waiting may mend. */
export function isAway(error: unknown): boolean {
  return AWAY.has((error as { code?: unknown } | null)?.code);
}

/** Does work that may meet a dependency that is away, which is waited for; any other error is thrown. */
export async function patiently<T>(
  work: () => Promise<T>,
  { clock, report }: Pick<EngineOptions, 'clock' | 'report'>,
  isStopping: () => boolean = () => false,
): Promise<T> {
  for (let delay = RETRY_MS_MIN; ; delay = Math.min(delay * 2, RETRY_MS_MAX)) {
    try {
      return await work();
    } catch (error) {
      if (!isAway(error) || isStopping()) throw error;
      const { code, message } = error as { code: string; message: string };
      report?.(code, { error: message, retryMs: delay });
      await clock.sleep(delay);
    }
  }
}
