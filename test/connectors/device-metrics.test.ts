import { expect, test } from 'vitest';
import type { Message } from '#sdk';
import { http, mqtt } from '#connectors';

const NOW = Date.UTC(2026, 5, 1, 12);
const about = { contentType: 'application/json', params: {}, receivedAt: NOW, sourceAddress: null, region: null };
const overMqtt = (body: unknown): Message => ({
  ...about,
  address: 'fleetstream/v1/acme/d-1/behaviour',
  body: Buffer.from(JSON.stringify(body)),
});

const LONG = {
  header: { report_id: 1530304554, version: '1.0' },
  metrics: {
    listening_tcp_ports: { ports: [{ interface: 'eth0', port: 24800 }, { port: 22 }], total: 3 },
    listening_udp_ports: { ports: [{ interface: 'eth0', port: 5353 }], total: 1 },
    network_stats: { bytes_in: 29358693495, bytes_out: 26485035, packets_in: 10013573555, packets_out: 11382615 },
    tcp_connections: {
      established_connections: {
        connections: [
          { local_interface: 'eth0', local_port: 80, remote_addr: '192.168.0.1:8000' },
          { remote_addr: '[2001:db8::1]:443' },
        ],
        total: 5,
      },
    },
  },
  custom_metrics: {
    pumps: [{ number: 1.5 }],
    levels: [{ number_list: [1, 2, 3] }],
    names: [{ string_list: ['a', 'b'] }],
    peers: [{ ip_list: ['172.0.0.0', '10.0.0.1'] }],
  },
};

const SHORT = {
  hed: { rid: 1530304554, v: '1.0' },
  met: {
    tp: { pts: [{ if: 'eth0', pt: 24800 }, { pt: 22 }], t: 3 },
    up: { pts: [{ if: 'eth0', pt: 5353 }], t: 1 },
    ns: { bi: 29358693495, bo: 26485035, pi: 10013573555, po: 11382615 },
    tc: { ec: { cs: [{ li: 'eth0', lp: 80, rad: '192.168.0.1:8000' }, { rad: '[2001:db8::1]:443' }], t: 5 } },
  },
  cmet: LONG.custom_metrics,
};

const BEHAVIOUR = {
  reportId: 1530304554,
  listeningTcpPorts: [24800, 22],
  listeningTcpPortCount: 3,
  listeningUdpPorts: [5353],
  listeningUdpPortCount: 1,
  bytesIn: 29358693495,
  bytesOut: 26485035,
  packetsIn: 10013573555,
  packetsOut: 11382615,
  remoteAddresses: ['192.168.0.1:8000', '[2001:db8::1]:443'],
  connectionCount: 5,
  numbers: { pumps: 1.5 },
  numberLists: { levels: [1, 2, 3] },
  stringLists: { names: ['a', 'b'] },
  ipLists: { peers: ['172.0.0.0', '10.0.0.1'] },
};

test.each([
  ['long', LONG],
  ['short', SHORT],
])('a device metrics report with %s names is a report of behaviour, over MQTT and over HTTP', (_, report) => {
  expect(mqtt.translate(overMqtt(report))).toMatchObject([
    { kind: 'event', value: { device: 'd-1', deviceTime: null, eventTime: NOW, ...BEHAVIOUR } },
  ]);
  const body = { tenant: 'acme', device: 'd-1', type: 'behaviour', time: NOW - 1000, ...report };
  const message = { ...about, address: 'POST /v1/events', body: Buffer.from(JSON.stringify(body)) };
  expect(http.translate(message)).toMatchObject([{ kind: 'event', value: { eventTime: NOW - 1000, ...BEHAVIOUR } }]);
});

test('what a device metrics report leaves out was not reported', () => {
  const report = { header: { report_id: 1, version: '1.0' }, metrics: { listening_tcp_ports: { ports: [] } } };
  expect(mqtt.translate(overMqtt(report))).toMatchObject([
    { kind: 'event', value: { listeningTcpPorts: [], listeningTcpPortCount: null, bytesIn: null, numbers: {} } },
  ]);
});

const header = LONG.header;

test.each([
  ['an unknown metric', { header, metrics: { tcp: {} } }, 'unknown_field', '/metrics/tcp'],
  ['a member by both names', { header, metrics: {}, met: {} }, 'json_duplicate_member', '/met'],
  ['ports that are no list', { hed: {}, met: { tp: { pts: 22 } } }, 'invalid_type', '/met/tp/pts'],
  ['a port that is no object', { hed: {}, met: { tp: { pts: [{}, 22] } } }, 'invalid_type', '/met/tp/pts/1'],
  ['a port without a number', { hed: {}, met: { tp: { pts: [{}] } } }, 'invalid_type', '/listeningTcpPorts/0'],
  ['bytes that are no number', { hed: {}, met: { ns: { bi: { kind: 'rejection' } } } }, 'invalid_type', '/bytesIn'],
  ['a custom metric of no type', { header, custom_metrics: { a: [{ text: 'x' }] } }, 'invalid_type', '/custom_metrics'],
  [
    'a custom metric named after a prototype',
    { header, custom_metrics: { a: [{ constructor: 1 }] } },
    'invalid_type',
    '/custom_metrics',
  ],
  ['custom metrics that are no object', { header, custom_metrics: 5 }, 'invalid_type', '/custom_metrics'],
  ['a header that is none', { header: 1 }, 'invalid_type', '/header'],
  ['a member beside it', { header, kind: 'rejection' }, 'unknown_field', '/kind'],
])('%s is refused', (_, report, code, path) => {
  expect(mqtt.translate(overMqtt(report))).toMatchObject([{ kind: 'rejection', code, path }]);
});
