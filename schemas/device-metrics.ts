import { isObject, type Rejection, reject } from '#sdk';

/** The members of an object by their long names: the short name, and what is within. */
interface Shape {
  readonly [name: string]: readonly [short: string, within?: Shape | { readonly each: Shape }];
}

const PORTS: Shape = { ports: ['pts', { each: { interface: ['if'], port: ['pt'] } }], total: ['t'] };

const CONNECTION: Shape = { local_interface: ['li'], local_port: ['lp'], remote_addr: ['rad'] };

/** A device metrics report of AWS IoT Device Defender, by its long and its short names. */
const REPORT: Shape = {
  header: ['hed', { report_id: ['rid'], version: ['v'] }],
  metrics: [
    'met',
    {
      listening_tcp_ports: ['tp', PORTS],
      listening_udp_ports: ['up', PORTS],
      network_stats: ['ns', { bytes_in: ['bi'], bytes_out: ['bo'], packets_in: ['pi'], packets_out: ['po'] }],
      tcp_connections: [
        'tc',
        { established_connections: ['ec', { connections: ['cs', { each: CONNECTION }], total: ['t'] }] },
      ],
    },
  ],
  custom_metrics: ['cmet'],
};

/** Lists that a custom metric may be, by their names in a report and in an event. */
const CUSTOM = {
  number: 'numbers',
  number_list: 'numberLists',
  string_list: 'stringLists',
  ip_list: 'ipLists',
} as const;

/** True for a device metrics report of AWS IoT Device Defender, which has a header where an event has none. */
export function isDeviceMetrics(body: unknown): body is Readonly<Record<string, unknown>> {
  return isObject(body) && ('header' in body || 'hed' in body);
}

/**
 * A device metrics report of AWS IoT Device Defender as the JSON of BehaviourReported; members that are not of the
 * report, such as `time`, stay. What is unknown or of another form is refused.
 */
export function behaviourOfMetrics(
  body: Readonly<Record<string, unknown>>,
): Rejection | { readonly behaviour: Renamed } {
  const entries = Object.entries(body);
  const isOwn = ([name]: readonly [string, unknown]) => longName(REPORT, name) !== null;
  const rest = Object.fromEntries(entries.filter((entry) => !isOwn(entry)));
  const report = renamed(Object.fromEntries(entries.filter(isOwn)), REPORT, '');
  if (report instanceof Refused) return report.rejection;
  const metrics = part(report, 'metrics');
  const [tcp, udp, stats] = ['listening_tcp_ports', 'listening_udp_ports', 'network_stats'].map((n) =>
    part(metrics, n),
  );
  const established = part(part(metrics, 'tcp_connections'), 'established_connections');
  const custom = customOf(report['custom_metrics'] ?? {});
  if (custom instanceof Refused) return custom.rejection;
  const said = {
    ...rest,
    reportId: part(report, 'header')['report_id'],
    listeningTcpPorts: fieldOfEach(tcp?.['ports'], 'port'),
    listeningTcpPortCount: tcp?.['total'],
    listeningUdpPorts: fieldOfEach(udp?.['ports'], 'port'),
    listeningUdpPortCount: udp?.['total'],
    bytesIn: stats?.['bytes_in'],
    bytesOut: stats?.['bytes_out'],
    packetsIn: stats?.['packets_in'],
    packetsOut: stats?.['packets_out'],
    remoteAddresses: fieldOfEach(established['connections'], 'remote_addr'),
    connectionCount: established['total'],
    ...custom,
  };
  return { behaviour: Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) };
}

type Renamed = Readonly<Record<string, unknown>>;

/** A class, since what is taken may be an object with any members. */
class Refused {
  readonly rejection: Rejection;

  constructor(code: string, detail: string, path: string) {
    this.rejection = reject(code, detail, path);
  }
}

/** The same with long names throughout. */
function renamed(value: unknown, shape: Shape, path: string): Renamed | Refused {
  if (!isObject(value)) return new Refused('invalid_type', 'an object is expected', path);
  const long: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const at = `${path}/${name.slice(0, 128).replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const known = longName(shape, name);
    if (known === null)
      return new Refused('unknown_field', `a device metrics report has no member "${name.slice(0, 128)}" here`, at);
    if (Object.hasOwn(long, known))
      return new Refused('json_duplicate_member', `"${known}" is there by both its names`, at);
    const within = shape[known]?.[1];
    const taken = within === undefined ? member : renamedWithin(member, within, at);
    if (taken instanceof Refused) return taken;
    long[known] = taken;
  }
  return long;
}

function renamedWithin(value: unknown, within: Shape | { readonly each: Shape }, path: string): unknown {
  const { each } = within;
  if (each === undefined || Array.isArray(each)) return renamed(value, within as Shape, path);
  if (!Array.isArray(value)) return new Refused('invalid_type', 'a list is expected', path);
  const items = value.map((item, index) => renamed(item, each as Shape, `${path}/${index}`));
  return items.find((item) => item instanceof Refused) ?? items;
}

function longName(shape: Shape, name: string): string | null {
  if (Object.hasOwn(shape, name)) return name;
  return Object.keys(shape).find((long) => shape[long]?.[0] === name) ?? null;
}

/** Each custom metric is a list with one object, which has one member that says its type. */
function customOf(custom: unknown): Renamed | Refused {
  if (!isObject(custom)) return new Refused('invalid_type', 'an object is expected', '/custom_metrics');
  const maps: Record<string, Record<string, unknown>> = { numbers: {}, numberLists: {}, stringLists: {}, ipLists: {} };
  for (const [name, value] of Object.entries(custom)) {
    const [only, ...more] = Array.isArray(value) ? (value as unknown[]) : [];
    const [entry, ...others] = isObject(only) ? Object.entries(only) : [];
    const own = Object.entries(CUSTOM).find(([form]) => form === entry?.[0])?.[1];
    if (entry === undefined || own === undefined || more.length > 0 || others.length > 0) {
      const forms = Object.keys(CUSTOM).join(', ');
      return new Refused(
        'invalid_type',
        `a custom metric is [{"<type>": …}], the type being one of ${forms}`,
        '/custom_metrics',
      );
    }
    Object.defineProperty(maps[own] as object, name, {
      value: entry[1],
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return maps;
}

function part(of: Renamed | undefined, name: string): Renamed {
  const value = of?.[name];
  return isObject(value) ? value : {};
}

function fieldOfEach(list: unknown, field: string): readonly unknown[] | undefined {
  return Array.isArray(list) ? list.map((item: unknown) => (item as Renamed)[field]) : undefined;
}
