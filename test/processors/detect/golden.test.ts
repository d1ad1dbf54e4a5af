import { describe, expect, test } from 'vitest';
import {
  authorizationRefused,
  behaviourReported,
  connectionAttempted,
  securityProfiles,
  sessionEnded,
  sessionStarted,
  telemetryReported,
  topics,
  twinDesired,
} from '#schemas';
import { mqtt } from '#connectors';
import { profileOf } from '#cli/security-profiles.ts';
import { simulate, type Simulation } from '#runtime/simulate.ts';
import { detect } from '../../../processors/detect/processor.ts';
import { at, report, until } from './profile.ts';

// What AWS's guide says of each metric and operator: criteria say what is normal, and what is not violates.
const device = 'd1';

type Send = (run: Simulation) => Promise<void>;

/** A report as devices send it to AWS, through the connector. */
function metrics(met: object, custom: object = {}): Send {
  const body = { header: { report_id: 1, version: '1.0' }, metrics: met, custom_metrics: custom };
  return async (run) => {
    const [outcome] = mqtt.translate({
      address: `fleetstream/v1/acme/${device}/behaviour`,
      body: Buffer.from(JSON.stringify(body)),
      contentType: '',
      params: {},
      receivedAt: at(1),
      sourceAddress: null,
      region: null,
    });
    if (outcome?.kind !== 'event') throw new Error(`${outcome?.code}: ${outcome?.detail}`);
    await run.send(behaviourReported, { ...report({}), ...(outcome.value as object), device });
  };
}

const ports = (...numbers: number[]) => ({ ports: numbers.map((port) => ({ port })), total: numbers.length });
const peers = (...addresses: string[]) => {
  const connections = addresses.map((address) => ({ remote_addr: address }));
  return { tcp_connections: { established_connections: { connections, total: addresses.length } } };
};

function messages(count: number, payloadBytes = 10): Send {
  return async (run) => {
    for (let i = 0; i < count; i++)
      await run.send(telemetryReported, { device, deviceTime: at(1) + i, metrics: { i }, labels: {}, payloadBytes });
  };
}

function desired(count: number): Send {
  return async (run) => {
    for (let i = 0; i < count; i++) {
      const said = { patch: `{"a":${i}}`, expectedVersion: null, actor: null };
      await run.send(twinDesired, { device, deviceTime: at(1) + i, ...said });
    }
  };
}

function refusals(count: number): Send {
  return async (run) => {
    const asked = { action: 'publish', resource: null, reason: null };
    for (let i = 0; i < count; i++) await run.send(authorizationRefused, { device, deviceTime: at(1) + i, ...asked });
  };
}

function attempts(accepted: number, refused: number, started: number): Send {
  return async (run) => {
    for (let i = 0; i < accepted + refused; i++) {
      const outcome = i < accepted ? 'ACCEPTED' : 'REFUSED';
      await run.send(connectionAttempted, { device, deviceTime: at(1) + i, outcome, clientId: null, reason: null });
    }
    for (let i = 0; i < started; i++)
      await run.send(sessionStarted, { device, deviceTime: at(1) + i, sessionId: `s${i}`, reason: null });
  };
}

function ends(count: number): Send {
  return async (run) => {
    for (let i = 0; i < count; i++)
      await run.send(sessionEnded, { device, deviceTime: at(1) + i, sessionId: `s${i}`, reason: null });
  };
}

function from(...addresses: string[]): Send {
  return async (run) => {
    for (const [i, sourceAddress] of addresses.entries())
      await run.send(telemetryReported, { device, deviceTime: at(1) + i, metrics: { i }, labels: {}, sourceAddress });
  };
}

const all = (...sends: Send[]): Send => {
  return async (run) => {
    for (const send of sends) await send(run);
  };
};

/** What was seen that is not normal: a number or the members; null where all is normal. */
type Seen = number | readonly string[] | null;
type Case = readonly [metric: string, operator: string, value: object, sends: Send, seen: Seen];

const count = (n: number) => ({ count: n });
const traffic = metrics({ network_stats: { bytes_in: 10, bytes_out: 20, packets_in: 3, packets_out: 4 } });
const open = metrics({ listening_tcp_ports: ports(22, 80, 443), listening_udp_ports: ports(53) });
const linked = metrics(peers('10.0.0.1:443', '10.9.9.9:1', '[2001:db8::1]:443'));
const custom = metrics(
  {},
  {
    pumps: [{ number: 1.5 }],
    levels: [{ number_list: [1, 2.5, 3] }],
    names: [{ string_list: ['a', 'b'] }],
    hosts: [{ ip_list: ['10.0.0.1', '2001:db8::5'] }],
  },
);

const CASES: readonly Case[] = [
  ['aws:all-bytes-in', 'less-than', count(11), traffic, null],
  ['aws:all-bytes-in', 'less-than', count(10), traffic, 10],
  ['aws:all-bytes-out', 'less-than-equals', count(20), traffic, null],
  ['aws:all-bytes-out', 'less-than-equals', count(19), traffic, 20],
  ['aws:all-packets-in', 'greater-than', count(2), traffic, null],
  ['aws:all-packets-in', 'greater-than', count(3), traffic, 3],
  ['aws:all-packets-out', 'greater-than-equals', count(4), traffic, null],
  ['aws:all-packets-out', 'greater-than-equals', count(5), traffic, 4],
  ['aws:num-listening-tcp-ports', 'less-than-equals', count(3), open, null],
  ['aws:num-listening-tcp-ports', 'less-than', count(3), open, 3],
  ['aws:num-listening-udp-ports', 'greater-than', count(0), open, null],
  ['aws:num-listening-udp-ports', 'greater-than', count(1), open, 1],
  ['aws:num-established-tcp-connections', 'less-than-equals', count(3), linked, null],
  ['aws:num-established-tcp-connections', 'less-than-equals', count(2), linked, 3],
  ['aws:listening-tcp-ports', 'in-port-set', { ports: [22, 80, 443] }, open, null],
  ['aws:listening-tcp-ports', 'in-port-set', { ports: [22, 443] }, open, ['80']],
  ['aws:listening-tcp-ports', 'not-in-port-set', { ports: [23] }, open, null],
  ['aws:listening-tcp-ports', 'not-in-port-set', { ports: [23, 80, 443] }, open, ['443', '80']],
  ['aws:listening-udp-ports', 'in-port-set', { ports: [53] }, open, null],
  ['aws:listening-udp-ports', 'not-in-port-set', { ports: [53] }, open, ['53']],
  ['aws:listening-udp-ports', 'in-port-set', { ports: [53] }, metrics({ listening_udp_ports: ports() }), null],
  ['aws:destination-ip-addresses', 'in-cidr-set', { cidrs: ['10.0.0.0/8', '2001:db8::/32'] }, linked, null],
  ['aws:destination-ip-addresses', 'in-cidr-set', { cidrs: ['10.0.0.0/16'] }, linked, ['10.9.9.9', '2001:db8::1']],
  ['aws:destination-ip-addresses', 'not-in-cidr-set', { cidrs: ['192.0.2.0/24', 'fe80::/10'] }, linked, null],
  ['aws:destination-ip-addresses', 'not-in-cidr-set', { cidrs: ['10.9.0.0/16'] }, linked, ['10.9.9.9']],
  ['pumps', 'less-than', { number: 1.6 }, custom, null],
  ['pumps', 'greater-than-equals', { number: 1.6 }, custom, 1.5],
  ['levels', 'in-set', { numbers: [1, 2.5, 3, 4] }, custom, null],
  ['levels', 'in-set', { numbers: [1, 3] }, custom, ['2.5']],
  ['levels', 'not-in-set', { numbers: [7] }, custom, null],
  ['levels', 'not-in-set', { numbers: [3, 7] }, custom, ['3']],
  ['names', 'in-set', { strings: ['a', 'b'] }, custom, null],
  ['names', 'in-set', { strings: ['a'] }, custom, ['b']],
  ['names', 'not-in-set', { strings: ['c'] }, custom, null],
  ['names', 'not-in-set', { strings: ['a', 'b'] }, custom, ['a', 'b']],
  ['hosts', 'in-cidr-set', { cidrs: ['10.0.0.0/24', '2001:db8::/64'] }, custom, null],
  ['hosts', 'in-cidr-set', { cidrs: ['10.0.0.0/24'] }, custom, ['2001:db8::5']],
  ['hosts', 'not-in-cidr-set', { cidrs: ['10.0.1.0/24'] }, custom, null],
  ['hosts', 'not-in-cidr-set', { cidrs: ['0.0.0.0/0'] }, custom, ['10.0.0.1']],
  ['aws:message-byte-size', 'less-than-equals', count(1024), all(messages(1, 1024), messages(1, 9)), null],
  ['aws:message-byte-size', 'less-than-equals', count(1023), all(messages(1, 9), messages(2, 1024)), 1024],
  ['aws:message-byte-size', 'greater-than', count(8), all(messages(1, 9), messages(2, 1024)), null],
  ['aws:message-byte-size', 'greater-than', count(9), all(messages(2, 9), messages(1, 1024)), 9],
  ['aws:num-messages-sent', 'less-than', count(4), all(messages(3), desired(5)), null],
  ['aws:num-messages-sent', 'less-than', count(3), all(messages(3), desired(5)), 3],
  ['aws:num-messages-received', 'less-than-equals', count(2), all(messages(9), desired(2)), null],
  ['aws:num-messages-received', 'less-than-equals', count(1), all(messages(9), desired(2)), 2],
  ['aws:num-messages-received', 'greater-than', count(0), messages(1), 0],
  ['aws:num-authorization-failures', 'less-than', count(5), refusals(4), null],
  ['aws:num-authorization-failures', 'less-than', count(5), refusals(5), 5],
  ['aws:num-connection-attempts', 'less-than-equals', count(3), attempts(2, 1, 2), null],
  ['aws:num-connection-attempts', 'less-than-equals', count(3), attempts(0, 2, 2), 4],
  ['aws:num-disconnects', 'less-than-equals', count(2), ends(2), null],
  ['aws:num-disconnects', 'less-than-equals', count(2), ends(3), 3],
  ['aws:source-ip-address', 'in-cidr-set', { cidrs: ['12.8.0.0/16'] }, from('12.8.1.1', '::ffff:12.8.2.2'), null],
  ['aws:source-ip-address', 'in-cidr-set', { cidrs: ['12.8.0.0/16'] }, from('12.8.1.1', '15.1.1.1'), ['15.1.1.1']],
  ['aws:source-ip-address', 'not-in-cidr-set', { cidrs: ['15.0.0.0/8'] }, from('12.8.1.1'), null],
  ['aws:source-ip-address', 'not-in-cidr-set', { cidrs: ['15.0.0.0/8'] }, from('15.1.1.1'), ['15.1.1.1']],
  // The session ended a minute after the window began, which is four minutes before its end.
  ['aws:disconnect-duration', 'less-than-equals', count(4), ends(1), null],
  ['aws:disconnect-duration', 'less-than', count(4), ends(1), 4],
  ['aws:disconnect-duration', 'less-than', count(4), all(attempts(0, 0, 1), messages(1)), null],
];

async function violations(run: Simulation, behavior: object, sends: Send): Promise<readonly Seen[]> {
  const profile = { securityProfileName: 'p', behaviors: [{ name: 'b', ...behavior }] };
  await run.advanceTo(at(0));
  const value = { profiles: [profileOf(profile, 'p.json')] };
  expect(securityProfiles.check?.(value)).toBeNull();
  await run.decide(securityProfiles, value);
  await run.advanceTo(at(1));
  await sends(run);
  await until(run, 2, 6);
  return run.read(topics.violations).map(({ value: number, members }) => number ?? members);
}

describe('a profile of AWS finds what its criteria do not call normal', () => {
  test.each(CASES)('%s %s %j', async (metric, comparisonOperator, value, sends, seen) => {
    const behavior = { metric, criteria: { comparisonOperator, value } };
    const found = await violations(await simulate(detect), behavior, sends);
    expect(found).toEqual(seen === null ? [] : [seen]);
  });

  test('nothing was measured where nothing was heard', async () => {
    for (const metric of ['aws:num-messages-sent', 'aws:num-disconnects', 'aws:all-bytes-in']) {
      const behavior = { metric, criteria: { comparisonOperator: 'greater-than', value: { count: 0 } } };
      expect(await violations(await simulate(detect), behavior, async () => {})).toEqual([]);
    }
  });

  test.each([300, 600, 900, 1800, 3600])('what adds up does so over %d s', async (durationSeconds) => {
    const run = await simulate(detect);
    const criteria = { comparisonOperator: 'less-than', value: { count: 2 }, durationSeconds };
    const behavior = { metric: 'aws:num-messages-sent', criteria };
    await violations(run, behavior, messages(1));
    const length = durationSeconds / 60;
    await until(run, 7, length - 1);
    const newest = length === 5 ? 2 : length - 1;
    await run.send(telemetryReported, { device, deviceTime: at(newest), metrics: {}, labels: {} });
    await until(run, Math.max(7, length), length + 2);
    expect(run.read(topics.violations)).toMatchObject([{ value: 2, windowStart: at(0), eventTime: at(length) }]);
  });

  test('of topics of a dimension alone, or of all others', async () => {
    for (const [operator, seen] of [
      ['IN', 1],
      ['NOT_IN', 3],
    ] as const) {
      const run = await simulate(detect);
      await run.advanceTo(at(0));
      const metricDimension = { dimensionName: 'telemetry', operator };
      const criteria = { comparisonOperator: 'less-than', value: { count: 1 } };
      const behaviors = [{ name: 'b', metric: 'aws:num-messages-sent', metricDimension, criteria }];
      const filters = new Map([['telemetry', ['fleetstream/v1/+/+/behaviour']]]);
      const profile = profileOf({ securityProfileName: 'p', behaviors }, 'p.json', filters);
      await run.decide(securityProfiles, { profiles: [profile] });
      await all(messages(3), traffic)(run);
      await until(run, 1, 6);
      expect(run.read(topics.violations).map(({ value }) => value)).toEqual([seen]);
    }
  });
});
