import { topics } from '#schemas';
import { http } from '../../connectors/http/connector.ts';
import { ALARM_SCORE } from '../../processors/anomaly/incident.ts';
import { scored } from '../../processors/anomaly/scored.ts';
import { compiled, FRAME_BYTES, asBuffer } from '#runtime/avro.ts';
import { Engine } from '#runtime/engine/engine.ts';
import { openTicker } from '#runtime/engine/ticker.ts';
import { createIngress } from '#runtime/ingress/ingress.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import type { AnomalyScored } from '#schemas';
import type { Series } from './series.ts';

/** One for all series. */
export const THRESHOLD = ALARM_SCORE;

const METRIC = 'value';
const PLACE = { params: {}, contentType: 'application/json', sourceAddress: '192.0.2.1', region: null };

/** Points between two ticks of the clock. */
const POINTS_A_TICK = 100;

/** Longer than any report waits for those before it. */
const LATER_MS = 60_000;

/** Scores each point of a series as production does: JSON through ingress into a log, the engine, and the processor. */
export async function throughPipeline(series: Series): Promise<number[]> {
  const { times, values } = series;
  let now = times[0] ?? 0;
  const log = new SimulatedLog(new SimulatedClock(now));
  const registry = new MemoryRegistry();
  const parts = { log, registry, partitions: 1 };
  const clock = { now: () => now, sleep: () => Promise.resolve(), yield: () => Promise.resolve() };
  const processors = [scored];
  const engine = await Engine.open({ ...parts, app: 'bench', processors, store: new MemoryStateStore(), clock });
  const ticker = await openTicker({ ...parts, clock });
  const ingress = await createIngress({ ...parts, connectors: [http], clock: () => now, instance: 'bench' });
  const fold = async () => {
    await ticker.tick();
    while ((await engine.lag()) > 0) await engine.poll(0);
    await engine.commit();
  };
  const indices = new Map<string, number>();
  for (const [index, value] of values.entries()) {
    // Where a clock is set back, a series goes on from where it was.
    now = Math.max(now, times[index] as number);
    if (!Number.isFinite(value)) continue;
    const event = {
      tenant: 'bench',
      device: 'series',
      type: 'telemetry',
      sequence: index,
      metrics: { [METRIC]: value },
    };
    const body = Buffer.from(JSON.stringify(event));
    const outcome = await ingress.publish(http, { ...PLACE, address: 'POST /v1/events', body, receivedAt: now });
    const [item] = outcome.kind === 'taken' ? outcome.items : [];
    if (item?.kind !== 'accepted')
      throw new Error(`not_accepted: ${series.name} at ${index}: ${JSON.stringify(outcome)}`);
    indices.set(item.eventId, index);
    if (index % POINTS_A_TICK === POINTS_A_TICK - 1) await fold();
  }
  now += LATER_MS;
  await fold();
  await engine.stop();
  const scores = values.map(() => 0);
  const type = compiled(topics.anomalyScores.value.avro);
  for (const record of log.all(topics.anomalyScores.name, 0)) {
    const scored = type.fromBuffer(asBuffer(record.value as Uint8Array).subarray(FRAME_BYTES)) as AnomalyScored;
    scores[indices.get(scored.eventId) as number] = scored.score;
  }
  return scores;
}
