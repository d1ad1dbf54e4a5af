import mqtt from 'mqtt';
import { parseJsonText } from '#sdk';
import type { Logger } from '#runtime/logger.ts';
import type { Device } from './device.ts';
import type { Decision } from './policies.ts';
import { type Fleet, type Happening, makeFleet } from './fleet.ts';

/** Where the fleet finds the pipeline. */
export interface DemoOptions {
  readonly seed: number;
  readonly devices: number;
  /** `mqtt://127.0.0.1:1883` */
  readonly mqttUrl: string;
  /** `http://127.0.0.1:8080` */
  readonly httpUrl: string;
  readonly deviceToken: string | null;
  readonly operatorToken: string | null;
  /** What its operators decide before anything happens. */
  readonly policies: readonly Decision[];
  readonly logger: Logger;
}

/** A running demo fleet. */
export interface Demo {
  /** Devices that have come to life. */
  online(): number;
  /** Sends nothing more, and waits a moment for what is under way. */
  stop(): Promise<void>;
}

/** Lets a fleet live: its devices connect over MQTT and HTTP as any others would. */
export function startDemo(options: DemoOptions): Demo {
  const startMs = Date.now();
  const fleet = makeFleet(options.seed, options.devices, startMs);
  const links = new Links(options, fleet, startMs);
  links.decide(options.policies);
  let stopped = false;
  let atMs = 0;
  const step = setInterval(() => {
    // A pipeline that is behind slows the script down instead of filling memory.
    if (stopped || links.isFull) return;
    atMs = Math.max(atMs, Date.now() - startMs);
    for (const happening of fleet.until(atMs)) links.carry(happening);
  }, STEP_MS);
  const flush = setInterval(() => void links.flush(), FLUSH_MS);
  return {
    online: () => links.alive.size,
    async stop() {
      stopped = true;
      clearInterval(step);
      clearInterval(flush);
      await links.close();
    },
  };
}

const STEP_MS = 50;
const FLUSH_MS = 500;
const INFLIGHT_MAX = 2_000;
const LINES_MAX = 5_000;
const CLOSE_MS_MAX = 2_000;
const REQUEST_MS_MAX = 10_000;
const KEEPALIVE_S = 60;
const RECONNECT_MS = 2_000;

/** The connections of a fleet: one a device, one a gateway, and HTTP batches. */
class Links {
  readonly alive = new Set<Device>();
  readonly #options: DemoOptions;
  readonly #fleet: Fleet;
  readonly #startMs: number;
  readonly #clients = new Map<string, mqtt.MqttClient>();
  readonly #byTopic = new Map<string, Device>();
  readonly #requests = new Set<Promise<void>>();
  #lines: string[] = [];
  #flushing = false;
  #inflight = 0;

  constructor(options: DemoOptions, fleet: Fleet, startMs: number) {
    this.#options = options;
    this.#fleet = fleet;
    this.#startMs = startMs;
    for (const device of fleet.devices) this.#byTopic.set(desiredTopic(device), device);
  }

  get isFull(): boolean {
    return this.#inflight > INFLIGHT_MAX || this.#lines.length > LINES_MAX;
  }

  carry(happening: Happening): void {
    if (happening.kind === 'remark') return this.#remark(happening);
    const { device } = happening;
    if (happening.kind === 'desire') return this.#desire(device, happening.patch, happening.atMs);
    const { route, body } = happening;
    this.alive.add(device);
    if (device.profile.path === 'http') {
      this.#lines.push(JSON.stringify({ tenant: device.tenant, device: device.id, type: route, ...body }));
      return undefined;
    }
    this.#inflight += 1;
    const topic = `fleetstream/v1/${device.tenant}/${device.id}/${route}`;
    this.#clientOf(device).publish(topic, JSON.stringify(body), { qos: 1 }, () => {
      this.#inflight -= 1;
    });
    return undefined;
  }

  decide(policies: readonly Decision[]): void {
    if (policies.length > 0) this.#ask('POST', '/v1/policies', JSON.stringify({ action: 'apply', policies }));
  }

  /** Posts what the HTTP devices said. What was not taken is sent again, byte for byte. */
  async flush(): Promise<void> {
    if (this.#flushing || this.#lines.length === 0) return;
    this.#flushing = true;
    const lines = this.#lines;
    this.#lines = [];
    const taken = await this.#request('POST', '/v1/events', `${lines.join('\n')}\n`, this.#options.deviceToken);
    if (!taken) this.#lines = [...lines, ...this.#lines];
    this.#flushing = false;
  }

  async close(): Promise<void> {
    const deadline = Date.now() + CLOSE_MS_MAX;
    await this.flush();
    await Promise.all(this.#requests);
    while (this.#inflight > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    await Promise.all([...this.#clients.values()].map((client) => client.endAsync(true)));
  }

  #clientOf(device: Device): mqtt.MqttClient {
    const clientId = device.gateway ?? `${device.tenant}-${device.id}`;
    const existing = this.#clients.get(clientId);
    if (existing !== undefined) return existing;
    const { mqttUrl, deviceToken, logger } = this.#options;
    const client = mqtt.connect(mqttUrl, {
      clientId,
      keepalive: KEEPALIVE_S,
      reconnectPeriod: RECONNECT_MS,
      ...(deviceToken === null ? {} : { username: clientId, password: deviceToken }),
    });
    this.#clients.set(clientId, client);
    client.on('error', (error) => logger.debug({ client: clientId, error: error.message }, 'a demo connection failed'));
    client.on('message', (topic, payload) => this.#told(topic, payload));
    const heard =
      device.gateway === null ? [device] : this.#fleet.devices.filter(({ gateway }) => gateway === clientId);
    client.subscribe(heard.map(desiredTopic), { qos: 1 });
    return client;
  }

  #told(topic: string, payload: Buffer): void {
    const device = this.#byTopic.get(topic);
    if (device === undefined) return;
    const { delta } = parseJsonText(payload.toString()) as { readonly delta: Readonly<Record<string, unknown>> };
    this.#fleet.told(device, delta, Date.now() - this.#startMs);
  }

  #desire(device: Device, patch: Readonly<Record<string, unknown>>, atMs: number): void {
    const path = `/v1/twins/${device.tenant}/${device.id}/desired`;
    const body = JSON.stringify({ time: this.#startMs + atMs, patch });
    this.#ask('PUT', path, body);
  }

  #remark({ device: { tenant, id: device }, route: type, body }: Extract<Happening, { kind: 'remark' }>): void {
    this.#ask('POST', '/v1/operator/events', JSON.stringify({ tenant, device, type, ...body }));
  }

  /** Asks as an operator, and remembers that no answer has come yet. */
  #ask(method: 'PUT' | 'POST', path: string, body: string): void {
    const request = this.#request(method, path, body, this.#options.operatorToken);
    const settled = request.then(() => {
      this.#requests.delete(settled);
    });
    this.#requests.add(settled);
  }

  /** True when the pipeline has it, or never will. */
  async #request(method: string, path: string, body: string, token: string | null): Promise<boolean> {
    const headers: Record<string, string> = {
      'content-type': path === '/v1/operator/events' || path === '/v1/events' ? NDJSON_TYPE : JSON_TYPE,
    };
    if (token !== null) headers['authorization'] = `Bearer ${token}`;
    const { httpUrl, logger } = this.#options;
    try {
      const signal = AbortSignal.timeout(REQUEST_MS_MAX);
      const response = await fetch(httpUrl + path, { method, headers, body, signal });
      const answer = await response.text();
      if (!response.ok) logger.warn({ status: response.status, answer: answer.slice(0, 500) }, 'demo request');
      return response.status !== 429 && response.status !== 503;
    } catch (error) {
      logger.warn({ error: (error as Error).message }, 'demo request failed');
      return false;
    }
  }
}

const JSON_TYPE = 'application/json';
const NDJSON_TYPE = 'application/x-ndjson';

function desiredTopic({ tenant, id }: Device): string {
  return `fleetstream/v1/${tenant}/${id}/twin/desired`;
}
