import { policy } from '#sdk';
import { DataPlan, LinkMargin, OutagePolicy, PresencePolicy, QualityBands } from './generated/index.ts';

const MINUTE = 60_000;

export const presencePolicy = policy({
  name: 'presence',
  doc: 'How long a device may be silent before it is offline, and how often it may go away before it flaps.',
  value: PresencePolicy,
  fallback: {
    // ThingsBoard calls a device inactive after that long; AWS asks consumers of its presence events for a wait state.
    silenceMs: 10 * MINUTE,
    missedReports: 3,
    sessionGraceMs: MINUTE,
    flapDrops: 5,
    flapWindowMs: 15 * MINUTE,
    flapClear: 1,
    blipMs: 1_000,
    forgetMs: 30 * 24 * 60 * MINUTE,
  },
  check({ silenceMs, missedReports, sessionGraceMs, flapDrops, flapWindowMs, flapClear, forgetMs }) {
    if (silenceMs < MINUTE) return 'silenceMs must be a minute or more, since time is kept by the minute';
    if (missedReports < 1) return 'missedReports must be 1 or more';
    if (sessionGraceMs < 0) return 'sessionGraceMs must not be negative';
    if (flapDrops < 2) return 'flapDrops must be 2 or more, or one blip would page somebody';
    if (flapClear >= flapDrops) return 'flapClear must be less than flapDrops';
    if (flapWindowMs < MINUTE || flapWindowMs > 24 * 60 * MINUTE) return 'flapWindowMs must be a minute to a day';
    return forgetMs < 2 * 24 * 60 * MINUTE ? 'forgetMs must be two days or more' : null;
  },
});

export const qualityBands = policy({
  name: 'quality-bands',
  doc: 'From which value on a measure of a link is excellent, good, fair or poor.',
  value: QualityBands,
  // A convention of practitioners, which is why it is a policy.
  fallback: {
    bands: [
      { measure: 'rsrp', excellent: -80, good: -90, fair: -100, poor: -110 },
      { measure: 'rsrq', excellent: -5, good: -10, fair: -12.5, poor: -15 },
      { measure: 'sinr', excellent: 20, good: 13, fair: 6, poor: 0 },
      { measure: 'marginDb', excellent: 15, good: 10, fair: 5, poor: 2.5 },
      { measure: 'loss', excellent: 0.001, good: 0.01, fair: 0.05, poor: 0.1 },
    ],
    technologies: [],
  },
  check({ bands }) {
    for (const { measure, excellent, good, fair, poor } of bands) {
      const falls = excellent >= good && good >= fair && fair >= poor;
      const rises = excellent <= good && good <= fair && fair <= poor;
      if (!falls && !rises) return `the limits of ${measure} must fall or rise from excellent to poor`;
    }
    return null;
  },
});

export const dataPlan = policy({
  name: 'data-plan',
  doc: 'How much a device may send and receive in a month of UTC.',
  value: DataPlan,
  fallback: { monthlyBytes: null, warnShare: 0.8 },
  check({ monthlyBytes, warnShare }) {
    if (monthlyBytes !== null && monthlyBytes <= 0) return 'monthlyBytes must be more than 0, or null';
    return warnShare > 0 && warnShare <= 1 ? null : 'warnShare must be above 0 and at most 1';
  },
});

export const linkMargin = policy({
  name: 'link-margin',
  doc: 'What margin a LoRa link keeps in reserve before a faster data rate or less power is advised.',
  value: LinkMargin,
  // The margins of The Things Stack's adaptive data rate.
  fallback: { reserveDb: 15, safetyDb: 2.5, enoughUplinks: 20 },
  check({ reserveDb, safetyDb, enoughUplinks }) {
    if (reserveDb < 0 || safetyDb < 0) return 'reserveDb and safetyDb must not be negative';
    return enoughUplinks >= 1 && enoughUplinks <= 64 ? null : 'enoughUplinks must be 1 to 64';
  },
});

export const outagePolicy = policy({
  name: 'outages',
  doc: 'When devices that go silent together are told to have a cause in common.',
  value: OutagePolicy,
  fallback: {
    windowMs: 15 * MINUTE,
    waitMs: 2 * MINUTE,
    aloneShare: 0.02,
    falseShare: 0.001,
    groupShare: 0.5,
    groupSilent: 3,
  },
  check({ windowMs, waitMs, aloneShare, falseShare, groupShare, groupSilent }) {
    if (windowMs <= 0 || waitMs < 0) return 'windowMs must be more than 0, and waitMs not negative';
    if (!(aloneShare > 0 && aloneShare < 1)) return 'aloneShare must be between 0 and 1';
    if (!(falseShare > 0 && falseShare < 1)) return 'falseShare must be between 0 and 1';
    if (!(groupShare > 0 && groupShare <= 1)) return 'groupShare must be above 0 and at most 1';
    return groupSilent >= 2 ? null : 'groupSilent must be 2 or more, since one device shows nothing of another';
  },
});
