import {
  authorizationRefused,
  behaviourReported,
  type Behaviour,
  connectionAttempted,
  sessionEnded,
  sessionStarted,
  telemetryReported,
  twinDesired,
} from '#schemas';
import type { Simulation } from '#runtime/simulate.ts';
import type { Behaviour as Plain, Heard, Report } from '../../oracle/detect.ts';
import type { Chance } from '../../simulation/chance.ts';
import { at, behaviour, MINUTE, report, START } from './profile.ts';

/** How long a device does something. */
export const MINUTES = 180;

export const COMPARISONS = ['less-than', 'less-than-equals', 'greater-than', 'greater-than-equals'];
export const STATISTICS = ['p0', 'p0.1', 'p0.01', 'p1', 'p10', 'p50', 'p90', 'p99', 'p99.9', 'p99.99', 'p100'];
export const SUMS = ['aws:all-bytes-in', 'aws:all-bytes-out', 'aws:all-packets-in', 'aws:all-packets-out'];
export const NUMBERS = [
  'aws:num-listening-tcp-ports',
  'aws:num-listening-udp-ports',
  'aws:num-established-tcp-connections',
  'aws:message-byte-size',
  'aws:num-messages-sent',
  'aws:num-messages-received',
  'aws:num-authorization-failures',
  'aws:num-connection-attempts',
  'aws:num-disconnects',
  'aws:disconnect-duration',
  'pumps',
];
const ADDRESSES = ['10.0.0.1', '10.0.3.7', '192.0.2.9', '2001:db8::5'];
const CIDRS = ['10.0.0.0/24', '10.0.0.0/8', '192.0.2.0/28', '2001:db8::/64'];
const LISTS: readonly (readonly [string, string, keyof Behaviour, readonly (string | number)[]])[] = [
  ['aws:destination-ip-addresses', 'cidr-set', 'cidrs', CIDRS],
  ['hosts', 'cidr-set', 'cidrs', CIDRS],
  ['aws:listening-tcp-ports', 'port-set', 'ports', [1, 2, 3]],
  ['aws:listening-udp-ports', 'port-set', 'ports', [1, 2, 3]],
  ['levels', 'set', 'numbers', [1, 2.5, 3]],
  ['names', 'set', 'strings', ['a', 'b', 'c']],
];

export function sometimes(chance: Chance) {
  return { datapointsToAlarm: chance.pick([1, 1, 2, 3]), datapointsToClear: chance.pick([1, 1, 2, 4]) };
}

/** A behaviour of any metric, operator and duration. */
export function anyBehaviour(chance: Chance, name: string): Behaviour {
  const counts = sometimes(chance);
  if (chance.hit(0.3)) {
    const [metric, form, member, items] = chance.pick(LISTS);
    const operator = `${chance.hit(0.5) ? 'not-' : ''}in-${form}`;
    const some = items.filter(() => chance.hit(0.5));
    return behaviour({ name, metric, operator, ...counts, [member]: some.length === 0 ? items.slice(0, 1) : some });
  }
  const metric = chance.pick([...SUMS, ...NUMBERS]);
  const durationSeconds = chance.pick([null, 300, 600, 900, 1_800, 3_600]);
  const threshold = chance.int(0, metric === 'aws:message-byte-size' ? 100 : 12);
  return behaviour({ name, metric, operator: chance.pick(COMPARISONS), threshold, durationSeconds, ...counts });
}

export function plain(of: Behaviour): Plain {
  const { cidrs, ports, numbers, strings } = of;
  return { ...of, set: [...cidrs, ...ports, ...numbers, ...strings] };
}

/** Something that a device does, as the oracle and the log have it. */
export interface Deed {
  readonly heard: Heard;
  readonly send: (run: Simulation) => Promise<void>;
}

/** What a device does for some hours, with silences. */
export function deedsOf(chance: Chance, device: string): readonly Deed[] {
  const deeds: Deed[] = [];
  let [time, session] = [START + chance.int(0, 4 * MINUTE), 0];
  for (let sequence = 0; time < at(MINUTES); sequence++) {
    const bytes = chance.int(1, 100);
    const about = { device, deviceTime: time, epoch: 1, sequence, payloadBytes: bytes };
    const deed = anyDeed(chance, about, time, session);
    if (deed.heard.kind === 'ended') session++;
    deeds.push(deed);
    time += chance.hit(0.06) ? chance.int(10, 40) * MINUTE : chance.int(1, 4 * MINUTE);
  }
  return deeds;
}

type About = { readonly device: string; readonly deviceTime: number; readonly payloadBytes: number };

function anyDeed(chance: Chance, about: About, time: number, session: number): Deed {
  const kind = chance.pick([
    'message',
    'message',
    'report',
    'report',
    'report',
    'delivery',
    'refusal',
    'refused',
    'session',
  ] as const);
  const heard = { time, bytes: about.payloadBytes };
  if (kind === 'report') return reportOf(chance, about, heard);
  if (kind === 'session') {
    const said = { ...about, sessionId: `s${session}`, reason: null };
    return chance.hit(0.5)
      ? { heard: { ...heard, kind: 'started' }, send: (run) => run.send(sessionStarted, said) }
      : { heard: { ...heard, kind: 'ended' }, send: (run) => run.send(sessionEnded, said) };
  }
  const sends: Readonly<Record<typeof kind, Deed['send']>> = {
    message: (run) => run.send(telemetryReported, { ...about, metrics: {}, labels: {} }),
    delivery: (run) => run.send(twinDesired, { ...about, patch: '{"a":1}', expectedVersion: null, actor: null }),
    refusal: (run) => run.send(authorizationRefused, { ...about, action: 'publish', resource: null, reason: null }),
    refused: (run) => run.send(connectionAttempted, { ...about, outcome: 'REFUSED', clientId: null, reason: null }),
  };
  return { heard: { ...heard, kind }, send: sends[kind] };
}

function reportOf(chance: Chance, about: About, heard: Pick<Heard, 'time' | 'bytes'>): Deed {
  const few = <T>(items: readonly T[]) => items.filter(() => chance.hit(0.4));
  const traffic = {
    bytesIn: chance.int(0, 12),
    bytesOut: chance.int(0, 12),
    packetsIn: chance.int(0, 12),
    packetsOut: chance.int(0, 12),
  };
  const hasLists = chance.hit(0.7);
  const [tcp, udp, peers] = [few([1, 2, 3, 4]), few([1, 2, 3, 4]), few(ADDRESSES)];
  const custom = { hosts: few(ADDRESSES), levels: few([1, 2.5, 3, 9]), names: few(['a', 'b', 'c', 'z']) };
  const reportId = chance.hit(0.7) ? chance.int(1, 4) : null;
  const pumps = chance.int(0, 12);
  const lists = hasLists ? { listeningTcpPorts: tcp, listeningUdpPorts: udp, remoteAddresses: peers } : {};
  const said = report({
    reportId,
    ...traffic,
    ...lists,
    numbers: { pumps },
    ipLists: { hosts: custom.hosts.map((host) => (host.includes(':') ? host : `${host}:443`)) },
    numberLists: { levels: custom.levels },
    stringLists: { names: custom.names },
  });
  const counts = {
    'aws:num-listening-tcp-ports': tcp.length,
    'aws:num-listening-udp-ports': udp.length,
    'aws:num-established-tcp-connections': peers.length,
  };
  const own = {
    'aws:listening-tcp-ports': tcp,
    'aws:listening-udp-ports': udp,
    'aws:destination-ip-addresses': peers,
  };
  const told: Report = {
    reportId,
    numbers: {
      'aws:all-bytes-in': traffic.bytesIn,
      'aws:all-bytes-out': traffic.bytesOut,
      'aws:all-packets-in': traffic.packetsIn,
      'aws:all-packets-out': traffic.packetsOut,
      pumps,
      ...(hasLists ? counts : {}),
    },
    lists: { ...custom, ...(hasLists ? own : {}) },
  };
  return {
    heard: { ...heard, kind: 'report', report: told },
    send: (run) => run.send(behaviourReported, { ...about, ...said }),
  };
}
