import { z } from 'zod';

const TEXT_MAX = 4_096;
const TOKEN_CHARACTERS_MIN = 16;
const PARTITIONS_MAX = 1_024;
const ESCAPED = ', where a % of the password is %25';

/** Everything that can be set, once: the file's shape, the environment's names and the README's table follow. */
export const Settings = z.strictObject({
  data: text('a folder').default('./.fleetstream').meta({ doc: 'Folder of the log, state, tables and log file.' }),
  region: text('a name').nullable().default(null).meta({ doc: 'Region that events are marked with.' }),
  partitions: whole(1, PARTITIONS_MAX).default(16).meta({ doc: 'Partitions of the log; fixed once data exists.' }),
  processors: text('names, with commas between').nullable().default(null).meta({
    doc: 'Processors that `up` runs, by name with commas between, or `all`; without it ledger and twin. On Kafka, those that run somewhere: a stage waits for all before it.',
  }),
  mqtt: z
    .strictObject({
      host: text('an address').default('127.0.0.1').meta({ doc: 'Address of the embedded MQTT broker.' }),
      port: port().default(1883).meta({ doc: 'Port of the embedded MQTT broker.' }),
      broker: address()
        .nullable()
        .default(null)
        .meta({ doc: 'Your own broker; then no embedded one starts.', secret: true }),
      version: choice(['3.1.1', '5']).default('5').meta({ doc: 'MQTT version spoken to your own broker.' }),
      client: text('a name').default('fleetstream').meta({ doc: 'Client id at your own broker; one for each copy.' }),
      tenant: text('a name').nullable().default(null).meta({
        doc: 'Tenant of devices whose topics name none: those that report to `$aws/things/<thing>/defender/metrics`. Your own broker is asked for these topics only where it is set.',
      }),
      group: text('a name')
        .nullable()
        .default(null)
        .meta({ doc: 'Group that shares the subscription at your broker.' }),
    })
    .prefault({}),
  http: z
    .strictObject({
      host: text('an address').default('127.0.0.1').meta({ doc: 'Address of the HTTP API.' }),
      port: port().default(8080).meta({ doc: 'Port of the HTTP API.' }),
    })
    .prefault({}),
  clickhouse: z
    .strictObject({
      host: text('an address').default('127.0.0.1').meta({ doc: 'Address of the ClickHouse HTTP interface.' }),
      port: port().default(8123).meta({ doc: 'Port of the ClickHouse HTTP interface.' }),
      url: httpAddress('https://user:password@clickhouse.example:8443').nullable().default(null).meta({
        doc: 'Your own ClickHouse server, which `sink` fills; of a cluster one replica, not a balancer before them.',
        secret: true,
      }),
      database: name().default('fleet').meta({ doc: 'Database of the tables in that server.' }),
      cluster: name().nullable().default(null).meta({
        doc: 'Cluster, by its name in `system.clusters`: its replicas hold every table, and its shards share the rows where it has several.',
      }),
    })
    .prefault({}),
  kafka: z
    .strictObject({
      brokers: text('brokers as host:port, with commas between')
        .nullable()
        .default(null)
        .meta({ doc: 'Brokers of your Kafka cluster, as host:port with commas between; then the log is there.' }),
      instance: text('a name').nullable().default(null).meta({
        doc: 'Name of this process in the cluster: the same after a restart, another for each copy. By default the host.',
      }),
      tls: choice(['off', 'on']).default('off').meta({ doc: 'Whether the brokers are reached over TLS.' }),
      ca: file().meta({ doc: 'Certificate authority of the brokers, in PEM; without it those that Node trusts.' }),
      cert: file().meta({ doc: 'Certificate of this client, in PEM, for mutual TLS.' }),
      key: file().meta({ doc: 'Key of that certificate, in PEM.' }),
      sasl: choice(['none', 'plain', 'scram-sha-256', 'scram-sha-512'])
        .default('none')
        .meta({ doc: 'How this client tells who it is, besides TLS.' }),
      username: text('a name').nullable().default(null).meta({ doc: 'User of SASL.' }),
      password: text('a password').nullable().default(null).meta({ doc: 'Password of SASL.', secret: true }),
      replicas: whole(1, 15)
        .nullable()
        .default(null)
        .meta({ doc: 'Replicas of topics that are made; without it what the cluster does by itself.' }),
      insync: whole(1, 15)
        .nullable()
        .default(null)
        .meta({ doc: 'Replicas that must have a record before it is acknowledged, of topics that are made.' }),
      compression: choice(['lz4', 'none']).default('lz4').meta({ doc: 'How records are packed.' }),
    })
    .prefault({}),
  retention: z
    .strictObject({
      hours: whole(1, 87_600).nullable().default(null).meta({
        doc: 'How long `up` keeps events, what it derived, and dead letters in its log once the tables have them; without it for ever.',
      }),
      between: whole(1, 87_600).nullable().default(null).meta({
        doc: 'How long `up` and `run` keep what one processor tells the next, once every stage that reads it has folded it, in hours; without it for ever.',
      }),
    })
    .prefault({}),
  registry: z
    .strictObject({
      url: httpAddress('https://user:password@registry.example/apis/ccompat/v7').nullable().default(null).meta({
        doc: 'Your own Confluent-compatible schema registry; without it a file keeps the schemas.',
        secret: true,
      }),
      token: z
        .string()
        .regex(/^[\x21-\x7e]{1,4096}$/)
        .meta({ expected: 'a token without spaces' })
        .nullable()
        .default(null)
        .meta({ doc: 'Bearer token for it, instead of a user and password in its URL.', secret: true }),
    })
    .prefault({}),
  tokens: z
    .strictObject({
      device: token().meta({ doc: 'What devices present: Bearer token of HTTP, password of MQTT.', secret: true }),
      operator: token().meta({ doc: 'What operators present to set desired state.', secret: true }),
      analyst: token().meta({ doc: 'Password of the ClickHouse interface.', secret: true }),
    })
    .prefault({}),
  webhook: z
    .strictObject({
      url: httpAddress('https://user:password@alerts.example/hook').nullable().default(null).meta({
        doc: 'Who is told of alerts, by POST; without it nobody is. `up` and `webhook` tell what comes from the first start with it on.',
        secret: true,
      }),
      secrets: secrets().meta({
        doc: 'Secrets that sign what is sent, by the Standard Webhooks specification, with commas between; several while one replaces another.',
        secret: true,
      }),
      format: choice(['native', 'ocsf'])
        .default('native')
        .meta({ doc: 'What is sent: the alert as it is in the log, or a Detection Finding of OCSF 1.3.0.' }),
      timeout: whole(1, 300).default(15).meta({ doc: 'Seconds within which the receiver must answer.' }),
      patience: whole(1, 10_080).default(60).meta({
        doc: 'Minutes for which an alert is tried that the receiver does not take although it takes others; then it goes to the dead letters.',
      }),
      keep: whole(1, 720).default(72).meta({
        doc: 'Hours after which an alert is too old to be told to a receiver that is away; then it goes to the dead letters.',
      }),
      plain: choice(['off', 'on'])
        .default('off')
        .meta({ doc: 'Whether alerts may go without TLS to another machine.' }),
    })
    .prefault({}),
  telemetry: z
    .strictObject({
      metrics: choice(['off', 'prometheus', 'otlp'])
        .default('off')
        .meta({ doc: 'Whether metrics are served to Prometheus, or sent to `OTEL_EXPORTER_OTLP_ENDPOINT`.' }),
      host: text('an address').default('127.0.0.1').meta({ doc: 'Address that Prometheus reads.' }),
      port: port().default(9464).meta({ doc: 'Port that Prometheus reads, at `/metrics`.' }),
      traces: z
        .strictObject({
          share: z
            .number()
            .min(0)
            .max(1)
            .meta({ expected: 'a number from 0 to 1' })
            .default(0)
            .meta({ doc: 'Share of devices whose events are traced, to `OTEL_EXPORTER_OTLP_ENDPOINT`.' }),
        })
        .prefault({}),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: choice(['debug', 'info', 'warn', 'error']).default('info').meta({ doc: 'Least level that is logged.' }),
      format: choice(['auto', 'text', 'json'])
        .default('auto')
        .meta({ doc: '`text` for people, `json` for machines; `auto` is text on a terminal.' }),
    })
    .prefault({}),
});

function text(expected: string) {
  return z.string().min(1).max(TEXT_MAX).meta({ expected });
}

function name() {
  return z
    .string()
    .regex(/^[A-Za-z_]\w{0,63}$/)
    .meta({ expected: 'a name of letters, digits and _' });
}

function whole(min: number, max: number) {
  return z
    .int()
    .min(min)
    .max(max)
    .meta({ expected: `a whole number from ${min} to ${max}` });
}

function port() {
  return z.int().min(0).max(65_535).meta({ expected: 'a port from 0 to 65535, 0 for any free one' });
}

function address() {
  return z
    .url({ protocol: /^(?:mqtts?|wss?)$/ })
    .refine(hasReadableUser)
    .meta({ expected: `a URL such as mqtts://user:password@broker.example:8883${ESCAPED}` });
}

function httpAddress(example: string) {
  return z
    .url({ protocol: /^https?$/ })
    .refine(hasReadableUser)
    .meta({ expected: `a URL such as ${example}${ESCAPED}` });
}

/** Whether user and password are escaped as a URL wants it, since clients unescape them. */
function hasReadableUser(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

function token() {
  const characters = z.string().regex(new RegExp(`^[\\x21-\\x7e]{${TOKEN_CHARACTERS_MIN},256}$`));
  const expected = `${TOKEN_CHARACTERS_MIN} to 256 printable characters without spaces`;
  return characters.meta({ expected }).nullable().default(null);
}

function secrets() {
  return z
    .string()
    .regex(/^\s*whsec_[A-Za-z0-9+/]{32,88}={0,2}\s*(?:,\s*whsec_[A-Za-z0-9+/]{32,88}={0,2}\s*){0,9}$/)
    .meta({ expected: 'secrets such as whsec_ and 24 to 64 bytes in base64, with commas between' })
    .nullable()
    .default(null);
}

function file() {
  return text('the path of a file').nullable().default(null);
}

function choice<const T extends readonly [string, ...string[]]>(options: T) {
  return z.enum(options).meta({ expected: `one of ${options.join(', ')}` });
}
