import { linkReported, type LinkReported, sessionEnded, sessionStarted, telemetryReported, topics } from '#schemas';
import { type Sent, simulate, type Simulation, type SimulateOptions } from '#runtime/simulate.ts';
import { connectivity } from '../../../processors/connectivity/processor.ts';

/** 2026-11-01, from which tests count; the begin of an hour, of a day and of a month. */
export const START = Date.UTC(2026, 10, 1);
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export interface When {
  readonly deviceTime?: number;
  readonly receivedAt?: number;
  readonly historical?: boolean;
  readonly sequence?: number | null;
  readonly epoch?: number | null;
  readonly payloadBytes?: number;
  readonly device?: string;
  readonly payload?: string;
}

const NOTHING = {
  gateway: null,
  cell: null,
  operator: null,
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

/** A link report of what is said, and nothing else. */
export function link(said: Partial<LinkReported>): Sent<LinkReported> {
  return { device: 'd1', technology: 'LTE_M', ...NOTHING, ...said };
}

/** A device on the engine; times count from `START`. */
export class Device {
  readonly run: Simulation;
  /** Log time. */
  now = 0;

  private constructor(run: Simulation) {
    this.run = run;
  }

  static async begin(options: SimulateOptions = {}): Promise<Device> {
    const device = new Device(await simulate(connectivity, options));
    await device.tick(0);
    return device;
  }

  async tick(time: number, options: { readonly resumed?: boolean } = {}): Promise<void> {
    this.now = time;
    await this.run.advanceTo(START + time, options);
  }

  /** Lets time pass until that time, a tick every so often. */
  async pass(time: number, every = MINUTE): Promise<void> {
    while (this.now + every <= time) await this.tick(this.now + every);
    if (this.now < time) await this.tick(time);
  }

  async report(when: When = {}): Promise<void> {
    await this.run.send(telemetryReported, { device: 'd1', metrics: { t: 1 }, labels: {}, ...stamped(when) });
  }

  async link(said: Partial<LinkReported>, when: When = {}): Promise<void> {
    await this.run.send(linkReported, { ...link(said), ...stamped(when) });
  }

  async sessionStarted(sessionId: string, when: When = {}): Promise<void> {
    await this.run.send(sessionStarted, { device: 'd1', sessionId, reason: null, ...stamped(when) });
  }

  async sessionEnded(sessionId: string, reason: string | null, when: When = {}): Promise<void> {
    await this.run.send(sessionEnded, { device: 'd1', sessionId, reason, ...stamped(when) });
  }

  /** Reports every so often, ticks between, up to and with that time. */
  async reportEvery(every: number, until: number): Promise<void> {
    while (this.now + every <= until) {
      await this.pass(this.now + every);
      await this.report();
    }
  }

  get statuses(): readonly string[] {
    return this.run.read(topics.connectivityChanges).map(({ status, reason }) => `${status} ${reason}`);
  }

  get signals(): readonly string[] {
    return this.run.read(topics.signals).map(({ kind, rule }) => `${kind} ${rule}`);
  }

  /** The last revision of each row, by span, start (from `START`) and technology. */
  get windows() {
    const rows = new Map(
      this.run
        .read(topics.connectivityWindows)
        .toSorted((a, b) => a.revision - b.revision)
        .map((row) => [`${row.device} ${row.spanSeconds} ${row.start - START} ${row.technology}`, row]),
    );
    return rows;
  }

  /** The row of a technology; of the whole device the row ALL, or that which stands for it. */
  window(spanSeconds: number, start: number, technology = 'ALL') {
    const { windows } = this;
    const row = windows.get(`d1 ${spanSeconds} ${start} ${technology}`);
    if (row !== undefined || technology !== 'ALL') return row;
    return [...windows.values()].find((each) => {
      return each.whole && each.spanSeconds === spanSeconds && each.start - START === start;
    });
  }
}

function stamped({ deviceTime, receivedAt, ...when }: When): object {
  return {
    ...when,
    ...(deviceTime === undefined ? {} : { deviceTime: START + deviceTime }),
    ...(receivedAt === undefined ? {} : { receivedAt: START + receivedAt }),
  };
}
