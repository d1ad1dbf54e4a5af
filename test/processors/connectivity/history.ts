import { chanceFrom, type Chance } from '../../simulation/chance.ts';
import type { Entry, Link, Said } from '../../oracle/connectivity/event.ts';
import type { Bands } from '../../oracle/connectivity/quality.ts';
import { DAY, HOUR, MINUTE } from '../../oracle/connectivity/event.ts';

/** What a history of one device is like. */
export interface Kind {
  /** It says how often it reports, first of all. */
  readonly says: boolean;
  readonly spanMs: number;
  readonly tickMs: number;
  /** Now and then its sessions break off again and again. */
  readonly flaps?: boolean;
}

interface Arrival {
  readonly said: Said;
  readonly at: number;
  readonly order: number;
}

const NOTHING: Link = {
  technology: 'LTE_M',
  gateway: null,
  rssi: null,
  snr: null,
  rsrp: null,
  rsrq: null,
  sinr: null,
  spreadingFactor: null,
  dataRate: null,
  latencyMs: null,
  packetsSent: null,
  packetsLost: null,
  bytesUp: null,
  bytesDown: null,
};

/** A log as a device gives it that is late, repeats itself, loses numbers, begins anew and goes away. */
export function historyOf(seed: number, start: number, kind: Kind): Entry[] {
  const chance = chanceFrom(seed);
  const device = new Talker(chance, start, kind);
  const arrivals = device.talk().toSorted((a, b) => a.at - b.at || a.order - b.order);
  const log: Entry[] = [{ tick: start, resumed: false }];
  const end = start + kind.spanMs + DAY + 3 * HOUR;
  let [now, next] = [start, 0];
  while (now < end) {
    for (; (arrivals[next]?.at ?? Infinity) <= now; next++) log.push({ said: (arrivals[next] as Arrival).said });
    // Of who says nothing what was blind depends on what was learnt when.
    const resumed = (kind.says || kind.flaps === true) && now < start + kind.spanMs && chance.hit(0.02);
    now += resumed ? chance.int(1, 90) * MINUTE : now < start + kind.spanMs + HOUR ? kind.tickMs : HOUR / 2;
    log.push({ tick: now, resumed });
  }
  return log;
}

class Talker {
  readonly #chance: Chance;
  readonly #start: number;
  readonly #kind: Kind;
  readonly #arrivals: Arrival[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #counters = { packetsSent: 0, packetsLost: 0, bytesUp: 0, bytesDown: 0 };
  #epoch = 1;
  #session = 0;

  constructor(chance: Chance, start: number, kind: Kind) {
    this.#chance = chance;
    this.#start = start;
    this.#kind = kind;
    this.#counters.packetsSent = chance.pick([0, 60_000]);
    this.#counters.bytesUp = chance.pick([0, 65_000, 4_294_960_000]);
  }

  talk(): readonly Arrival[] {
    const chance = this.#chance;
    const pace = chance.pick([30_000, 2 * MINUTE, 7 * MINUTE]);
    if (this.#kind.says) this.#say('interval', this.#start, { intervalMs: chance.pick([pace, 4 * pace, HOUR]) }, 0);
    for (let time = this.#start; time < this.#start + this.#kind.spanMs; ) {
      // Most reports come in time, some after minutes or hours without one.
      const isAway = chance.hit(0.04);
      if (isAway && chance.hit(0.5)) {
        this.#say('began', time + 3_000, { sessionId: `s${++this.#session}` }, 0);
        this.#say('over', time + 4_000, { sessionId: `s${this.#session}`, reason: 'CONNECTION_LOST' }, 0);
      }
      time += Math.ceil(chance.unit() * 2 * pace) + (isAway ? chance.int(5, 150) * MINUTE : 2);
      this.#anything(time);
      if (this.#kind.flaps === true && chance.hit(0.08)) time = this.#flap(time);
    }
    return this.#arrivals;
  }

  #anything(time: number): void {
    const chance = this.#chance;
    const which = chance.unit();
    if (which < 0.6) this.#link(time);
    else if (which < 0.82) this.#say('report', time, {});
    else if (which < 0.88) this.#say('began', time, { sessionId: `s${++this.#session}` });
    else if (which < 0.94) {
      const reason = chance.pick(['CONNECTION_LOST', 'CONNECTION_LOST', 'TAKEN_OVER', 'CLIENT_DISCONNECT', null]);
      this.#say('over', time, {
        sessionId: `s${chance.int(Math.max(1, this.#session - 2), this.#session + 1)}`,
        reason,
      });
    } else if (which < 0.97) this.#say('attempt', time, {});
    else if (this.#kind.says) this.#say('interval', time, { intervalMs: chance.int(1, 40) * MINUTE });
  }

  /** Sessions break off every minute or so; of some it is told later that another had been there all the while. */
  #flap(time: number): number {
    const chance = this.#chance;
    const isNone = chance.hit(0.5);
    let at = time + 7;
    for (let left = chance.int(3, 9); left > 0; left--) {
      const sessionId = `s${++this.#session}`;
      const late = isNone ? chance.int(4, 12) * MINUTE : chance.int(0, 2_500);
      this.#say('began', at, { sessionId });
      this.#say('over', at + 30_000, { sessionId, reason: 'CONNECTION_LOST' }, chance.int(0, 2_500));
      if (isNone || chance.hit(0.1)) this.#say('began', at + 5_000, { sessionId: `${sessionId}-beside` }, late);
      at += chance.int(40, 170) * 1_000;
    }
    return at;
  }

  #link(time: number): void {
    const chance = this.#chance;
    const counters = this.#count();
    if (chance.hit(0.5)) {
      const latencyMs = chance.hit(0.7) ? chance.int(1, 4_000) / 8 : null;
      const rsrp = chance.hit(0.8) ? -chance.int(700, 1_200) / 10 : null;
      const rsrq = chance.hit(0.5) ? -chance.int(30, 195) / 10 : null;
      const sinr = chance.hit(0.5) ? chance.int(-50, 300) / 10 : null;
      const link = { ...NOTHING, ...counters, latencyMs, rsrp, rsrq, sinr };
      this.#say('link', time, { link });
      return;
    }
    const heard = chance.int(1, 3);
    const spreadingFactor = chance.int(7, 12);
    for (let i = 0; i < heard; i++) {
      const signal = { rssi: -chance.int(60, 130), snr: chance.hit(0.9) ? chance.int(-40, 40) / 4 : null };
      const link = { ...NOTHING, ...counters, ...signal, technology: 'LORAWAN', spreadingFactor, gateway: `gw${i}` };
      this.#say('link', time, { link });
    }
  }

  /** Counters grow, run over, begin anew, come again as they were, or are left out. */
  #count(): Partial<Link> {
    const chance = this.#chance;
    const counters = this.#counters;
    if (chance.hit(0.04)) Object.assign(counters, { packetsSent: 0, packetsLost: 0, bytesUp: 0, bytesDown: 0 });
    if (!chance.hit(0.08)) {
      const sent = chance.int(1, chance.hit(0.1) ? 30_000 : 900);
      counters.packetsSent = (counters.packetsSent + sent) % 65_536;
      counters.packetsLost += chance.int(0, 3);
      counters.bytesUp = (counters.bytesUp + chance.int(0, 5_000)) % 4_294_967_296;
      counters.bytesDown += chance.int(0, 300);
    }
    const { packetsSent, packetsLost, bytesUp, bytesDown } = counters;
    if (chance.hit(0.1)) return {};
    return chance.hit(0.1) ? { bytesUp, bytesDown } : { packetsSent, packetsLost, bytesUp, bytesDown };
  }

  #say(kind: Said['kind'], time: number, what: Partial<Said>, delay = this.#delay()): void {
    const chance = this.#chance;
    if (chance.hit(0.02)) this.#epoch++;
    const source = chance.hit(0.9) ? 'http' : 'mqtt';
    const run = `${source} ${this.#epoch}`;
    // Now and then a number is lost.
    const sequence = (this.#numbers.get(run) ?? 0) + (chance.hit(0.1) ? chance.int(2, 5) : 1);
    this.#numbers.set(run, sequence);
    // What was stored is received when it comes; what a broker held was received before, which counts for a day.
    const isStored = delay >= DAY || (delay > MINUTE && chance.hit(0.6));
    const ahead = chance.hit(0.03) ? chance.int(1, 8 * MINUTE) : 0;
    const receivedAt = time + (isStored ? delay : Math.min(delay, chance.int(0, 20_000)));
    const numbers = { source, epoch: this.#epoch, sequence, historical: isStored && chance.hit(0.7) };
    const times = { deviceTime: time + (kind === 'interval' ? 0 : ahead), receivedAt };
    const said = { kind, ...times, ...numbers, payloadBytes: chance.int(5, 50), ...what };
    const arrival = () => ({ said, at: time + delay, order: chance.unit() });
    this.#arrivals.push(arrival());
    if (chance.hit(0.06)) this.#arrivals.push({ ...arrival(), at: time + delay + chance.int(0, 90) * MINUTE });
  }

  #delay(): number {
    const chance = this.#chance;
    if (!chance.hit(0.15)) return chance.int(0, 2_500);
    return chance.pick([chance.int(1, 20) * MINUTE, chance.int(1, 20) * HOUR, chance.int(24, 26) * HOUR]);
  }
}

const MEASURES = ['rssi', 'snr', 'rsrp', 'rsrq', 'sinr', 'marginDb', 'loss', 'latencyP50'];

/** Bands of some measures, at values that the links above have; of a part of them less is better. */
export function bandsOf(seed: number): Bands {
  const chance = chanceFrom(seed);
  const bands = MEASURES.filter(() => chance.hit(0.7)).map((measure) => {
    const [low, high] = RANGES[measure] ?? [-120, 20];
    const limits = Array.from({ length: 4 }, () => low + chance.unit() * (high - low)).sort((a, b) => a - b);
    const isLessBetter = measure === 'loss' || measure === 'latencyP50';
    const [excellent, good, fair, poor] = (isLessBetter ? limits : limits.toReversed()) as [
      number,
      number,
      number,
      number,
    ];
    return { measure, excellent, good, fair, poor };
  });
  return { bands, technologies: chance.pick([[], [], ['LORAWAN'], ['LTE_M', 'LORAWAN']]) };
}

const RANGES: Readonly<Record<string, readonly [low: number, high: number]>> = {
  loss: [0, 0.1],
  latencyP50: [1, 500],
  sinr: [-5, 30],
  rsrq: [-20, -3],
  snr: [-10, 10],
};
