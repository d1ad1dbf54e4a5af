import type { DetectBucket, DetectReport, DetectSession, DetectState } from '#schemas';
import { EMPTY } from './bucket.ts';
import { BUCKET_MS, REPORT_MS } from './time.ts';

/** How a device stood at a time, from all that happened before. */
export type Standing = Omit<
  DetectState,
  'profilesVersion' | 'dueAt' | 'since' | 'closedTo' | 'finalTo' | 'deafFrom' | 'deafTo' | 'late' | 'keptFrom'
>;

/** Five minutes of a device, with what counts of its reports, and how it stood at their end. */
export interface Period {
  readonly start: number;
  readonly bucket: DetectBucket;
  readonly reports: readonly DetectReport[];
  readonly after: Standing;
}

export type StoredBucket = readonly [start: number, bucket: DetectBucket];

/** Periods of a device without a gap, and how it stood before the first. */
export interface Past {
  readonly before: Standing;
  readonly periods: readonly Period[];
}

/** All periods between two times, those of which nothing is known too. */
export function pastOf(standing: Standing, buckets: readonly StoredBucket[], from: number, to: number): Past {
  const earlier = buckets.filter(([start]) => start < from);
  const before = earlier.reduce((last, [start, bucket]) => periodOf(last, start, bucket).after, standing);
  const known = new Map(buckets);
  const periods: Period[] = [];
  let last = before;
  for (let start = from; start < to; start += BUCKET_MS) {
    const period = periodOf(last, start, known.get(start) ?? EMPTY);
    periods.push(period);
    last = period.after;
  }
  return { before, periods };
}

/** One period, from how the device stood before. */
export function periodOf(before: Standing, start: number, bucket: DetectBucket): Period {
  const reports: DetectReport[] = [];
  let { reportedAt, reportId } = before;
  for (const report of bucket.reports) {
    if (reportedAt !== null && report.time < reportedAt + REPORT_MS) continue;
    // A report that is sent again counts once.
    if (report.reportId !== null && report.reportId === reportId) continue;
    reports.push(report);
    ({ time: reportedAt, reportId } = report);
  }
  const sessions = bucket.sessions.reduce(withSession, before);
  const [said] = bucket.descriptions;
  const after = { ...sessions, reportedAt, reportId };
  if (said === undefined) return { start, bucket, reports, after };
  const { time: describedAt, model, hardware, firmware, lot, site } = said;
  return { start, bucket, reports, after: { ...after, describedAt, model, hardware, firmware, lot, site } };
}

/** A device has one session at a time: a new one takes the place of the one before, whose end then says nothing. */
function withSession(before: Standing, { time, phase, sessionId }: DetectSession): Standing {
  if (phase === 'STARTED') {
    // Its end has come already: clocks of brokers differ.
    if (sessionId === before.endedSessionId) return before;
    return { ...before, sessionId, disconnectedAt: null };
  }
  const isOther = before.sessionId !== null && before.sessionId !== sessionId;
  if (isOther) return { ...before, endedSessionId: sessionId };
  return { ...before, sessionId: null, endedSessionId: sessionId, disconnectedAt: time };
}
