import { LogError } from '../log/log.ts';
import { TargetError } from './target.ts';

const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 10_000;

/** Tries again for ever, with growing pauses. What can never succeed is thrown. */
export async function untilDone<T>(
  work: () => Promise<T>,
  failed: (error: Error, pauseMs: number) => Promise<void>,
): Promise<T> {
  for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)) {
    try {
      return await work();
    } catch (error) {
      if (isFinal(error)) throw error;
      await failed(error as Error, pauseMs);
    }
  }
}

function isFinal(error: unknown): boolean {
  // What is wrong in the program is wrong again.
  if (error instanceof TargetError || error instanceof TypeError) return true;
  return error instanceof LogError && FINAL.has(error.code);
}

const FINAL: ReadonlySet<LogError['code']> = new Set([
  'fenced',
  'ownership_lost',
  'log_denied',
  'record_corrupt',
  'topic_recreated',
]);
