import { emit, type Uncaused } from '#sdk';
import { type ConnectivityAdvice, type ConnectivityState, topics } from '#schemas';
import type { About } from './presence.ts';
import type { Emit } from './state.ts';
import type { Volume } from './volume.ts';

/** A step of data rate is worth that much, dB. */
const STEP_DB = 2.5;

/** Beyond the fastest data rate power can be saved. */
const SPREADING_FACTOR_MIN = 7;
const SPREADING_FACTOR_MAX = 12;

type Advice = Omit<Uncaused<ConnectivityAdvice>, 'tenant' | 'device' | 'eventTime' | 'active'>;

const NO_NUMBERS = {
  uplinks: null,
  marginDb: null,
  requiredDb: null,
  spareDb: null,
  steps: null,
  gateway: null,
  bytes: null,
  projectedBytes: null,
  planBytes: null,
};

/** Tells what is advised anew, and takes back what is no longer. Drawn from uplinks that can change no more. */
export function advised(
  state: ConnectivityState,
  volume: Volume,
  { whose, kept }: About,
): { readonly state: ConnectivityState; readonly emits: readonly Emit[] } {
  const all = [...rateOf(state, kept), ...gatewayOf(state, kept), ...volumeAdvice(volume, kept)];
  const now = all.map(keyOf);
  const eventTime = state.closedTo ?? kept.meta.logTime;
  const given = all
    .filter((each) => !state.advice.includes(keyOf(each)))
    .map((each) => emit(topics.connectivityAdvice, { ...whose, eventTime, active: true, ...each }));
  const kinds = new Set(all.map(({ kind }) => kind));
  const gone = [...new Set(state.advice.map((key) => key.split(' ')[0] as Advice['kind']))].filter(
    (kind) => !kinds.has(kind),
  );
  const taken = gone.map((kind) => {
    const by = { policy: kind === 'VOLUME' ? 'data-plan' : 'link-margin', policyVersion: kept.versions.linkMargin };
    const detail = 'What it was drawn from holds no longer.';
    return emit(topics.connectivityAdvice, { ...whose, eventTime, active: false, kind, detail, ...NO_NUMBERS, ...by });
  });
  return { state: { ...state, advice: now }, emits: [...taken, ...given] };
}

/** The data rate or power that the best margin of the last uplinks allows, or asks for. */
function rateOf({ uplinks }: ConnectivityState, { policies, versions }: About['kept']): readonly Advice[] {
  const { reserveDb, safetyDb, enoughUplinks } = policies.linkMargin;
  const spreadingFactor = uplinks.at(-1)?.spreadingFactor ?? null;
  if (spreadingFactor === null) return [];
  // Margins of another data rate say nothing of this one.
  const begin = uplinks.findLastIndex((each) => each.spreadingFactor !== spreadingFactor) + 1;
  const margins = uplinks
    .slice(begin)
    .flatMap(({ marginDb }) => marginDb ?? [])
    .slice(-enoughUplinks);
  if (margins.length === 0) return [];
  const marginDb = Math.max(...margins);
  const requiredDb = reserveDb + (margins.length < enoughUplinks ? safetyDb : 0);
  const spareDb = marginDb - requiredDb;
  const steps = Math.floor(spareDb / STEP_DB);
  const numbers = { ...NO_NUMBERS, uplinks: margins.length, marginDb, requiredDb, spareDb };
  const by = { policy: 'link-margin', policyVersion: versions.linkMargin };
  const measured = `The best margin of the last ${margins.length} uplinks at SF${spreadingFactor} is ${db(marginDb)}, and ${db(requiredDb)} are kept in reserve`;
  const faster = Math.min(steps, spreadingFactor - SPREADING_FACTOR_MIN);
  if (faster > 0) {
    const detail = `${measured}: SF${spreadingFactor - faster} leaves ${db(spareDb - faster * STEP_DB)} to spare.`;
    return [{ kind: 'DATA_RATE_UP', detail, ...numbers, steps: faster, ...by }];
  }
  if (steps > 0) {
    const detail = `${measured}: at the fastest data rate the transmit power can be ${db(steps * STEP_DB)} less.`;
    return [{ kind: 'TRANSMIT_POWER_DOWN', detail, ...numbers, steps, ...by }];
  }
  const slower = Math.min(-steps, SPREADING_FACTOR_MAX - spreadingFactor);
  if (spareDb >= 0 || marginDb >= reserveDb || slower <= 0) return [];
  const detail = `${measured}: ${db(-spareDb)} are lacking, which SF${spreadingFactor + slower} would give.`;
  return [{ kind: 'DATA_RATE_DOWN', detail, ...numbers, steps: -slower, ...by }];
}

/** Whether one gateway alone hears the device. */
function gatewayOf({ uplinks }: ConnectivityState, { policies, versions }: About['kept']): readonly Advice[] {
  const recent = uplinks.slice(-policies.linkMargin.enoughUplinks);
  const gateway = recent.at(-1)?.gateway ?? null;
  if (gateway === null || recent.length < policies.linkMargin.enoughUplinks) return [];
  if (recent.some((each) => each.gateways !== 1 || each.gateway !== gateway)) return [];
  const detail = `All of the last ${recent.length} uplinks were heard by ${gateway} alone: without it the device is cut off.`;
  const by = { policy: 'link-margin', policyVersion: versions.linkMargin };
  return [{ kind: 'SINGLE_GATEWAY', detail, ...NO_NUMBERS, uplinks: recent.length, gateway, ...by }];
}

/** Whether the month will be beyond the plan, should it go on like that. */
function volumeAdvice({ bytes, projected }: Volume, { policies, versions }: About['kept']): readonly Advice[] {
  const { monthlyBytes } = policies.dataPlan;
  if (monthlyBytes === null || projected <= monthlyBytes) return [];
  const detail = `${bytes} bytes of this month come to ${projected} by its end, and the plan has ${monthlyBytes}.`;
  const numbers = { ...NO_NUMBERS, bytes, projectedBytes: projected, planBytes: monthlyBytes };
  return [{ kind: 'VOLUME', detail, ...numbers, policy: 'data-plan', policyVersion: versions.dataPlan }];
}

/** Two pieces of advice of the same kind that ask for the same are one. */
function keyOf({ kind, steps, gateway }: Advice): string {
  return [kind, steps ?? '', gateway ?? ''].join(' ').trimEnd();
}

function db(value: number): string {
  return `${Math.round(value * 10) / 10} dB`;
}
