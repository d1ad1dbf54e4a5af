import { Agenda } from './agenda.ts';
import { behaviour, described, type Device, makeDevices, otherwise, self, stamped } from './device.ts';
import { type Incidents, makeIncidents, type Remark } from './incidents.ts';
import { random } from './random.ts';

/** One thing that happens in the fleet, at a time from its start. */
export type Happening =
  | {
      readonly kind: 'event';
      readonly atMs: number;
      readonly device: Device;
      readonly route: string;
      readonly body: Body;
    }
  | { readonly kind: 'desire'; readonly atMs: number; readonly device: Device; readonly patch: Body }
  /** An operator says something of a device. */
  | {
      readonly kind: 'remark';
      readonly atMs: number;
      readonly device: Pick<Device, 'tenant' | 'id'>;
      readonly route: string;
      readonly body: Body;
    };

type Body = Readonly<Record<string, unknown>>;

/** A fleet whose every word follows from its seed; only answers to desired state depend on when they were asked. */
export interface Fleet {
  readonly devices: readonly Device[];
  /** What happens up to a time, in order. */
  until(atMs: number): Happening[];
  /** A device learns its desired state: its delta to what it reported. */
  told(device: Device, delta: Body, atMs: number): void;
}

/** Makes a fleet of so many devices; `startMs` is the time of its first moment, ms since 1970. */
export function makeFleet(seed: number, count: number, startMs: number): Fleet {
  const devices = makeDevices(seed, count, startMs);
  const agenda = new Agenda<Item>();
  for (const device of devices) {
    const wait = device.offlineDays > 0 ? device.random.between(15_000, 90_000) : 0;
    agenda.add(Math.round(wait + device.random.between(0, BOOT_SPREAD_MS)), { kind: 'boot', device });
  }
  if (count > 0) agenda.add(OPERATOR_FIRST_MS, { kind: 'operate' });
  const operator = random(seed, -1);
  const incidents = makeIncidents(devices);
  for (const remark of incidents.remarks) agenda.add(remark.atMs, { kind: 'remark', remark });
  const scene: Scene = { agenda, startMs, operator, devices, incidents, contrary: new Set(), answered: new Map() };
  return {
    devices,
    until(atMs) {
      const happened: Happening[] = [];
      while (agenda.nextMs <= atMs) {
        const entry = agenda.take();
        if (entry !== null) play(scene, entry.what, entry.atMs, happened);
      }
      return happened;
    },
    told: (device, delta, atMs) => answer(scene, device, delta, atMs),
  };
}

/** Devices connect over this time, not all at once. */
const BOOT_SPREAD_MS = 6_000;
const OPERATOR_FIRST_MS = 8_000;
const OPERATOR_EVERY_MS = 4_000;
const STORED_EVENTS_MIN = 40;
const STORED_EVENTS_MAX = 90;
/** One in so many wakes brings a link report, or a twin report. */
const LINK_EVERY = 6;
const TWIN_EVERY = 15;
const REFUSED_CHANCE = 0.03;
const MAINTENANCE_CHANCE = 0.1;
const MAINTENANCE_MS = 10 * 60_000;
const RETRY_CHANCE = 0.01;
const LOSS_CHANCE = 0.002;
/** Once in about so long a device starts anew, or stores for a while. */
const REBOOT_EVERY_MS = 30 * 60_000;
const SILENCE_EVERY_MS = 60 * 60_000;
const SILENCE_MS = [45_000, 120_000] as const;

type Item =
  | { readonly kind: 'boot' | 'wake' | 'reboot'; readonly device: Device }
  | { readonly kind: 'back'; readonly device: Device; readonly fromMs: number }
  | { readonly kind: 'again'; readonly happening: Extract<Happening, { kind: 'event' }> }
  | { readonly kind: 'say'; readonly device: Device; readonly body: Body }
  | { readonly kind: 'remark'; readonly remark: Remark }
  | { readonly kind: 'operate' };

interface Scene {
  readonly agenda: Agenda<Item>;
  readonly startMs: number;
  readonly operator: ReturnType<typeof random>;
  readonly devices: readonly Device[];
  readonly incidents: Incidents;
  /** Devices that went their own way after they had obeyed. */
  readonly contrary: Set<Device>;
  /** What a device has answered already: the broker tells it again whenever it connects. */
  readonly answered: Map<Device, string>;
}

function play(scene: Scene, item: Item, atMs: number, out: Happening[]): void {
  const device = 'device' in item ? item.device : item.kind === 'again' ? item.happening.device : null;
  if (device !== null && scene.incidents.isDown(device, atMs)) {
    // Nobody hears it, so it does later what it would do now.
    scene.agenda.add(atMs + device.intervalMs, item);
    return;
  }
  switch (item.kind) {
    case 'boot':
      if (item.device.offlineDays > 0) stored(scene, item.device, atMs, out);
      return boot(scene, item.device, atMs, out);
    case 'reboot':
      return reboot(scene, item.device, atMs, out);
    case 'wake':
      return wake(scene, item.device, atMs, out);
    case 'back':
      return back(scene, item.device, item.fromMs, atMs, out);
    case 'again':
      out.push(item.happening);
      return undefined;
    case 'say':
      out.push({
        kind: 'event',
        atMs,
        device: item.device,
        route: 'twin/reported',
        body: { time: scene.startMs + atMs, ...item.body },
      });
      return undefined;
    case 'remark':
      return remark(scene, item.remark, out);
    case 'operate':
      return operate(scene, atMs, out);
  }
}

function boot(scene: Scene, device: Device, atMs: number, out: Happening[]): void {
  const { tenant, id: clientId, random: own } = device;
  if (own.chance(REFUSED_CHANCE)) {
    const refused = { outcome: 'REFUSED', clientId, reason: 'bad credentials' };
    seen(scene, device, 'connection/attempted', refused, atMs, out);
  }
  seen(scene, device, 'connection/attempted', { outcome: 'ACCEPTED', clientId }, atMs, out);
  if (own.chance(REFUSED_CHANCE)) {
    const asked = { action: 'subscribe', resource: `fleetstream/v1/${tenant}/+/twin/desired` };
    seen(scene, device, 'authorization/refused', asked, atMs, out);
  }
  send(scene, device, 'session/started', { sessionId: sessionOf(device), reason: null }, atMs, out);
  send(scene, device, 'twin/reported', { patch: self(device) }, atMs, out);
  send(scene, device, 'described', described(device), atMs, out);
  const levels = device.wakes === 0 ? scene.incidents.stored(device, scene.startMs) : [];
  for (const body of levels) out.push({ kind: 'event', atMs, device, route: 'battery', body });
  scene.agenda.add(atMs + Math.round(device.random.unit() * device.intervalMs), { kind: 'wake', device });
}

/** What its broker saw of a device, which numbers nothing. */
function seen(scene: Scene, device: Device, route: string, body: Body, atMs: number, out: Happening[]): void {
  const own = { time: scene.startMs + atMs, source: 'broker', ...body };
  out.push({ kind: 'event', atMs, device, route, body: own });
}

/** One start in three follows a crash, which the device tells once it is back. */
function reboot(scene: Scene, device: Device, atMs: number, out: Happening[]): void {
  const { firmware, random: own } = device;
  send(scene, device, 'session/ended', { sessionId: sessionOf(device), reason: 'REBOOT' }, atMs, out);
  device.epoch += 1;
  device.sequence = 0;
  const cause = own.pick(['CRASH', 'UPDATE', 'POWER'] as const);
  const uptimeMs = Math.round(atMs);
  if (cause === 'CRASH') {
    const code = own.pick(['SIGSEGV in radio', 'stack overflow in json', 'assert in flash']);
    send(scene, device, 'crashed', { code, firmware, uptimeMs }, atMs, out);
    send(scene, device, 'log', { level: 'ERROR', logger: 'boot', message: `started after ${code}` }, atMs, out);
  }
  send(scene, device, 'rebooted', { cause, expected: cause === 'UPDATE', firmware, uptimeMs }, atMs, out);
  boot(scene, device, atMs, out);
}

function wake(scene: Scene, device: Device, atMs: number, out: Happening[]): void {
  const { profile, random: own, phase, place } = device;
  device.wakes += 1;
  send(scene, device, 'telemetry', { metrics: profile.metrics(own, phase, atMs) }, atMs, out);
  if ((device.wakes + place) % LINK_EVERY === 0) {
    const heard = device.gateway === null ? {} : { gateway: device.gateway };
    const packets = { packetsSent: device.sent, packetsLost: device.lost };
    const link = { technology: profile.technology, ...heard, ...profile.link(own, place), ...packets };
    send(scene, device, 'link', link, atMs, out);
  }
  if ((device.wakes + place) % TWIN_EVERY === 0) {
    const patch = { uptimeS: Math.round(atMs / 1000), memoryFreeKb: own.whole(90, 210) };
    send(scene, device, 'twin/reported', { patch }, atMs, out);
    if (profile.battery) send(scene, device, 'battery', scene.incidents.battery(device, atMs), atMs, out);
    if (profile.technology === 'WIFI') send(scene, device, 'behaviour', behaviour(device), atMs, out);
  }
  const nextMs = atMs + Math.max(1, Math.round(device.intervalMs * own.between(0.95, 1.05)));
  if (own.chance(device.intervalMs / SILENCE_EVERY_MS)) {
    scene.agenda.add(atMs + Math.round(own.between(...SILENCE_MS)), { kind: 'back', device, fromMs: nextMs });
  } else if (own.chance(device.intervalMs / REBOOT_EVERY_MS)) {
    scene.agenda.add(nextMs, { kind: 'reboot', device });
  } else {
    scene.agenda.add(nextMs, { kind: 'wake', device });
  }
}

/** After a silence the device sends what it measured meanwhile, with the times at which it measured. */
function back(scene: Scene, device: Device, fromMs: number, atMs: number, out: Happening[]): void {
  for (let at = fromMs; at < atMs; at += device.intervalMs) measured(scene, device, at, atMs, out);
  scene.agenda.add(atMs + 1, { kind: 'wake', device });
}

/** A device that was offline for days brings its store first. */
function stored(scene: Scene, device: Device, atMs: number, out: Happening[]): void {
  const count = device.random.whole(STORED_EVENTS_MIN, STORED_EVENTS_MAX);
  const step = Math.round((device.offlineDays * 86_400_000) / count);
  for (let i = count; i > 0; i--) measured(scene, device, atMs - i * step, atMs, out);
}

function measured(scene: Scene, device: Device, measuredMs: number, atMs: number, out: Happening[]): void {
  const body = { metrics: device.profile.metrics(device.random, device.phase, measuredMs), labels: { stored: 'yes' } };
  const full = stamped(device, body, scene.startMs, measuredMs);
  device.sent += 1;
  out.push({ kind: 'event', atMs, device, route: 'telemetry', body: full });
}

function send(scene: Scene, device: Device, route: string, body: Body, atMs: number, out: Happening[]): void {
  const full = stamped(device, body, scene.startMs, atMs);
  device.sent += 1;
  if (route === 'telemetry' && device.random.chance(LOSS_CHANCE)) {
    // Its number is spent, and a gap stays.
    device.lost += 1;
    return;
  }
  const happening = { kind: 'event', atMs, device, route, body: full } as const;
  out.push(happening);
  // The acknowledgement got lost, so the device sends the very same bytes again.
  if (device.random.chance(RETRY_CHANCE)) {
    scene.agenda.add(atMs + device.random.whole(500, 4_000), { kind: 'again', happening });
  }
}

function operate(scene: Scene, atMs: number, out: Happening[]): void {
  const { operator, devices } = scene;
  const device = operator.pick(devices);
  const patch = operator.pick<Body>([
    { relay: { on: operator.chance(0.5) } },
    { led: { brightness: operator.whole(0, 100) } },
    { update: { channel: operator.pick(['stable', 'beta']) } },
  ]);
  // Who sends by HTTP batches has no way back to it.
  if (device.profile.path !== 'http') out.push({ kind: 'desire', atMs, device, patch });
  if (operator.chance(MAINTENANCE_CHANCE)) {
    const startsAt = scene.startMs + atMs;
    const times = { time: startsAt, startsAt, endsAt: startsAt + MAINTENANCE_MS };
    const body = { ...times, reason: 'battery swap', actor: 'demo' };
    out.push({ kind: 'remark', atMs, device: operator.pick(devices), route: 'maintenance', body });
  }
  scene.agenda.add(atMs + OPERATOR_EVERY_MS, { kind: 'operate' });
}

function remark({ startMs }: Scene, { atMs, device, route, body }: Remark, out: Happening[]): void {
  out.push({ kind: 'remark', atMs, device, route, body: { time: startMs + atMs, ...body } });
}

/** Answers carry the device's time and no number: when they come depends on when they were asked for. */
function answer(scene: Scene, device: Device, delta: Body, atMs: number): void {
  const [name] = Object.keys(delta);
  if (name === undefined || device.temper === 'ignores' || scene.contrary.has(device)) return;
  const asked = JSON.stringify(delta);
  if (scene.answered.get(device) === asked) return;
  scene.answered.set(device, asked);
  const soon = atMs + 1_000 + (device.place % 5) * 700;
  if (device.temper === 'refuses') {
    const rejected = Object.fromEntries(Object.keys(delta).map((key) => [`/${key}`, 'locked by the site']));
    scene.agenda.add(soon, { kind: 'say', device, body: { patch: {}, rejected } });
    return;
  }
  const interval = delta['interval'];
  if (typeof interval === 'number' && interval >= 1) device.intervalMs = Math.round(interval * 1000);
  scene.agenda.add(soon, { kind: 'say', device, body: { patch: delta } });
  if (device.temper !== 'drifts') return;
  scene.contrary.add(device);
  scene.agenda.add(soon + 20_000, { kind: 'say', device, body: { patch: otherwise(delta) } });
}

function sessionOf(device: Device): string {
  return `${device.id}-${device.epoch}`;
}
