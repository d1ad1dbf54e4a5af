import { connectionAttempted, deviceDescribed, deviceRebooted, linkReported, sessionStarted } from '#schemas';
import { link } from '../processors/connectivity/device.ts';
import type { Chance } from '../simulation/chance.ts';
import { beats, DAY, every, HOUR, type Incident, MINUTE, type Said, said, SECOND, some, START } from './log.ts';
import { behaves, EDGE_LOG, HOME } from './security.ts';

const UNKNOWN = { model: null, hardware: null, firmware: null, lot: null, site: null };
const GATEWAY = { technology: 'LORAWAN', gateway: 'gw-1' } as const;

/** The gateway that gives events their time loses it, and so do all devices that it hears. */
export const gatewayClock: Incident = {
  name: 'gateway clock',
  what: 'A gateway starts with a clock three days behind, and stamps what its six devices say by it for an hour.',
  opens: some('clocks.wrong/a', 6),
  during: [HOUR, 2 * HOUR],
  log: (chance) => ({
    decided: [],
    ticks: every(MINUTE, 0, 3 * HOUR),
    said: [
      ...some('b', 3).flatMap((device) => beats(chance, device, { ...GATEWAY, gateway: 'gw-2' }, [0, 3 * HOUR])),
      ...some('a', 6).flatMap((device) =>
        beats(chance, device, GATEWAY, [0, 3 * HOUR]).map((each) => {
          const isBehind = each.at >= HOUR && each.at < 2 * HOUR;
          return { ...each, event: { ...each.event, deviceTime: START + each.at - (isBehind ? 3 * DAY : 0) } };
        }),
      ),
    ],
  }),
  lookAlikes: [
    {
      what: 'A gateway that is connected once in two hours, and then sends what it heard, each with its own time.',
      log: (chance) => ({
        decided: [],
        ticks: every(5 * MINUTE, 0, 8 * HOUR),
        said: some('a', 6).flatMap((device) => [
          said(SECOND, deviceDescribed, { device, ...UNKNOWN, reportIntervalMs: 2 * HOUR }),
          ...every(2 * HOUR, 2 * HOUR, 6 * HOUR).flatMap((at) => stored(chance, device, at)),
        ]),
      }),
    },
  ],
};

/** What was heard of a device each ten minutes of the last two hours, sent within a quarter of a minute. */
function stored(chance: Chance, device: string, sentAt: number): readonly Said[] {
  return every(10 * MINUTE, sentAt - 2 * HOUR, sentAt - MINUTE).map((heardAt, i) => {
    const event = { ...link({ ...GATEWAY, rssi: -chance.int(70, 90) }), device, deviceTime: START + heardAt };
    return said(sentAt + MINUTE + i * SECOND, linkReported, event);
  });
}

/** Attempts of a device to connect; the last of them is accepted. */
function attempts(device: string, moments: readonly number[], session: string): readonly Said[] {
  const who = { device, sourceAddress: HOME };
  const last = moments.at(-1) ?? 0;
  return [
    ...moments.map((at) => {
      const outcome = at === last ? ('ACCEPTED' as const) : ('REFUSED' as const);
      return said(at, connectionAttempted, { ...who, outcome, clientId: device, reason: null });
    }),
    said(last + SECOND, sessionStarted, { ...who, sessionId: `${device}-${session}`, reason: null }),
  ];
}

const UPDATED = { cause: 'UPDATE', expected: true, firmware: '2.1', uptimeMs: HOUR } as const;

/** A firmware that tries again without a pause where it is refused. */
export const retryStorm: Incident = {
  name: 'retry storm',
  what: 'After an update four devices are refused, and try again each 5 s for half an hour, until they are let in.',
  opens: some('detect.edge.attempts/u', 4),
  during: [HOUR, 2 * HOUR],
  log: (chance) => ({
    ...EDGE_LOG,
    said: some('u', 4).flatMap((device, i) => [
      ...behaves(chance, device),
      said(HOUR + i * SECOND, deviceRebooted, { device, sourceAddress: HOME, ...UPDATED }),
      ...attempts(device, every(5 * SECOND, HOUR + 10 * SECOND, HOUR + 30 * MINUTE), '2'),
    ]),
  }),
  lookAlikes: [
    {
      what: 'After an update each is refused once, while the broker is busy, and let in a minute later.',
      log: (chance) => ({
        ...EDGE_LOG,
        said: some('u', 4).flatMap((device, i) => [
          ...behaves(chance, device),
          said(HOUR + i * SECOND, deviceRebooted, { device, sourceAddress: HOME, ...UPDATED }),
          ...attempts(device, [HOUR + 10 * SECOND, HOUR + 70 * SECOND], '2'),
        ]),
      }),
    },
  ],
};

/** A device reports from a network and a cell of somebody else, until it is brought back. */
export const stolenDevice: Incident = {
  name: 'stolen device',
  what: 'A device is carried off: for an hour it connects from a strange network, cell and operator, once each time.',
  opens: ['detect.edge.source/v0'],
  during: [HOUR, 2 * HOUR],
  log: (chance) => ({ ...EDGE_LOG, said: moved(chance, '192.0.2.9') }),
  lookAlikes: [
    {
      what: 'A vehicle does the same within the networks of the fleet: another cell, another operator, another address.',
      log: (chance) => ({ ...EDGE_LOG, said: moved(chance, '198.51.100.200') }),
    },
  ],
};

/** Three devices, of which the first is elsewhere for an hour. */
function moved(chance: Chance, sourceAddress: string): readonly Said[] {
  const place = { technology: 'LTE_M', cell: 'c1', operator: 'o1' } as const;
  const session = (at: number, device: string, number: number, from: string) =>
    said(at, sessionStarted, { device, sourceAddress: from, sessionId: `${device}-${number}`, reason: null });
  return some('v', 3).flatMap((device, i) => [
    session(SECOND, device, 0, HOME),
    ...(i > 0
      ? beats(chance, device, place, [0, 3 * HOUR])
      : [
          ...beats(chance, device, place, [0, HOUR]),
          session(HOUR, device, 1, sourceAddress),
          ...beats(chance, device, { ...place, cell: 'c9', operator: 'o7' }, [HOUR, 2 * HOUR]).map((each) => {
            return { ...each, event: { ...each.event, sourceAddress } };
          }),
          session(2 * HOUR, device, 2, HOME),
          ...beats(chance, device, place, [2 * HOUR, 3 * HOUR]),
        ]),
  ]);
}

/** A supply that gives way in the cold of the night. */
export const brownOuts: Incident = {
  name: 'brown-outs',
  what: 'For three nights a device starts anew each ten minutes from 2 to 5 h, as its supply gives way; three others do not.',
  opens: ['device-health.restarts/n0'],
  during: [DAY, 4 * DAY],
  log: (chance) => nights(chance, (device, day) => (device === 0 && day >= 1 && day < 4 ? 'BROWNOUT' : null)),
  lookAlikes: [
    {
      what: 'Operators start one anew each ten minutes for a night, to test it, and say so.',
      log: (chance) => nights(chance, (device, day) => (device === 0 && day === 2 ? 'COMMAND' : null)),
    },
    {
      what: 'Each of them is put up: within an hour it gets and loses its supply five times; one is so once a night.',
      log: (chance) => {
        const log = nights(chance, () => null);
        const powered = (at: number, device: string) =>
          said(at, deviceRebooted, { device, cause: 'POWER', expected: false, firmware: null, uptimeMs: MINUTE });
        const putUp = some('n', 4).flatMap((device) => {
          return every(12 * MINUTE, DAY + HOUR, DAY + HOUR + 48 * MINUTE).map((at) => powered(at, device));
        });
        return {
          ...log,
          said: [...log.said, ...putUp, ...every(DAY, 2 * DAY, 5 * DAY).map((at) => powered(at, 'n1'))],
        };
      },
    },
  ],
};

/** Four devices over six days; in some nights one starts anew again and again, for a cause. */
function nights(chance: Chance, causeOf: (device: number, day: number) => 'BROWNOUT' | 'COMMAND' | null) {
  return {
    decided: [],
    ticks: every(10 * MINUTE, 0, 6 * DAY),
    said: some('n', 4).flatMap((device, i) => [
      ...every(10 * MINUTE, MINUTE, 6 * DAY - 10 * MINUTE).map((at) => {
        const place = { technology: 'WIFI', rssi: -chance.int(50, 60) } as const;
        return said(at + i * SECOND, linkReported, { ...link(place), device });
      }),
      ...every(DAY, 0, 5 * DAY).flatMap((midnight) => {
        const cause = causeOf(i, midnight / DAY);
        if (cause === null) return [];
        return every(10 * MINUTE, midnight + 2 * HOUR, midnight + 5 * HOUR).map((at) => {
          const start = { cause, expected: cause === 'COMMAND', firmware: null, uptimeMs: 10 * MINUTE };
          return said(at, deviceRebooted, { device, ...start });
        });
      }),
    ]),
  };
}
