import { connectionAttempted, deviceDescribed, qualityBands } from '#schemas';
import type { Entry, Said } from '../../oracle/connectivity/event.ts';
import type { Bands } from '../../oracle/connectivity/quality.ts';
import { Device, START } from './device.ts';

/** Folds a log of one device, entry by entry; `bands` are decided before. */
export async function folded(log: readonly Entry[], bands: Bands | null = null): Promise<Device> {
  const device = await Device.begin();
  if (bands !== null) await device.run.decide(qualityBands, bands);
  for (const entry of log) {
    if ('tick' in entry) await device.tick(entry.tick - START, entry);
    else await send(device, entry.said);
  }
  return device;
}

async function send(device: Device, said: Said): Promise<void> {
  const { kind, link, sessionId = '', reason = null, intervalMs = null, ...when } = said;
  const event = { device: 'd1', ...when };
  const since = { ...when, deviceTime: when.deviceTime - START, receivedAt: when.receivedAt - START };
  if (kind === 'began') return device.sessionStarted(sessionId, since);
  if (kind === 'over') return device.sessionEnded(sessionId, reason, since);
  if (link !== undefined) return device.link(link as Parameters<Device['link']>[0], since);
  if (kind === 'report') return device.report(since);
  if (kind === 'interval') {
    const nothing = { model: null, hardware: null, firmware: null, lot: null, site: null };
    return device.run.send(deviceDescribed, { ...event, ...nothing, reportIntervalMs: intervalMs });
  }
  const nobody = { outcome: 'REFUSED', clientId: null, reason: null } as const;
  return device.run.send(connectionAttempted, { ...event, ...nobody });
}
