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
  sum,
} from './passes.ts';
import { type Past } from './past.ts';
import type { Window } from './past-connectivity.ts';

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
  'online-at': ({ connectivityChanges }) => {
    const then = perDevice(
      connectivityChanges.filter(({ eventTime, logTime }) => eventTime <= AT && logTime <= KNOWN),
      (all) => ({ status: all.at(-1)?.status }),
    );
    const tenants = group(then, ({ tenant }) => [tenant]);
    return by(
      Array.from(tenants, ([{ tenant }, all]) => ({
        tenant,
        online: all.filter(({ status }) => status === 'ONLINE').length,
        offline: all.filter(({ status }) => status === 'OFFLINE').length,
        unknown: 0,
      })),
      ['tenant'],
    );
  },
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
  availability: ({ connectivityWindows }) =>
    by(
      perDevice(
        current(connectivityWindows).filter(
          ({ technology, spanSeconds }) => technology === 'ALL' && spanSeconds === 3_600,
        ),
        (all) => {
          const connectedMs = sum(all.map((row) => row.connectedMs ?? 0));
          const expectedMs = sum(all.map((row) => row.expectedMs ?? 0));
          const hoursUnknown = all.filter((row) => row.expectedMs === null).length;
          return { connectedMs, expectedMs, availability: connectedMs / expectedMs, hoursUnknown };
        },
      ).filter(({ expectedMs }) => expectedMs > 0),
      ['availability', 'tenant', 'device'],
    ),
  'went-offline': ({ connectivityChanges }) =>
    by(
      perDevice(connectivityChanges, (all) => {
        const told = all.filter(({ status, previous }) => status === 'OFFLINE' && previous !== 'OFFLINE').length;
        const retracted = all.filter(({ reason }) => reason === 'RETRACTED').length;
        return { told, retracted, left: told - retracted };
      }).filter(({ told }) => told > 0),
      ['-left', 'tenant', 'device'],
    ).map(({ left: _, ...row }) => row),
  'poor-links': ({ connectivityWindows }) =>
    by(
      Array.from(
        group(
          current(connectivityWindows).filter(
            ({ spanSeconds, quality }) => spanSeconds === 900 && quality !== 'UNKNOWN',
          ),
          ({ tenant, device, technology }) => [tenant, device, technology],
        ),
        ([{ tenant, device, technology }, all]) => {
          const poor = all.filter(({ quality }) => quality === 'POOR' || quality === 'VERY_POOR');
          const measures = [...new Set(poor.map(({ qualityBy }) => qualityBy ?? ''))].toSorted();
          const counts = { poor: poor.length, quarters: all.length, measures };
          return { tenant, device, technology, ...counts, share: poor.length / all.length };
        },
      ).filter(({ poor }) => poor > 0),
      ['-share', 'tenant', 'device', 'technology'],
    ).map(({ share: _, ...row }) => row),
  'weakest-margins': ({ connectivityWindows }) =>
    by(
      perDevice(
        current(connectivityWindows).filter(({ spanSeconds, marginDb }) => spanSeconds === 3_600 && marginDb !== null),
        (all) => {
          const uplinks = sum(all.map((row) => row.uplinks));
          return {
            lowestDb: Math.min(...all.map(({ marginMinDb }) => marginMinDb ?? Infinity)),
            uplinks,
            meanDb: sum(all.map((row) => (row.marginDb ?? 0) * row.uplinks)) / uplinks,
            gateway: all.toSorted((a, b) => b.start - a.start)[0]?.bestGateway ?? '',
          };
        },
      ),
      ['lowestDb', 'tenant', 'device'],
    ),
  'why-silent': ({ outageVerdicts }) => {
    const last = Array.from(
      group(outageVerdicts, ({ tenant, device, eventTime }) => [tenant, device, eventTime]),
      ([, all]) => all.toSorted((a, b) => b.revision - a.revision)[0] as (typeof all)[number],
    );
    return by(
      Array.from(
        group(last, ({ tenant, verdict, groupName }) => [tenant, verdict, groupName]),
        ([{ tenant, verdict: cause, groupName }, all]) => {
          const most = all.toSorted((a, b) => b.silent - a.silent)[0] as (typeof all)[number];
          const counts = { silences: all.length, devices: distinct(all.map(({ device }) => device)) };
          return { tenant, cause, groupName, ...counts, together: most.silent, of: most.members };
        },
      ),
      ['-silences', 'tenant', 'cause', 'groupName'],
    );
  },
  advised: ({ connectivityAdvice }) =>
    by(
      Array.from(
        group(connectivityAdvice, ({ tenant, device, kind }) => [tenant, device, kind]),
        ([{ tenant, device, kind }, all]) => ({ tenant, device, advice: kind, last: all.at(-1) }),
      ).flatMap(({ last, ...row }) => (last?.active === true ? [{ ...row, detail: last.detail }] : [])),
      ['tenant', 'device', 'advice'],
    ),
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

/** The last revision of every window. */
function current(windows: Past['connectivityWindows']): readonly Window[] {
  const key = ({ tenant, device, technology, spanSeconds, start }: Window) => [
    tenant,
    device,
    technology,
    spanSeconds,
    start,
  ];
  return Array.from(group(windows, key), ([, all]) => all.toSorted((a, b) => b.revision - a.revision)[0] as Window);
}
