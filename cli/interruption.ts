import { once } from 'node:events';
import type { Screen } from './screen.ts';

/** npm passes a terminal's Ctrl-C on once more, so what follows at once is the same one. */
const SAME_PRESS_MS = 500;
const STOP_MS_MAX = 9_500;

/** Aborts at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
export function interruption(screen: Screen): AbortSignal {
  const interrupted = new AbortController();
  let firstAt = 0;
  const interrupt = (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (!interrupted.signal.aborted) {
      firstAt = now;
      setTimeout(() => {
        screen.say('stop_timeout: draining took too long; what is left is done at the next start.');
        dieOf(signal);
      }, STOP_MS_MAX).unref();
      screen.progress('ending …');
      interrupted.abort();
    } else if (now - firstAt >= SAME_PRESS_MS) {
      screen.end();
      dieOf(signal);
    }
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return interrupted.signal;
}

/** Ends as if the signal had not been listened to: an orderly exit would take ClickHouse from under its running threads. */
function dieOf(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** Resolves once the signal is given. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
