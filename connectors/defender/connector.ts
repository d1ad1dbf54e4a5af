import {
  checkNames,
  connector,
  type Delivery,
  isObject,
  type Message,
  mqtt as source,
  PAYLOAD_BYTES_MAX,
  parseJson,
  type Rejection,
  reject,
  type Translated,
} from '#sdk';
import { behaviourReported, eventReader, isDeviceMetrics } from '#schemas';
import { CborError, decodeCbor, encodeCbor } from './cbor.ts';

const FORMATS = ['json', 'cbor'] as const;

type Format = (typeof FORMATS)[number];

/**
 * Device metrics reports of AWS IoT Device Defender, from devices that speak the topics of AWS: they need another
 * address of their broker, and nothing else. Each report is answered as AWS does, on the topic below.
 */
export const defender = connector({
  name: 'defender',
  doc: 'Accepts device metrics reports on topics of AWS IoT, $aws/things/<thing>/defender/metrics/json and cbor, and answers there.',
  source: source.topics('$aws/things/+/defender/metrics/+', '$aws/things/+/defender/metrics/+/+'),
  produces: [behaviourReported],
  translate: (message) => [translate(message)],
  answer: (message, rejection) => answer(message, rejection),
});

const read = eventReader(behaviourReported);

function translate(message: Message): Translated | Rejection {
  const { thing, format } = partsOf(message.address);
  const { tenant = null } = message;
  if (tenant === null) {
    const next = 'set mqtt.tenant (FLEETSTREAM_MQTT_TENANT)';
    return reject('tenant_unset', `topics of AWS name no tenant; ${next} to the one that things belong to`);
  }
  const refused = checkNames(tenant, thing);
  if (refused !== null) return refused;
  const about = { tenant, device: thing };
  if (format === null) return { ...reject('unknown_event', `a report is ${FORMATS.join(' or ')}`), about };
  const parsed = parse(message.body, format);
  if ('kind' in parsed) return { ...parsed, about };
  if (!isDeviceMetrics(parsed.value)) {
    return { ...reject('header_missing', 'a device metrics report has a header', '/header'), about };
  }
  const { receivedAt, sourceAddress, region, body } = message;
  const whose = { ...about, receivedAt, source: defender.name, sourceAddress, region };
  const outcome = read(parsed.value, { ...whose, text: parsed.text, payloadBytes: body.length });
  return outcome.kind === 'event' ? outcome : { ...outcome, about };
}

function parse(body: Uint8Array, format: Format): ReturnType<typeof parseJson> {
  if (format === 'json') return parseJson(body);
  if (body.length > PAYLOAD_BYTES_MAX)
    return reject('payload_too_large', `an event has at most ${PAYLOAD_BYTES_MAX} bytes, this one ${body.length}`);
  try {
    const value = decodeCbor(body);
    return { text: JSON.stringify(value), value };
  } catch (error) {
    if (error instanceof CborError) return reject('cbor_malformed', `the payload is no such CBOR: ${error.message}`);
    throw error;
  }
}

/** What AWS answers: whose report of which number was taken, or why it was not. */
function answer({ address, body, receivedAt }: Message, rejection: Rejection | null): readonly Delivery[] {
  const { thing, format } = partsOf(address);
  if (format === null) return [];
  const reportId = reportIdOf(body, format);
  const status = rejection === null ? 'ACCEPTED' : 'REJECTED';
  const why =
    rejection === null
      ? {}
      : { statusDetails: { ErrorCode: 'InvalidPayload', ErrorMessage: `${rejection.code}: ${rejection.detail}` } };
  const known = reportId === null ? {} : { reportId };
  const said = { thingName: thing, ...known, status, ...why, timestamp: Math.floor(receivedAt / 1000) };
  const encoded = format === 'json' ? JSON.stringify(said) : encodeCbor(said);
  return [{ address: `${address}/${status.toLowerCase()}`, body: encoded, retain: false }];
}

/** Null where the report cannot be read, or says none. */
function reportIdOf(body: Uint8Array, format: Format): number | null {
  const parsed = parse(body, format);
  const value = 'kind' in parsed || !isObject(parsed.value) ? {} : parsed.value;
  const header = value['header'] ?? value['hed'];
  const id = isObject(header) ? (header['report_id'] ?? header['rid']) : null;
  return Number.isSafeInteger(id) ? (id as number) : null;
}

function partsOf(topic: string): { readonly thing: string; readonly format: Format | null } {
  const [, , thing = '', , , last = ''] = topic.split('/');
  return { thing, format: FORMATS.find((each) => each === last) ?? null };
}
