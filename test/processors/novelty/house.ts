import {
  type BehaviourReported,
  behaviourReported,
  deviceDescribed,
  noveltyPolicy,
  topics,
  twinDesired,
} from '#schemas';
import { simulate, type Simulation } from '#runtime/simulate.ts';
import { novelty } from '../../../processors/novelty/processor.ts';
import { WAIT_MS } from '../../../processors/novelty/steps.ts';
import { noveltyCohorts } from '../../../processors/novelty-cohorts/processor.ts';
import { report } from '../detect/profile.ts';

export const START = Date.UTC(2026, 0, 1);
export const STEP_MS = 300_000;

/** With one in twenty a device has a past after twenty reports, which keeps stories short. */
export const POLICY = { reportProbability: 0.05, deviceProbability: 0.02, known: [] as string[] };

export type Shown = Partial<Pick<BehaviourReported, 'remoteAddresses' | 'listeningTcpPorts' | 'listeningUdpPorts'>>;

export const HOME: Shown = { remoteAddresses: ['10.0.0.5:8883'], listeningTcpPorts: [22] };

/** A fleet on both stages; each round is one report of each device. */
export class House {
  readonly run: Simulation;
  round = 0;

  private constructor(run: Simulation) {
    this.run = run;
  }

  static async open(policy: Partial<typeof POLICY> = {}): Promise<House> {
    const run = await simulate(noveltyCohorts, { beside: [novelty], partitions: 3 });
    await run.advanceTo(START);
    await run.decide(noveltyPolicy, { ...POLICY, ...policy });
    return new House(run);
  }

  get time(): number {
    return START + this.round * STEP_MS;
  }

  /** So many rounds, in which each device shows what is said of it. */
  async live(rounds: number, devices: readonly string[], of: (device: string) => Shown = () => HOME): Promise<void> {
    for (let i = 0; i < rounds; i++) {
      this.round++;
      await this.run.advanceTo(this.time);
      for (const device of devices) await this.run.send(behaviourReported, { device, ...report(of(device)) });
      await this.run.advanceTo(this.time + WAIT_MS + 1);
    }
    await this.run.advanceTo(this.time + WAIT_MS + 1_000);
  }

  async asks(device: string, patch: object): Promise<void> {
    this.round++;
    await this.run.advanceTo(this.time);
    const asked = { patch: JSON.stringify(patch), expectedVersion: null, actor: null };
    await this.run.send(twinDesired, { device, ...asked });
    await this.run.advanceTo(this.time + WAIT_MS + 1);
    await this.run.advanceTo(this.time + WAIT_MS + 1_000);
  }

  async describes(device: string, firmware: string, model = 'm'): Promise<void> {
    const nothing = { hardware: null, lot: null, site: null, reportIntervalMs: null };
    await this.run.send(deviceDescribed, { device, model, firmware, ...nothing });
  }

  /** What alerts heard: kind and key. */
  get heard(): readonly string[] {
    return this.run.read(topics.signals).map(({ kind, alert }) => `${kind} ${alert}`);
  }

  get found(): readonly string[] {
    return this.run.read(topics.novelties).map(({ device, kind, members }) => `${device} ${kind} ${members.join(' ')}`);
  }
}

export const some = (count: number) => Array.from({ length: count }, (_, i) => `d${i}`);
