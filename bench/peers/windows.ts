import { emit, processor } from '#sdk';
import { minutes, type OpenWindow, type Sample, sample, Windows } from './records.ts';

const MINUTE_MS = 60_000;
/** From the begin of a minute to its end, and 30 s of grace. */
const OPEN_MS = 90_000;

/** J3: minutes of event time by device, each told once. A duplicate counts too, as with the peers. */
export const windows = processor({
  name: 'peers-windows',
  version: 1,
  doc: 'Sums up each minute of a device.',
  inputs: { sample },
  outputs: [minutes],
  state: Windows,
  initial: { open: [] },
  latenessMs: 600_000,
  apply: { sample: (state, event, { meta }) => ({ state: counted(state, event, meta.logTime) }) },
  refused: (state, { event }, { meta }) => ({ state: counted(state, event as Sample, meta.logTime) }),
  deadline: ({ open }) => (open[0] === undefined ? null : open[0].start + OPEN_MS),
  expire(state, _at, { meta }) {
    const [over, ...open] = state.open as [OpenWindow, ...OpenWindow[]];
    const { start, count, lost, rssi, latencyMax } = over;
    const device = meta.key.slice(meta.key.indexOf('/') + 1);
    return {
      state: { open },
      emits: [emit(minutes, { device, start, count, lost, rssiAvg: rssi / count, latencyMax })],
    };
  },
});

function counted(state: Windows, { eventTime, lost, rssi, latencyMs }: Sample, logTime: number): Windows {
  const start = eventTime - (eventTime % MINUTE_MS);
  if (start + OPEN_MS <= logTime) return state;
  const { open } = state;
  const at = open.findIndex((window) => window.start >= start);
  const found = at < 0 ? undefined : open[at];
  if (found?.start === start) {
    const { count } = found;
    const latencyMax = Math.max(found.latencyMax, latencyMs);
    return {
      open: open.with(at, { start, count: count + 1, lost: found.lost + lost, rssi: found.rssi + rssi, latencyMax }),
    };
  }
  const fresh = { start, count: 1, lost, rssi, latencyMax: latencyMs };
  return { open: at < 0 ? [...open, fresh] : open.toSpliced(at, 0, fresh) };
}
