// A past that the pipeline has lived through: the demo fleet's words by the real ingress into a log, its clock moved.
import { join } from 'node:path';
import { connectors } from '#connectors';
import type { Connector } from '#sdk';
import { openTicker } from '#runtime/engine/ticker.ts';
import { createIngress } from '#runtime/ingress/ingress.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';
import { loadConfig } from '#runtime/config.ts';
import { type Happening, makeFleet } from '../../cli/demo/fleet.ts';

export interface Past {
  readonly seed: number;
  readonly devices: number;
  readonly fromMs: number;
  readonly toMs: number;
}

const STEP_MS = 5_000;
const MONTHS_MS = 40 * 86_400_000;

/** Fills the log of a data folder; a pipeline that starts on it folds and writes what stands there. */
export async function livePast(data: string, { seed, devices, fromMs, toMs }: Past): Promise<void> {
  const log = await openEmbeddedLog({ path: join(data, 'log') });
  const registry = await openEmbeddedRegistry(join(data, 'registry.json'));
  const { partitions } = loadConfig({ env: {} });
  let now = fromMs;
  const clock = { now: () => now, sleep: () => Promise.resolve() };
  const ticker = await openTicker({ log, registry, partitions, clock });
  const ingress = await createIngress({ log, registry, connectors, partitions, clock: clock.now, instance: 'past' });
  const [http] = connectors.filter(({ name }) => name === 'http') as [Connector];
  const publish = (address: string, text: string, contentType: string, params = {}) => {
    const body = Buffer.from(text);
    const from = { sourceAddress: '192.0.2.1', region: 'eu' };
    return ingress.publish(http, { address, params, contentType, body, receivedAt: now, ...from });
  };

  const fleet = makeFleet(seed, devices, fromMs);
  for (now += STEP_MS; now <= toMs; now += STEP_MS) {
    await ticker.tick();
    const happened = fleet.until(now - fromMs);
    const said = happened.filter((each) => each.kind === 'event').map(lineOf);
    if (now % 60_000 < STEP_MS) said.push(...oddities(now), ...wavering(now));
    if (now < fromMs + 60_000) said.push(...soonSilent(now));
    if (said.length > 0) await publish('POST /v1/events', said.join('\n'), 'application/x-ndjson');
    for (const each of happened) {
      if (each.kind === 'remark') await publish('POST /v1/operator/events', lineOf(each), 'application/x-ndjson');
      if (each.kind !== 'desire') continue;
      const { tenant, id: device } = each.device;
      const body = JSON.stringify({ time: fromMs + each.atMs, patch: each.patch });
      await publish('PUT /v1/twins/:tenant/:device/desired', body, 'application/json', { tenant, device });
      fleet.told(each.device, each.patch, each.atMs);
    }
  }
  await ingress.close();
  await log.close();
}

function lineOf({ device, ...happening }: Happening): string {
  const { route, body } = happening as Extract<Happening, { kind: 'event' | 'remark' }>;
  return JSON.stringify({ tenant: device.tenant, device: device.id, type: route, ...body });
}

/** A device whose sessions begin and break off, again and again. */
function wavering(now: number): string[] {
  const about = { tenant: 'acme', device: 'wifi-0001', sessionId: `w${now}`, source: 'sessions' };
  const started = { ...about, type: 'session/started', time: now - 4_000 };
  return [started, { ...about, type: 'session/ended', time: now - 1_000 }].map((each) => JSON.stringify(each));
}

/** A device that reports for a minute, and never again. */
function soonSilent(now: number): string[] {
  const about = { tenant: 'acme', device: 'wifi-gone', source: 'own', time: now };
  const patch = { hardware: { model: 'wifi-node' } };
  return [
    { ...about, type: 'telemetry', metrics: { temperatureC: 20 } },
    { ...about, type: 'twin/reported', patch },
  ].map((each) => JSON.stringify(each));
}

/** What no healthy fleet sends: once a minute an event of last month and one that cannot be read. */
function oddities(now: number): string[] {
  const about = { tenant: 'acme', device: 'wifi-0001', type: 'telemetry' };
  const stored = { ...about, source: 'store', epoch: 1, sequence: Math.floor(now / 60_000), time: now - MONTHS_MS };
  return [
    { ...stored, metrics: { temperatureC: 20 } },
    { ...about, metrics: { temperatureC: 'warm' } },
  ].map((each) => JSON.stringify(each));
}
