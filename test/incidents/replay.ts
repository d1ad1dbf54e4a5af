import { simulate } from '#runtime/simulate.ts';
import { type AlertChanged, topics } from '#schemas';
import { alerts } from '../../processors/alerts/processor.ts';
import { known } from '../../processors/index.ts';
import { type Log, START } from './log.ts';

/** What receivers are told: keys of alerts in order of byte, each once. */
export interface Delivered {
  readonly opened: readonly string[];
  /** Opened at another time than they must. */
  readonly untimely: readonly string[];
  readonly resolved: readonly string[];
  /** Taken back, since late events showed that their cause never was. */
  readonly retracted: readonly string[];
}

export interface ReplayOptions {
  /** When alerts must open, ms since `START`; left out where that is at any time. */
  readonly during?: readonly [from: number, to: number];
  readonly partitions?: number;
  /** After so many ticks the engine loses its local state, and goes on from the changelog. */
  readonly crashAfter?: number;
}

/** Replays a log with every processor, and tells what is delivered of it. */
export async function replay(log: Log, options: ReplayOptions = {}): Promise<Delivered> {
  const { during: [from, to] = [-Infinity, Infinity] } = options;
  const delivered = (await changesOf(log, options)).filter(({ deliver }) => deliver);
  const openings = delivered.filter(({ change }) => change === 'OPENED' || change === 'RELEASED');
  const isTimely = ({ logTime }: AlertChanged) => logTime >= START + from && logTime <= START + to;
  return {
    opened: keysOf(openings.filter(isTimely)),
    untimely: keysOf(openings.filter((each) => !isTimely(each))),
    resolved: keysOf(delivered.filter(({ change }) => change === 'RESOLVED')),
    retracted: keysOf(delivered.filter(({ change }) => change === 'RETRACTED')),
  };
}

/** Every change of every alert, in order. */
async function changesOf(log: Log, { partitions = 2, crashAfter }: ReplayOptions): Promise<readonly AlertChanged[]> {
  const run = await simulate(alerts, { beside: known.filter((each) => each !== alerts), partitions });
  const waiting = log.said.toSorted((a, b) => a.at - b.at);
  const [first = 0, ...ticks] = log.ticks;
  await run.advanceTo(START + first);
  for (const { policy, value } of log.decided) await run.decide(policy, value);
  let next = 0;
  for (const [index, tick] of ticks.entries()) {
    for (let one = waiting[next]; one !== undefined && one.at < tick; one = waiting[++next]) {
      await run.send(one.type, one.event);
    }
    await run.advanceTo(START + tick);
    if (index === crashAfter) await run.crash({ keepLocalState: false });
  }
  if (next < waiting.length) throw new Error(`the last tick comes before ${waiting.length - next} of the events`);
  return run.read(topics.alerts);
}

function keysOf(changes: readonly AlertChanged[]): readonly string[] {
  return [...new Set(changes.map(({ alert }) => alert))].sort();
}
