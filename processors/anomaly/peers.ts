import { emit, type Emission, type Uncaused } from '#sdk';
import { type AnomalyFound, type AnomalyState, type DeviceDescribed, topics } from '#schemas';
import type { Baseline } from './baseline.ts';
import { packed } from './packing.ts';

/** Values of a series until it is judged by itself alone. */
export const YOUNG_VALUES = 1_000;

/** From so many values on a baseline tells of its cohort, each time that their number has doubled. */
const MEMBER_VALUES_MIN = 600;

type About = Pick<
  Uncaused<AnomalyFound>,
  'tenant' | 'device' | 'metric' | 'eventId' | 'eventTime' | 'receivedAt' | 'eventOffset' | 'value'
>;

type Cohort = Pick<AnomalyState, 'model' | 'firmware'>;

type Peer = Emission<typeof topics.anomalyPeers>;

/** Takes over what a device says that it is: from then on its series are of that cohort. */
export function described(state: AnomalyState, { model, firmware }: DeviceDescribed) {
  return { state: { ...state, model: model ?? state.model, firmware: firmware ?? state.firmware } };
}

/** Whether a series tells its cohort of the value behind which its baseline is that. */
export function isPeer({ model, firmware }: Cohort, { count }: Baseline): boolean {
  return (model !== null || firmware !== null) && (count <= YOUNG_VALUES || isMember(count));
}

/** What it tells: the value while it is young, and its baseline each time that its values have doubled. */
export function handedOn(
  { model, firmware }: Cohort,
  about: About,
  baseline: Baseline,
  threshold: number,
): readonly Peer[] {
  const { count, profile } = baseline;
  const said = { ...about, model, firmware, threshold };
  const nothing = { numbers: [], tails: [], floats: NOTHING };
  const phase = count === YOUNG_VALUES ? 'LAST' : 'VALUE';
  const value = count <= YOUNG_VALUES ? [emit(topics.anomalyPeers, { ...said, ...nothing, phase })] : [];
  if (!isMember(count)) return value;
  return [...value, emit(topics.anomalyPeers, { ...said, ...packed(baseline), floats: profile, phase: 'MEMBER' })];
}

function isMember(count: number): boolean {
  if (count < MEMBER_VALUES_MIN || count % MEMBER_VALUES_MIN > 0) return false;
  const times = count / MEMBER_VALUES_MIN;
  return (times & (times - 1)) === 0;
}

const NOTHING = new Uint8Array(0);
