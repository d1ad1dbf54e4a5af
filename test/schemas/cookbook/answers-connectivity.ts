import {
  type Answers,
  AT,
  KNOWN,
  perDevice,
  group,
  by,
  median,
  second,
  distinct,
  hourOf,
  secondsBetween,
} from './passes.ts';
import { type Past } from './past.ts';

export const connectivity: Answers = {
  'worst-gateways': ({ links }) =>
    by(
      Array.from(
        group(
          links.filter(({ gateway, rssi }) => gateway !== null && rssi !== null),
          ({ tenant, gateway }) => [tenant, gateway],
        ),
        ([{ tenant, gateway }, all]) => ({
          tenant,
          gateway,
          devices: distinct(all.map(({ device }) => device)),
          reports: all.length,
          medianRssi: median(all.map(({ rssi }) => rssi as number)),
          medianSnr: median(all.map(({ snr }) => snr as number)),
        }),
      ),
      ['medianRssi', 'tenant', 'gateway'],
    ),
  'packet-loss': ({ links }) =>
    by(
      perDevice(links, (all) => {
        let [sent, lost] = [0, 0];
        all.slice(1).forEach((now, index) => {
          const before = all[index] as typeof now;
          const isNew = now.packetsSent < before.packetsSent;
          sent += now.packetsSent - (isNew ? 0 : before.packetsSent);
          lost += now.packetsLost - (isNew ? 0 : before.packetsLost);
        });
        return { sent, lost, share: lost / sent };
      }),
      ['-share', 'tenant', 'device'],
    ),
  'dropped-sessions': ({ sessions }) =>
    by(
      perDevice(
        sessions.filter(({ phase }) => phase === 'ENDED'),
        (all) => ({ ends: all.length, reasons: [...new Set(all.map(({ reason }) => reason ?? 'unknown'))].sort() }),
      ),
      ['-ends', 'tenant', 'device'],
    ),
  'session-length': ({ sessions }) =>
    by(
      Array.from(
        group(
          sessions.flatMap((end) => {
            const start = sessions.find(({ sessionId, phase }) => sessionId === end.sessionId && phase === 'STARTED');
            if (end.phase !== 'ENDED' || start === undefined) return [];
            return [{ tenant: end.tenant, seconds: secondsBetween(start.eventTime, end.eventTime) }];
          }),
          ({ tenant }) => [tenant],
        ),
        ([{ tenant }, all]) => ({
          tenant,
          sessions: all.length,
          medianSeconds: median(all.map(({ seconds }) => seconds)),
          longestSeconds: Math.max(...all.map(({ seconds }) => seconds)),
        }),
      ),
      ['tenant'],
    ),
  'connected-at': ({ sessions }) => {
    const then = perDevice(
      sessions.filter(({ eventTime, logTime }) => eventTime <= AT && logTime <= KNOWN),
      (all) => ({ isConnected: all.at(-1)?.phase === 'STARTED' }),
    );
    return by(
      Array.from(
        group(then, ({ tenant }) => [tenant]),
        ([{ tenant }, all]) => ({
          tenant,
          connected: all.filter(({ isConnected }) => isConnected).length,
          devices: all.length,
        }),
      ),
      ['tenant'],
    );
  },
  'roaming-devices': ({ links }) =>
    by(
      perDevice(
        links.filter(({ gateway }) => gateway !== null),
        (all) => ({
          changes: all.filter(({ gateway }, index) => index > 0 && gateway !== all[index - 1]?.gateway).length,
          gateways: distinct(all.map(({ gateway }) => gateway)),
        }),
      ).filter(({ changes }) => changes > 0),
      ['-changes', 'tenant', 'device'],
    ),
  'single-gateway': ({ links }) => {
    const single = perDevice(
      links.filter(({ gateway }) => gateway !== null),
      (all) => ({ gateways: [...new Set(all.map(({ gateway }) => gateway))] }),
    ).flatMap(({ tenant, gateways }) => (gateways.length === 1 ? [{ tenant, gateway: gateways[0] }] : []));
    return by(
      Array.from(
        group(single, ({ tenant, gateway }) => [tenant, gateway]),
        ([first, all]) => ({ ...first, devices: all.length }),
      ),
      ['-devices', 'tenant', 'gateway'],
    );
  },
};

/** Medians of a technology's signal in an hour: the lower and the upper one. */
export function signals({ links }: Past) {
  return by(
    Array.from(
      group(links, ({ technology, eventTime }) => [hourOf(eventTime), technology]),
      ([{ technology, eventTime }, all]) => ({
        start: second(hourOf(eventTime)),
        technology,
        reports: all.length,
        rssi: all.flatMap(({ rssi }) => rssi ?? []).sort((a, b) => a - b),
      }),
    ),
    ['start', 'technology'],
  );
}
