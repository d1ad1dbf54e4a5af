import { CLOCK_FLOOR_MS, CLOCK_SKEW_MS_MAX, emit, type Envelope, type Step } from '#sdk';
import { type ClockState, topics } from '#schemas';
import { DELAY_MS_MAX, isSettled, withEvent } from './doubt.ts';
import { raised, rightAgain } from './signal.ts';

type Outcome = Step<ClockState, typeof topics.signals>;

const HOUR_MS = 3_600_000;

/** Right events in a row after which a clock is right again. */
const RIGHTS_MIN = 2;

/** Summer time begins and ends by an hour, to within the time that an event is under way. */
const SUMMER_MS_OFF = 2 * 60_000;

/** Judges the clock by one more event. */
export function judged(state: ClockState, event: Envelope): Outcome {
  const { deviceTime, receivedAt, historical } = event;
  // What was stored says nothing of the clock as it is now.
  if (deviceTime === null || historical) return { state };
  const offsetMs = deviceTime - receivedAt;
  const isLost = deviceTime < CLOCK_FLOOR_MS;
  if (isRight(offsetMs) || isRight(offsetMs - state.summerMs)) return right(state, event);
  const isPossible = offsetMs < 0 && !isLost;
  if (state.raised) return { state: state.rights === 0 ? state : { ...state, rights: 0 } };
  if (state.doubt !== null && receivedAt < state.doubt.until) return { state };
  const doubt = withEvent(state.doubt, { isPossible, offsetMs, receivedAt });
  if (!isSettled(doubt)) return { state: { ...state, doubt } };
  if (state.known && Math.abs(Math.abs(offsetMs) - HOUR_MS) <= SUMMER_MS_OFF) {
    return { state: { ...state, summerMs: Math.sign(offsetMs) * HOUR_MS, doubt: null } };
  }
  const emits = [emit(topics.signals, raised(event, deviceTime, doubt))];
  return { state: { ...state, raised: true, rights: 0, doubt }, emits };
}

function isRight(offsetMs: number): boolean {
  return offsetMs >= -DELAY_MS_MAX && offsetMs <= CLOCK_SKEW_MS_MAX;
}

function right(state: ClockState, event: Envelope): Outcome {
  if (!state.raised) {
    return state.known && state.doubt === null ? { state } : { state: { ...state, known: true, doubt: null } };
  }
  const rights = state.rights + 1;
  if (rights < RIGHTS_MIN || state.doubt === null) return { state: { ...state, rights } };
  const emits = [emit(topics.signals, rightAgain(event, state.doubt))];
  return { state: { ...state, known: true, raised: false, rights: 0, doubt: null }, emits };
}
