import { chanceFrom } from '../simulation/chance.ts';

const EVENTS_A_BATCH = 100;
const TENANT = 'acme';
const DEVICES = 40;

/** Devices outside the process, which send a batch again until it is acknowledged. */
export class Producer {
  /** `tenant/device/sequence` of every event that was acknowledged. */
  readonly acknowledged = new Set<string>();
  /** Batches that were cut off, and so may be in the log without an acknowledgement. */
  unanswered = 0;
  readonly #chance = chanceFrom(1);
  readonly #sequences = new Map<string, number>();
  #again: { readonly body: string; readonly ids: readonly string[] } | null = null;

  /** Sends as fast as it is answered, until told to stop or until nobody answers. */
  async send(port: number, going: () => boolean): Promise<void> {
    while (going()) {
      const batch = this.#again ?? this.#batch();
      this.#again = batch;
      try {
        const headers = { 'content-type': 'application/x-ndjson' };
        const answer = await fetch(`http://127.0.0.1:${port}/v1/events`, { method: 'POST', headers, body: batch.body });
        const text = await answer.text();
        if (answer.status === 202) {
          for (const id of batch.ids) this.acknowledged.add(id);
          this.#again = null;
        } else if (answer.status !== 429 && answer.status !== 503) {
          throw new Error(`the door answered ${answer.status}: ${text.slice(0, 300)}`);
        }
      } catch (error) {
        // The door is gone with its process.
        if (!(error instanceof TypeError)) throw error;
        this.unanswered++;
        return;
      }
    }
  }

  #batch(): { readonly body: string; readonly ids: readonly string[] } {
    const ids: string[] = [];
    const lines = Array.from({ length: EVENTS_A_BATCH }, () => {
      const device = `d${this.#chance.int(0, DEVICES - 1)}`;
      const sequence = (this.#sequences.get(device) ?? 0) + 1;
      this.#sequences.set(device, sequence);
      ids.push(`${TENANT}/${device}/${sequence}`);
      return JSON.stringify({ tenant: TENANT, device, epoch: 1, sequence, time: Date.now(), ...this.#content() });
    });
    return { body: lines.join('\n'), ids };
  }

  #content(): object {
    const { int, hit } = this.#chance;
    if (hit(0.6)) return { type: 'telemetry', metrics: { temperatureC: int(-200, 400) / 8 }, labels: {} };
    if (hit(0.3)) return { type: 'link', technology: 'LTE_M', rssi: -int(40, 120) };
    return { type: 'twin/reported', patch: { [`key${int(0, 5)}`]: { value: int(0, 9) } } };
  }
}
