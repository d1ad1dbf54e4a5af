import type { EngineOptions } from './options.ts';

const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 5_000;

/** Does work that may meet a dependency that is away: an error with the code `what` is waited for, any other is thrown. */
export async function patiently<T>(
  what: 'registry_away' | 'log_refused',
  work: () => Promise<T>,
  { clock, report }: Pick<EngineOptions, 'clock' | 'report'>,
  isStopping: () => boolean = () => false,
): Promise<T> {
  for (let delay = RETRY_MS_MIN; ; delay = Math.min(delay * 2, RETRY_MS_MAX)) {
    try {
      return await work();
    } catch (error) {
      const { code, message } = error as { code?: unknown; message?: unknown };
      if (code !== what || isStopping()) throw error;
      report?.(what, { error: message, retryMs: delay });
      await clock.sleep(delay);
    }
  }
}
