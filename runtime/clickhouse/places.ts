import { QueryError } from './error.ts';

/** Queries that run at once: inserts, files and the log share the pool of threads with them. */
const RUNNING_MAX = 2;
/** Queries that wait for a place. */
const WAITING_MAX = 64;

/** Few places, and a bounded queue before them. */
export class Places {
  #running = 0;
  #closed = false;
  readonly #waiting = new Set<() => void>();
  #idle: (() => void)[] = [];

  /** Rejects with `QueryError` when the queue is full, the places are closed, or the signal comes before the turn. */
  async hold<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new QueryError(236, 'ABORTED', 'The server is shutting down');
    if (signal.aborted) throw goneAway();
    if (this.#running >= RUNNING_MAX) await this.#turn(signal);
    else this.#running++;
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#running > 0) await new Promise<void>((idle) => this.#idle.push(idle));
  }

  #turn(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= WAITING_MAX) {
      const message = `Too many queries: ${WAITING_MAX} are waiting; try again`;
      throw new QueryError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', message);
    }
    return new Promise<void>((resolve, reject) => {
      const go = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.delete(go);
        reject(goneAway());
      };
      this.#waiting.add(go);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #leave(): void {
    const [next] = this.#waiting;
    if (next !== undefined) {
      this.#waiting.delete(next);
      return next();
    }
    this.#running--;
    if (this.#running === 0) for (const idle of this.#idle.splice(0)) idle();
  }
}

function goneAway(): QueryError {
  return new QueryError(394, 'QUERY_WAS_CANCELLED', 'Query was cancelled: its reader has gone');
}
