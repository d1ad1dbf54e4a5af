import { simulate } from '#runtime/simulate.ts';
import { topics } from '#schemas';
import { alerts } from '../../processors/alerts/processor.ts';
import { known } from '../../processors/index.ts';
import { type Log, START } from './log.ts';

/** What receivers are told: keys of alerts in order of byte, each once. */
export interface Delivered {
  readonly opened: readonly string[];
  readonly resolved: readonly string[];
  /** Taken back, since late events showed that their cause never was. */
  readonly retracted: readonly string[];
}

export interface ReplayOptions {
  readonly partitions?: number;
  /** After so many ticks the engine loses its local state, and goes on from the changelog. */
  readonly crashAfter?: number;
}

/** Replays a log with every processor, and tells what is delivered of it. */
export async function replay(log: Log, { partitions = 2, crashAfter }: ReplayOptions = {}): Promise<Delivered> {
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
  const delivered = run.read(topics.alerts).filter(({ deliver }) => deliver);
  const keys = (...changes: readonly string[]) =>
    [...new Set(delivered.flatMap(({ change, alert }) => (changes.includes(change) ? [alert] : [])))].sort();
  return { opened: keys('OPENED', 'RELEASED'), resolved: keys('RESOLVED'), retracted: keys('RETRACTED') };
}
