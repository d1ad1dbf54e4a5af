import { setTimeout as sleep } from 'node:timers/promises';

const READY_MS_MAX = 90_000;
const READY_POLL_MS = 200;
const LOG_LINES_MAX = 20;

export const STOP_MS_MAX = 30_000;

/** What is started, stopped and killed many times. */
export interface Service {
  /** Resolves once it serves; throws with the end of its log where it does not. */
  start(): Promise<void>;
  /** Asks it to end; kills it after 30 s. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

interface Starting {
  readonly name: string;
  readonly ready: () => Promise<boolean>;
  readonly alive: () => Promise<boolean>;
  readonly log: () => Promise<string>;
}

/** Asks `ready` until it holds, or what starts has ended, or 90 s have passed. */
export async function untilReady({ name, ready, alive, log }: Starting): Promise<void> {
  const deadline = Date.now() + READY_MS_MAX;
  while (!(await ready().catch(() => false))) {
    const ended = !(await alive());
    if (ended || Date.now() > deadline) {
      const what = ended ? 'ended before it was ready' : `was not ready in ${READY_MS_MAX} ms`;
      const said = (await log()).trimEnd().split('\n').slice(-LOG_LINES_MAX).join('\n');
      throw new Error(`service_unready: ${name} ${what}; its log ends:\n${said}`);
    }
    await sleep(READY_POLL_MS);
  }
}
