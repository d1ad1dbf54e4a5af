import { crc32 } from 'node:zlib';
import type { Expected, Sum } from './job.ts';
import type { Sample, TwinUpdated, WindowClosed } from './records.ts';

interface Twin {
  readonly seen: Set<number>;
  networkAt: number;
  network: string;
  firmwareAt: number;
  firmware: string;
  readonly metrics: Map<string, { readonly value: number; readonly at: number }>;
}

interface Minute {
  readonly device: string;
  readonly start: number;
  count: number;
  lost: number;
  rssi: number;
  latencyMax: number;
}

/** The jobs once more, as simply as can be: nothing in it is shared with a processor or a peer. */
export class Reference {
  #decode: Sum = { count: 0, sum: 0 };
  #twin: Sum = { count: 0, sum: 0 };
  readonly #twins = new Map<string, Twin>();
  readonly #minutes = new Map<string, Minute>();

  take(event: Sample): void {
    const { device, eventTime: ts, latencyMs } = event;
    this.#decode = { count: this.#decode.count + 1, sum: this.#decode.sum + latencyMs };
    const start = ts - (ts % 60_000);
    const minute = this.#minutes.get(`${device}|${start}`) ?? fresh(device, start);
    this.#minutes.set(`${device}|${start}`, minute);
    minute.latencyMax = Math.max(minute.latencyMax, latencyMs);
    minute.count++;
    minute.lost += event.lost;
    minute.rssi += event.rssi;
    this.#merge(event);
  }

  expected(): Omit<Expected, 'sampleId'> {
    let windows: Sum = { count: 0, sum: 0 };
    for (const { rssi, ...minute } of this.#minutes.values()) {
      windows = added(windows, windowLine({ ...minute, rssiAvg: rssi / minute.count }));
    }
    return { decode: this.#decode, twin: this.#twin, windows };
  }

  #merge({ tenant, device, sequence, eventTime: ts, network, firmware, metrics }: Sample): void {
    const twin = this.#twins.get(device) ?? freshTwin();
    this.#twins.set(device, twin);
    const seq = sequence as number;
    if (twin.seen.has(seq)) return;
    twin.seen.add(seq);
    let changed = false;
    if (ts > twin.networkAt) [twin.network, twin.networkAt, changed] = [network, ts, true];
    if (ts > twin.firmwareAt) [twin.firmware, twin.firmwareAt, changed] = [firmware, ts, true];
    for (const [name, value] of Object.entries(metrics)) {
      if (ts <= (twin.metrics.get(name)?.at ?? -1)) continue;
      twin.metrics.set(name, { value, at: ts });
      changed = true;
    }
    if (!changed) return;
    const values = Object.fromEntries([...twin.metrics].map(([name, { value }]) => [name, value]));
    const updated = { tenant, device, seq, ts, network: twin.network, firmware: twin.firmware, metrics: values };
    this.#twin = added(this.#twin, twinLine(updated));
  }
}

type Told<T> = Omit<T, 'causeTopic' | 'causePartition' | 'causeOffset' | 'causePath' | 'logTime'>;

/** Adds a line to a sum: every language has a CRC-32. */
export function added({ count, sum }: Sum, line: string): Sum {
  return { count: count + 1, sum: sum + crc32(line) };
}

/** The one form of a twin's change for all languages. */
export function twinLine({ tenant, device, seq, ts, network, firmware, metrics }: Told<TwinUpdated>): string {
  const values = Object.keys(metrics)
    .sort()
    .map((name) => `|${name}=${Math.round((metrics[name] as number) * 100)}`);
  return `${device}|${tenant}|${seq}|${ts}|${network}|${firmware}${values.join('')}`;
}

/** The one form of a minute for all languages. */
export function windowLine({ device, start, count, lost, rssiAvg, latencyMax }: Told<WindowClosed>): string {
  return `${device}|${start}|${count}|${lost}|${Math.round(rssiAvg * 10_000)}|${Math.round(latencyMax * 8)}`;
}

function fresh(device: string, start: number): Minute {
  return { device, start, count: 0, lost: 0, rssi: 0, latencyMax: 0 };
}

function freshTwin(): Twin {
  return { seen: new Set(), networkAt: -1, network: '', firmwareAt: -1, firmware: '', metrics: new Map() };
}
