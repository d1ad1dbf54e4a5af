import {
  checkNames,
  connector,
  type Message,
  mqtt as source,
  parseJson,
  type Rejection,
  reject,
  type Translated,
} from '#sdk';
import { eventReader, events, TwinDelta } from '#schemas';

const ROOT = 'fleetstream/v1/';

/** JSON over MQTT: `fleetstream/v1/<tenant>/<device>/<event>`. */
export const mqtt = connector({
  name: 'mqtt',
  doc: 'Accepts events as JSON on the topics fleetstream/v1/<tenant>/<device>/<event>, and tells devices what they still lack of their desired state.',
  source: source.topics(`${ROOT}+/+/#`, `${ROOT}+/+/twin/desired`),
  produces: events.filter(({ sender }) => sender === 'device'),
  translate: (message) => [translate(message)],

  deliver({ type, value }) {
    if (type !== TwinDelta.name) return [];
    const { tenant, device, version, eventTime, delta, metadata } = value as TwinDelta;
    // Not the operator's patch but what was accepted, as a whole, so a lost or repeated message does no harm.
    const body = `{"version":${version},"time":${eventTime},"delta":${delta},"metadata":${metadata}}`;
    return [{ address: `${ROOT}${tenant}/${device}/twin/desired`, body, retain: true }];
  },
});

const readers = new Map(events.map((event) => [event.route, eventReader(event)]));
const operatorRoutes: ReadonlySet<string> = new Set(
  events.filter(({ sender }) => sender === 'operator').map(({ route }) => route),
);

function translate(message: Message): Translated | Rejection {
  const address = parseTopic(message.address);
  if ('kind' in address) return address;
  const { tenant, device, route } = address;
  const refused = checkNames(tenant, device);
  if (refused !== null) return refused;
  const about = { tenant, device };
  if (operatorRoutes.has(route)) return { ...reject('operator_only', `devices cannot send ${route}`), about };
  const read = readers.get(route);
  if (read === undefined)
    return { ...reject('unknown_event', `no event has the route "${route.slice(0, 128)}"`), about };
  const parsed = parseJson(message.body);
  if ('kind' in parsed) return { ...parsed, about };
  const { receivedAt, sourceAddress, region, body } = message;
  const arrival = {
    tenant,
    device,
    receivedAt,
    source: mqtt.name,
    sourceAddress,
    region,
    text: parsed.text,
    payloadBytes: body.length,
  };
  const outcome = read(parsed.value, arrival);
  return outcome.kind === 'event' ? outcome : { ...outcome, about };
}

/** The parts of a topic; a route may have slashes. */
function parseTopic(
  topic: string,
): { readonly tenant: string; readonly device: string; readonly route: string } | Rejection {
  const tenantEnd = topic.indexOf('/', ROOT.length);
  const deviceEnd = tenantEnd === -1 ? -1 : topic.indexOf('/', tenantEnd + 1);
  if (!topic.startsWith(ROOT) || deviceEnd === -1) {
    return reject('unknown_event', `topics are ${ROOT}<tenant>/<device>/<event>`);
  }
  return {
    tenant: topic.slice(ROOT.length, tenantEnd),
    device: topic.slice(tenantEnd + 1, deviceEnd),
    route: topic.slice(deviceEnd + 1),
  };
}
