import {
  checkNames,
  connector,
  http as source,
  isObject,
  type Message,
  parseJson,
  type Rejection,
  reject,
  type Sender,
  type Translated,
} from '#sdk';
import { eventReader, events, twinDesired } from '#schemas';

/** Events of one NDJSON batch. */
export const BATCH_EVENTS_MAX = 10_000;

export const NDJSON = 'application/x-ndjson';

/** Where operators send their events, which devices must not. */
export const OPERATOR_PATH = '/v1/operator/events';

/** JSON over HTTP: events of devices, singly or as NDJSON, and desired state by operators. */
export const http = connector({
  name: 'http',
  doc: 'Accepts events of devices and of operators as JSON or as a batch of NDJSON, and the desired state of devices.',
  source: source.routes(
    { method: 'POST', path: '/v1/events', sender: 'device' },
    { method: 'POST', path: OPERATOR_PATH, sender: 'operator' },
    { method: 'PUT', path: '/v1/twins/:tenant/:device/desired', sender: 'operator' },
  ),
  produces: events,

  translate(message) {
    if (message.address.startsWith('PUT ')) return [translateDesired(message)];
    if (message.contentType === NDJSON) return translateBatch(message);
    return [translateEvent(message, message.body)];
  },
});

const ADDRESS = ['tenant', 'device', 'type'];
const routes = new Map(events.map((event) => [event.route, { event, read: eventReader(event, ADDRESS) }]));
const readDesired = eventReader(twinDesired);

function translateDesired(message: Message): Translated | Rejection {
  const { tenant = '', device = '' } = message.params;
  const refused = checkNames(tenant, device);
  if (refused !== null) return refused;
  const about = { tenant, device };
  const parsed = parseJson(message.body);
  if ('kind' in parsed) return { ...parsed, about };
  const outcome = readDesired(parsed.value, arrivalOf(message, about, parsed.text, message.body.length));
  return outcome.kind === 'event' ? outcome : { ...outcome, about };
}

function translateEvent(message: Message, bytes: Uint8Array): Translated | Rejection {
  const parsed = parseJson(bytes);
  if ('kind' in parsed) return parsed;
  const { value } = parsed;
  if (!isObject(value))
    return reject('invalid_type', `an event is a JSON object; a batch has one on each line and the type ${NDJSON}`);
  const { tenant, device, type } = value;
  for (const name of ADDRESS) {
    if (value[name] === undefined) return reject('missing_field', `an event needs "${name}"`, `/${name}`);
  }
  const refused = checkNames(tenant, device);
  if (refused !== null) return refused;
  const about = { tenant: tenant as string, device: device as string };
  if (typeof type !== 'string') return { ...reject('invalid_type', '"type" is a string', '/type'), about };
  const route = routes.get(type);
  const sender = message.address === `POST ${OPERATOR_PATH}` ? 'operator' : 'device';
  if (sender === 'device' && route?.event.sender === 'operator')
    return { ...reject('operator_only', `devices cannot send ${type}`, '/type'), about };
  if (route?.event.sender !== sender)
    return { ...reject('unknown_event', `"type" is one of ${TYPES[sender]}`, '/type'), about };
  const outcome = route.read(value, arrivalOf(message, about, parsed.text, bytes.length));
  return outcome.kind === 'event' ? outcome : { ...outcome, about };
}

const typesOf = (by: Sender) =>
  events
    .filter(({ sender }) => sender === by)
    .map(({ route }) => route)
    .join(', ');
const TYPES = { device: typesOf('device'), operator: typesOf('operator') };

/** One outcome for each line that is not blank. */
function translateBatch(message: Message): (Translated | Rejection)[] {
  const outcomes: (Translated | Rejection)[] = [];
  for (const line of linesOf(message.body)) {
    if (outcomes.length === BATCH_EVENTS_MAX) {
      return [reject('batch_too_large', `a batch has at most ${BATCH_EVENTS_MAX} events; send more than one`)];
    }
    const outcome = translateEvent(message, line);
    outcomes.push(outcome.kind === 'event' ? outcome : { ...outcome, original: line });
  }
  return outcomes.length > 0 ? outcomes : [reject('json_malformed', 'the batch has no line')];
}

const NEWLINE = 10;
const BLANK: ReadonlySet<number> = new Set([9, 13, 32]);

function* linesOf(body: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < body.length; ) {
    const found = body.indexOf(NEWLINE, start);
    const end = found === -1 ? body.length : found;
    const line = body.subarray(start, end);
    if (line.some((byte) => !BLANK.has(byte))) yield line;
    start = end + 1;
  }
}

function arrivalOf(
  message: Message,
  about: { readonly tenant: string; readonly device: string },
  text: string,
  payloadBytes: number,
) {
  const { receivedAt, sourceAddress, region } = message;
  return {
    tenant: about.tenant,
    device: about.device,
    receivedAt,
    source: http.name,
    sourceAddress,
    region,
    text,
    payloadBytes,
  };
}
