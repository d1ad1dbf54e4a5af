import { deviceDescribed, deviceRebooted, linkReported, maintenanceDeclared } from '#schemas';
import { sessionEnded, sessionStarted } from '#schemas';
import { link } from '../processors/connectivity/device.ts';
import type { Chance } from '../simulation/chance.ts';
import { beats, every, HOUR, type Incident, type Log, MINUTE, type Said, said, SECOND, some, START } from './log.ts';

const lora = (gateway: string) => ({ technology: 'LORAWAN', gateway }) as const;
const lte = (cell: string, operator = 'o1') => ({ technology: 'LTE_M', cell, operator }) as const;
const began = (at: number, device: string, sessionId: string) =>
  said(at, sessionStarted, { device, sessionId, reason: null });
const ended = (at: number, device: string, sessionId: string, reason: string) =>
  said(at, sessionEnded, { device, sessionId, reason });

const HOURS_2 = [0, 2 * HOUR] as const;
const minutes = (to: number) => every(MINUTE, 0, to);

/** One gateway is away for 40 minutes; whom it alone hears is hidden behind it. */
export const gatewayOutage: Incident = {
  name: 'gateway outage',
  what: 'A gateway is away for 40 min, and with it the six devices that it alone hears; six others go on.',
  opens: ['outages.gateway/gw-1'],
  during: [40 * MINUTE, 80 * MINUTE],
  log: (chance) => ({
    decided: [],
    ticks: minutes(2 * HOUR),
    said: [
      ...some('b', 6).flatMap((device) => beats(chance, device, lora('gw-2'), HOURS_2)),
      ...some('a', 6).flatMap((device) => [
        ...beats(chance, device, lora('gw-1'), [0, 40 * MINUTE]),
        ...beats(chance, device, lora('gw-1'), [80 * MINUTE, 2 * HOUR]),
      ]),
    ],
  }),
  lookAlikes: [
    {
      what: 'The same, but a second gateway hears them too.',
      log: (chance) => ({
        decided: [],
        ticks: minutes(2 * HOUR),
        said: some('a', 6).flatMap((device) => [
          ...beats(chance, device, lora('gw-1'), [0, 40 * MINUTE]),
          ...beats(chance, device, lora('gw-1'), [80 * MINUTE, 2 * HOUR]),
          ...beats(chance, device, lora('gw-2'), HOURS_2),
        ]),
      }),
    },
    {
      what: 'The same as the outage, but operators had declared that they work on the gateway.',
      log: (chance) => {
        const outage = gatewayOutage.log(chance);
        const window = { startsAt: START + 35 * MINUTE, endsAt: START + 95 * MINUTE, reason: 'moved', actor: 'ann' };
        return {
          ...outage,
          said: [...outage.said, said(30 * MINUTE, maintenanceDeclared, { device: 'gw-1', ...window })],
        };
      },
    },
  ],
};

/** Who shares the cells with the SIMs that expire. */
const CELLS = ['c1', 'c2', 'c3'];

/** Five devices whose SIMs end after an hour, what else is said of each, and seven others of the operator that go on. */
function simsThatEnd(chance: Chance, more: (device: string, cell: string) => readonly Said[]): readonly Said[] {
  return [
    ...some('h', 7).flatMap((device, i) => beats(chance, device, lte(CELLS[i % 3] ?? ''), [0, 3 * HOUR])),
    ...some('s', 5).flatMap((device, i) => {
      const cell = CELLS[i % 3] ?? '';
      return [
        began(10 * SECOND, device, `${device}-1`),
        ...beats(chance, device, lte(cell), [0, HOUR]),
        ended(HOUR + 90 * SECOND, device, `${device}-1`, 'MQTT_KEEP_ALIVE_TIMEOUT'),
        ...more(device, cell),
      ];
    }),
  ];
}

/**
 * SIMs of one batch expire at once: five devices in three cells, among others of the same operator. One alert says so,
 * and hides those of the devices.
 */
export const simExpiry: Incident = {
  name: 'SIM expiry',
  what: 'Five SIMs of a batch expire at once, in cells where seven others of the operator go on; renewed 90 min later.',
  opens: ['outages.subscriptions/subscriptions:o1'],
  during: [HOUR, 150 * MINUTE],
  log: (chance) => ({
    decided: [],
    ticks: minutes(3 * HOUR),
    said: simsThatEnd(chance, (device, cell) => [
      began(150 * MINUTE, device, `${device}-2`),
      ...beats(chance, device, lte(cell), [150 * MINUTE, 3 * HOUR]),
    ]),
  }),
  lookAlikes: [
    {
      what: 'Five devices that said to sleep for two hours do so, and the broker drops their sessions meanwhile.',
      log: (chance) => ({
        decided: [],
        ticks: every(5 * MINUTE, 0, 8 * HOUR),
        said: some('s', 5).flatMap((device, i) => [
          said(SECOND, deviceDescribed, { device, ...UNKNOWN, reportIntervalMs: 2 * HOUR }),
          ...every(2 * HOUR, 0, 6 * HOUR).flatMap((at) => {
            const wakes = at + chance.int(2, 300) * SECOND;
            const session = `${device}-${at / HOUR}`;
            return [
              began(wakes, device, session),
              said(wakes + SECOND, linkReported, { ...link(lte(CELLS[i % 3] ?? '')), device }),
              ended(wakes + 4 * MINUTE, device, session, 'MQTT_KEEP_ALIVE_TIMEOUT'),
            ];
          }),
        ]),
      }),
    },
    {
      what: 'The contract of the five ends, and operators had declared that they take these devices out of service.',
      log: (chance) => ({
        decided: [],
        ticks: minutes(3 * HOUR),
        said: simsThatEnd(chance, (device) => [said(30 * MINUTE, maintenanceDeclared, { device, ...OUT_OF_SERVICE })]),
      }),
    },
    {
      what: 'The broker starts anew: all sessions break off at once, and all are back within 40 s.',
      log: (chance) => ({
        decided: [],
        ticks: every(20 * SECOND, 0, 2 * HOUR),
        said: some('s', 8).flatMap((device, i) => [
          ...beats(chance, device, lte(CELLS[i % 3] ?? ''), HOURS_2),
          began(10 * SECOND, device, `${device}-1`),
          ended(HOUR, device, `${device}-1`, 'CONNECTION_LOST'),
          began(HOUR + chance.int(2, 40) * SECOND, device, `${device}-2`),
        ]),
      }),
    },
  ],
};

const OUT_OF_SERVICE = {
  startsAt: START + 50 * MINUTE,
  endsAt: START + 4 * HOUR,
  reason: 'end of contract',
  actor: 'ann',
};

const UNKNOWN = { model: null, hardware: null, firmware: null, lot: null, site: null };

/** Sessions of a device, of which each breaks off for 20 seconds at each of these moments. */
function broken(device: string, moments: readonly number[], reason: string): readonly Said[] {
  const first = began(5 * SECOND, device, `${device}-0`);
  return [
    first,
    ...moments.flatMap((at, i) => [
      ended(at, device, `${device}-${i}`, reason),
      began(at + 20 * SECOND, device, `${device}-${i + 1}`),
    ]),
  ];
}

/** Devices in one cell come and go, those of the next one do not: one alert is of the cell, and hides theirs. */
export const flappingCell: Incident = {
  name: 'flapping cell',
  what: 'The four devices of a cell lose their session every 2 min for 20 s, for 20 min; those of the next cell do not.',
  opens: ['outages.flapping/cell:o1:c1'],
  during: [HOUR, 82 * MINUTE],
  log: (chance) => ({
    decided: [],
    ticks: every(20 * SECOND, 0, 130 * MINUTE),
    said: [
      ...some('g', 4).flatMap((device) => [
        ...beats(chance, device, lte('c2'), [0, 130 * MINUTE]),
        ...broken(device, [], ''),
      ]),
      ...some('f', 4).flatMap((device) => [
        ...beats(chance, device, lte('c1'), [0, 130 * MINUTE]),
        ...broken(
          device,
          every(2 * MINUTE, HOUR, 80 * MINUTE).map((at) => at + chance.int(0, 30) * SECOND),
          'CONNECTION_LOST',
        ),
      ]),
    ],
  }),
  lookAlikes: [
    {
      what: 'All of them start anew, as planned, and each loses its session twice more within two hours.',
      log: (chance) => ({
        decided: [],
        ticks: every(20 * SECOND, 0, 130 * MINUTE),
        said: some('f', 4).flatMap((device) => {
          const restart = HOUR + chance.int(0, 59) * SECOND;
          const start = { cause: 'COMMAND', expected: true, firmware: '1.0', uptimeMs: HOUR } as const;
          return [
            ...beats(chance, device, lte('c1'), [0, 130 * MINUTE]),
            ...broken(device, [30 * MINUTE, restart, 100 * MINUTE], 'CONNECTION_LOST'),
            said(restart + 19 * SECOND, deviceRebooted, { device, ...start }),
          ];
        }),
      }),
    },
    {
      what: 'Two of a cell’s six devices lose their session now and then, each at its own times; four go on.',
      log: (chance) =>
        sharedCell(chance, (device) =>
          broken(
            device,
            every(6 * MINUTE, 10 * MINUTE, 118 * MINUTE).map((at) => at + chance.int(0, 180) * SECOND),
            'CONNECTION_LOST',
          ),
        ),
    },
    {
      what: 'Two of a cell’s six devices come and go, each for 20 min at its own time: their alerts, and none of the cell.',
      opens: ['connectivity.flapping/f0', 'connectivity.flapping/f1'],
      log: (chance) =>
        sharedCell(chance, (device, i) => {
          const from = (30 + 8 * i) * MINUTE;
          const moments = every(2 * MINUTE, from, from + 20 * MINUTE);
          return broken(
            device,
            moments.map((at) => at + chance.int(0, 30) * SECOND),
            'CONNECTION_LOST',
          );
        }),
    },
    {
      what: 'Two of a cell’s six devices are switched off, each at its own time, for 40 min: their alerts alone.',
      opens: ['connectivity.offline/f0', 'connectivity.offline/f1'],
      log: (chance) => ({
        decided: [],
        ticks: every(20 * SECOND, 0, 130 * MINUTE),
        said: some('f', 6).flatMap((device, i) => {
          const off = (30 + 7 * i) * MINUTE;
          if (i > 1) return beats(chance, device, lte('c1'), [0, 130 * MINUTE]);
          return [
            ...beats(chance, device, lte('c1'), [0, off]),
            ...beats(chance, device, lte('c1'), [off + 40 * MINUTE, 130 * MINUTE]),
          ];
        }),
      }),
    },
  ],
};

/** Six devices of one cell that all report each minute; sessions have the first two of them. */
function sharedCell(chance: Chance, sessionsOf: (device: string, i: number) => readonly Said[]): Log {
  return {
    decided: [],
    ticks: every(20 * SECOND, 0, 130 * MINUTE),
    said: some('f', 6).flatMap((device, i) => [
      ...beats(chance, device, lte('c1'), [0, 130 * MINUTE]),
      ...(i < 2 ? sessionsOf(device, i) : []),
    ]),
  };
}
