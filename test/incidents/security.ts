import { type BehaviourReported, behaviourReported, connectionAttempted, deviceDescribed } from '#schemas';
import { deviceRebooted, securityProfiles, sessionEnded, sessionStarted } from '#schemas';
import { behaviour, profiles, report } from '../processors/detect/profile.ts';
import type { Chance } from '../simulation/chance.ts';
import { decided, every, HOUR, type Incident, MINUTE, type Said, said, SECOND, some } from './log.ts';

/** What is normal of the fleet: its own networks, three ports, few connections, a megabyte in five minutes. */
const EDGE = profiles(
  [
    behaviour({ name: 'ports', metric: 'aws:listening-tcp-ports', operator: 'in-port-set', ports: [22, 443, 8883] }),
    behaviour({
      name: 'peers',
      metric: 'aws:destination-ip-addresses',
      operator: 'in-cidr-set',
      cidrs: ['10.0.0.0/8', '203.0.113.0/24'],
    }),
    behaviour({
      name: 'connections',
      metric: 'aws:num-established-tcp-connections',
      operator: 'less-than-equals',
      threshold: 10,
    }),
    behaviour({ name: 'bytes', metric: 'aws:all-bytes-out', operator: 'less-than-equals', threshold: 1_000_000 }),
    behaviour({
      name: 'source',
      metric: 'aws:source-ip-address',
      operator: 'in-cidr-set',
      cidrs: ['198.51.100.0/24'],
    }),
    behaviour({
      name: 'attempts',
      metric: 'aws:num-connection-attempts',
      operator: 'less-than-equals',
      threshold: 3,
    }),
  ],
  { name: 'edge', severity: 'HIGH' },
);

const DECIDED = [decided(securityProfiles, EDGE)];
const TICKS = every(MINUTE, 0, 3 * HOUR);
/** A log of three hours under the profile of what is normal. */
export const EDGE_LOG = { decided: DECIDED, ticks: TICKS } as const;
export const HOME = '198.51.100.10';
const UPDATES = '203.0.113.10';

/** Reports that are closer than five minutes are throttled. */
const REPORTS = every(6 * MINUTE, 0, 3 * HOUR - 6 * MINUTE);

type Report = Partial<Pick<BehaviourReported, 'listeningTcpPorts' | 'remoteAddresses' | 'bytesOut' | 'bytesIn'>>;

/** A device reports how it behaves: as is normal, or what is said of a moment. */
export function behaves(chance: Chance, device: string, of: (at: number) => Report = () => ({})): readonly Said[] {
  const second = chance.int(1, 59) * SECOND;
  return REPORTS.map((at) => {
    const traffic = { bytesOut: chance.int(20_000, 60_000), bytesIn: chance.int(5_000, 9_000) };
    const usual = { listeningTcpPorts: [22, 8883], remoteAddresses: ['10.0.0.5:8883'], ...traffic };
    return said(at + second, behaviourReported, { device, sourceAddress: HOME, ...report({ ...usual, ...of(at) }) });
  });
}

const isWithin = (at: number, from: number, to: number) => at >= from && at < to;

/** A device opens telnet and talks to many strangers. */
export const botnetRecruit: Incident = {
  name: 'botnet recruit',
  what: 'A device opens telnet and talks to 40 strangers for an hour, until it is cleaned; three others do not.',
  opens: ['detect.edge.connections/r0', 'detect.edge.peers/r0', 'detect.edge.ports/r0'],
  during: [HOUR, 2 * HOUR],
  log: (chance) => ({
    decided: DECIDED,
    ticks: TICKS,
    said: some('r', 4).flatMap((device, i) =>
      behaves(chance, device, (at) => {
        if (i > 0 || !isWithin(at, HOUR, 2 * HOUR)) return {};
        const remoteAddresses = some('192.0.2.', 40).map((address) => `${address}:23`);
        return { listeningTcpPorts: [22, 23, 8883], remoteAddresses };
      }),
    ),
  }),
  lookAlikes: [
    {
      what: 'Operators update the firmware: 30 MB from their own server, more connections, and a restart.',
      log: (chance) => ({
        decided: DECIDED,
        ticks: TICKS,
        said: some('r', 4).flatMap((device, i) => {
          const at = HOUR + i * 12 * MINUTE;
          const others = { model: null, hardware: null, lot: null, site: null, reportIntervalMs: null };
          const restart = { cause: 'UPDATE', expected: true, firmware: '2.0', uptimeMs: HOUR } as const;
          const session = (name: string) => ({ device, sessionId: `${device}-${name}`, reason: null });
          return [
            ...behaves(chance, device, (time) => {
              if (!isWithin(time, at, at + 6 * MINUTE)) return {};
              const remoteAddresses = ['10.0.0.5:8883', ...every(1, 50_001, 50_004).map(() => `${UPDATES}:443`)];
              return { remoteAddresses, bytesIn: 30_000_000 };
            }),
            said(SECOND, sessionStarted, { ...session('1'), sourceAddress: HOME }),
            said(at + MINUTE, sessionEnded, { ...session('1'), reason: 'CONNECTION_LOST', sourceAddress: HOME }),
            said(at + 100 * SECOND, sessionStarted, { ...session('2'), sourceAddress: HOME }),
            said(at + 101 * SECOND, deviceRebooted, { device, sourceAddress: HOME, ...restart }),
            said(at + 102 * SECOND, deviceDescribed, { device, sourceAddress: HOME, firmware: '2.0', ...others }),
          ];
        }),
      }),
    },
  ],
};

/** A connection in the name of a device, which takes the place of the one before. */
function takesOver(at: number, device: string, number: number, sourceAddress: string): readonly Said[] {
  const id = (of: number) => `${device}-${of}`;
  return [
    said(at, connectionAttempted, { device, sourceAddress, outcome: 'ACCEPTED', clientId: device, reason: null }),
    said(at, sessionStarted, { device, sourceAddress, sessionId: id(number), reason: null }),
    said(at + SECOND, sessionEnded, {
      device,
      sourceAddress,
      sessionId: id(number - 1),
      reason: 'DUPLICATE_CLIENTID',
    }),
  ];
}

/** Two devices use one identity from two networks, and push each other off. */
export const cloneDevice: Incident = {
  name: 'clone device',
  what: 'A copy of a device connects from a strange network for an hour; both push each other off each 30 s.',
  opens: ['detect.edge.attempts/c0', 'detect.edge.source/c0'],
  during: [HOUR, 2 * HOUR],
  log: (chance) => ({
    decided: DECIDED,
    ticks: TICKS,
    said: [
      ...some('c', 3).flatMap((device) => behaves(chance, device)),
      ...every(30 * SECOND, HOUR, 2 * HOUR).flatMap((at, i) =>
        takesOver(at, 'c0', i + 1, i % 2 === 0 ? '192.0.2.77' : HOME),
      ),
    ],
  }),
  lookAlikes: [
    {
      what: 'A device that moves takes over its own session each 10 min, from another address of its operator.',
      log: (chance) => ({
        decided: DECIDED,
        ticks: TICKS,
        said: [
          ...some('c', 3).flatMap((device) => behaves(chance, device)),
          ...every(10 * MINUTE, 10 * MINUTE, 170 * MINUTE).flatMap((at, i) =>
            takesOver(at, 'c0', i + 1, `198.51.100.${20 + i}`),
          ),
        ],
      }),
    },
  ],
};

/** A device sends much to a stranger. */
export const exfiltration: Incident = {
  name: 'exfiltration',
  what: 'A device sends 250 MB to a strange address within half an hour; three others do not.',
  opens: ['detect.edge.bytes/x0', 'detect.edge.peers/x0'],
  during: [HOUR, HOUR + 30 * MINUTE],
  log: (chance) => ({
    decided: DECIDED,
    ticks: TICKS,
    said: some('x', 4).flatMap((device, i) =>
      behaves(chance, device, (at) => {
        if (i > 0 || !isWithin(at, HOUR, HOUR + 30 * MINUTE)) return {};
        return { remoteAddresses: ['10.0.0.5:8883', '192.0.2.200:443'], bytesOut: 50_000_000 };
      }),
    ),
  }),
  lookAlikes: [
    {
      what: 'The daily peak: all send their logs of the day to their own server, 0.8 MB each.',
      log: (chance) => ({
        decided: DECIDED,
        ticks: TICKS,
        said: some('x', 4).flatMap((device) =>
          behaves(chance, device, (at) => {
            if (!isWithin(at, HOUR, HOUR + 12 * MINUTE)) return {};
            return { remoteAddresses: ['10.0.0.5:8883', `${UPDATES}:443`], bytesOut: chance.int(700_000, 800_000) };
          }),
        ),
      }),
    },
  ],
};
