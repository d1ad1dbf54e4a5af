import { setTimeout as pause } from 'node:timers/promises';
import { type Group, LogError } from '../log/log.ts';
import { untilDone } from './retry.ts';
import type { Sink, SinkOptions } from './sink.ts';

/** The one partition whose holder is the sink. */
const TURN = 0;
/** How long a stop may flush; what is left is in the log. */
const FLUSH_MS_MAX = 4_000;
/** How long what is under way then may take, before it is left to whoever comes next. */
const END_MS_MAX = 2_000;

/** What stands by: a sink, or whatever else only one may do at a time. */
type Standing = Pick<Sink, 'stop' | 'abandon' | 'done'>;

/** What a sink that may have to wait for its turn is made of. */
export interface StandByOptions {
  /** Those who share the topic of the edges, which has one partition. */
  readonly group: Group;
  /** Starts a sink, which fences the one before it. */
  readonly open: (clock: NonNullable<SinkOptions['clock']>) => Promise<Standing>;
  readonly report: (code: string, detail: Readonly<Record<string, unknown>>) => void;
}

/** A sink, or one that stands by until the one before it is gone. */
export interface StandBy {
  /** Whether the group has let this one in. */
  isMember(): boolean;
  /** Whether it is this one's turn. */
  isActive(): boolean;
  /** Flushes what it can within a few seconds, then leaves the group. */
  stop(): Promise<void>;
  /** Rejects when the sink can go no further; never resolves. */
  readonly failure: Promise<never>;
}

/** A sink under way. */
interface Turn {
  readonly sink: Standing;
  /** Ends the pauses between attempts, once nothing is to be tried again. */
  readonly end: AbortController;
}

/**
 * Joins the group, and feeds the tables while it holds the turn. The group says whose turn it is; that two never feed
 * at once is not its doing: a new sink fences the edges of the one before it, and an insert that is still under way has
 * the token of an edge that the new one completes.
 */
export function standBySink({ group, open, report }: StandByOptions): StandBy {
  const stopped = new AbortController();
  const gone = new AbortController();
  let isMember = false;
  let turn: Turn | null = null;

  const begin = async (): Promise<Turn> => {
    const end = new AbortController();
    const clock = { now: Date.now, sleep: (ms: number) => sleep(ms, end.signal) };
    const attempt = () => {
      if (stopped.signal.aborted) throw new LogError('ownership_lost', 'the sink was stopped before its turn began');
      return open(clock);
    };
    const sink = await untilDone(attempt, async ({ message }, retryMs) => {
      report('sink_waits', { error: message, retryMs });
      await sleep(retryMs, stopped.signal);
    });
    report('sink_active', {});
    return { sink, end };
  };
  const giveUp = async ({ sink, end }: Turn): Promise<void> => {
    const gone = sink.abandon();
    end.abort();
    await gone;
    report('sink_stands_by', {});
  };

  const run = async (): Promise<void> => {
    const stopping = new Promise<void>((resolve) => stopped.signal.addEventListener('abort', () => resolve()));
    while (!stopped.signal.aborted) {
      // What holds the turn goes on meanwhile: who comes or goes beside it need not interrupt it.
      const share = await group.join(() => stopped.signal.aborted);
      isMember = true;
      const isMine = share.partitions.includes(TURN);
      if (!isMine && turn !== null) {
        await giveUp(turn);
        turn = null;
      }
      if (isMine && turn === null && !stopped.signal.aborted) turn = await begin();
      const ended = turn === null ? [] : [untilEnded(turn.sink.done)];
      const end = await Promise.race([share.ended, stopping, ...ended]);
      if (end === 'ended') turn = null;
    }
  };
  const running = run();
  running.catch(() => undefined);
  return {
    isMember: () => isMember,
    isActive: () => turn !== null,
    async stop() {
      stopped.abort();
      const over = sleep(FLUSH_MS_MAX + END_MS_MAX, gone.signal).then(() => 'over' as const);
      await Promise.race([running.catch(() => undefined), over]);
      // Flushed while the turn is still held: who stands by waits for it.
      const stop = async ({ sink }: Turn) => untilEnded(sink.stop(AbortSignal.timeout(FLUSH_MS_MAX)));
      if (turn !== null && (await Promise.race([stop(turn), over])) === 'over') await giveUp(turn);
      gone.abort();
      await group.leave();
    },
    failure: running.then(() => new Promise<never>(() => undefined)),
  };
}

/** Resolves when the sink has ended, be it because another one has taken over; rejects when it cannot go on. */
async function untilEnded(done: Promise<void>): Promise<'ended'> {
  try {
    await done;
  } catch (error) {
    if (!(error instanceof LogError) || error.code !== 'fenced') throw error;
  }
  return 'ended';
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return pause(ms, undefined, { signal }).catch(() => undefined);
}
