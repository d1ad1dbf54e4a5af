import type { ConnectivityState, DeviceSession, PresencePolicy } from '#schemas';

/** The newest sessions that are kept. */
const SESSIONS_MAX = 64;

/** What is known of a session from its start or its end. */
type Part = Pick<DeviceSession, 'sessionId'> & Partial<DeviceSession>;

/**
 * Joins a start or an end to its session, by the id and never by time. Of several starts the first counts, of several
 * ends the last, so that order and repetition make no difference.
 */
export function joined(sessions: readonly DeviceSession[], part: Part): readonly DeviceSession[] {
  const { sessionId, startedAt = null, endedAt = null, reason = null } = part;
  const before = sessions.find((each) => each.sessionId === sessionId);
  const known = before ?? { sessionId, startedAt: null, endedAt: null, reason: null };
  const isLater =
    endedAt !== null &&
    (known.endedAt === null ||
      endedAt > known.endedAt ||
      (endedAt === known.endedAt && (reason ?? '') > (known.reason ?? '')));
  const next: DeviceSession = {
    sessionId,
    startedAt: startedAt === null ? known.startedAt : Math.min(startedAt, known.startedAt ?? Infinity),
    endedAt: isLater ? endedAt : known.endedAt,
    reason: isLater ? reason : known.reason,
  };
  const others = sessions.filter((each) => each !== before);
  return [...others, next].sort(byTime).slice(-SESSIONS_MAX);
}

/**
 * When the device went away by its sessions, ms: a session ended, not because another took over, and no newer one was
 * open then or began within the blip. Oldest first.
 */
export function drops(sessions: readonly DeviceSession[], { blipMs }: PresencePolicy, now: number): readonly number[] {
  return sessions
    .flatMap((session) => {
      const { endedAt, reason } = session;
      if (endedAt === null || TAKEN_OVER.test(reason ?? '') || MEANT.test(reason ?? '')) return [];
      if (newerThan(sessions, session).some((each) => isOpenAt(each, endedAt))) return [];
      return (nextStart(sessions, session, endedAt) ?? now) - endedAt >= blipMs ? [endedAt] : [];
    })
    .sort((a, b) => a - b);
}

/** When the next blip that is not over yet becomes a drop, of a clock that is ahead too; null where there is none. */
export function blipEndsAt({ sessions }: ConnectivityState, { blipMs }: PresencePolicy, now: number): number | null {
  const ends = sessions.flatMap(({ endedAt }) => {
    return endedAt !== null && endedAt + blipMs > now ? [endedAt + blipMs] : [];
  });
  return ends.length === 0 ? null : Math.min(...ends);
}

/** When the newest session broke off, if nothing was seen of the device since; null where it did not. */
export function brokeOffAt({ sessions, lastSeen }: ConnectivityState): number | null {
  const newest = sessions.findLast(({ startedAt }) => startedAt !== null);
  if (newest === undefined || newest.endedAt === null || !BROKEN.test(newest.reason ?? '')) return null;
  return newest.endedAt >= (lastSeen ?? -Infinity) ? newest.endedAt : null;
}

/** Reasons as brokers say them: of AWS IoT Core, of MQTT 5, of our own transports. */
const TAKEN_OVER = /take.?n?.?over|duplicate/i;
const MEANT = /client.initiated|client.disconnect|^normal|^clean|^closed?$/i;
const BROKEN = /lost|time.?out|timed.out|keep.?alive|error|abnormal|broken/i;

function byTime(a: DeviceSession, b: DeviceSession): number {
  return timeOf(a) - timeOf(b) || (a.sessionId < b.sessionId ? -1 : 1);
}

function timeOf({ startedAt, endedAt }: DeviceSession): number {
  return startedAt ?? endedAt ?? 0;
}

function newerThan(sessions: readonly DeviceSession[], session: DeviceSession): readonly DeviceSession[] {
  return sessions.filter((each) => each.startedAt !== null && each !== session && byTime(each, session) > 0);
}

function isOpenAt({ startedAt, endedAt }: DeviceSession, time: number): boolean {
  return (startedAt as number) <= time && (endedAt === null || endedAt > time);
}

function nextStart(sessions: readonly DeviceSession[], session: DeviceSession, time: number): number | null {
  const starts = newerThan(sessions, session).flatMap(({ startedAt }) =>
    startedAt !== null && startedAt >= time ? [startedAt] : [],
  );
  return starts.length === 0 ? null : Math.min(...starts);
}
