import { policy } from '#sdk';
import { Alerting } from '#schemas';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** An operator who has to read more rules than that reads none. */
const RULES_MAX = 1_000;

/** A digest more often than that would be a flood itself. */
const DIGEST_MS_MIN = 10 * SECOND;

/** Beyond this there is no limit to speak of. */
const DELIVERIES_MAX = 1_000_000;

/** Beyond this a span is a slip of the pen, and a sum of times no longer safe. */
const SPAN_MS_MAX = 366 * DAY;

/** Stands in `outageRules` for the rules below, so that whoever does not name them need not add those that come later. */
const OWN = '*';
const OUTAGES: ReadonlySet<string> = new Set([
  'connectivity.offline',
  'outages.gateway',
  'outages.cell',
  'outages.operator',
  'outages.subscriptions',
  'outages.flapping',
]);

/** Whether alerts of a rule mean that their device is down: as is decided for the rule, or else by `outageRules`. */
export function isOutage({ outageRules, rules }: Alerting, rule: string): boolean {
  const own = rules.find((each) => each.rule === rule)?.outage ?? null;
  return own ?? (outageRules.includes(rule) || (outageRules.includes(OWN) && OUTAGES.has(rule)));
}

/** How alerts are delivered, as operators decide it for a tenant or for all. */
export const alerting = policy({
  name: 'alerting',
  doc: 'How long alerts wait and how many are delivered, what is muted, and where the runbooks are.',
  value: Alerting,
  fallback: {
    // Outages are judged two minutes after a silence was noticed, and silences that belong together are noticed apart.
    graceMs: 5 * MINUTE,
    reopenMs: 15 * MINUTE,
    keepMs: 7 * DAY,
    deliverFrom: 'UNKNOWN',
    deliveriesPerHour: 120,
    burst: 60,
    digestMs: 5 * MINUTE,
    runbooks: null,
    outageRules: [OWN],
    rules: [],
  },
  check: problemOf,
});

function problemOf(value: Alerting): string | null {
  const { graceMs, reopenMs, keepMs, deliveriesPerHour, burst, digestMs, runbooks, outageRules, rules } = value;
  if ([graceMs, reopenMs, keepMs, digestMs].some((span) => span < 0 || span > SPAN_MS_MAX))
    return `graceMs, reopenMs, keepMs and digestMs must be from 0 to ${SPAN_MS_MAX}`;
  if (keepMs < reopenMs) return 'keepMs must not be less than reopenMs: what is forgotten cannot come back';
  if (digestMs < DIGEST_MS_MIN) return `digestMs must be at least ${DIGEST_MS_MIN}`;
  if ([deliveriesPerHour, burst].some((count) => count < 1 || count > DELIVERIES_MAX))
    return `deliveriesPerHour and burst must be from 1 to ${DELIVERIES_MAX}`;
  if (rules.length > RULES_MAX || outageRules.length > RULES_MAX)
    return `rules and outageRules may have ${RULES_MAX} entries each`;
  const names = rules.map(({ rule }) => rule).sort();
  const twice = names.find((name, index) => name === names[index + 1]);
  if (twice !== undefined) return `rules names ${twice} twice`;
  const unknown = /\{(?!(?:rule|processor)\})[^}]*\}?/.exec(runbooks ?? '')?.[0];
  if (unknown !== undefined) return `runbooks has ${unknown}; it may have {rule} and {processor}`;
  const addresses = [runbooks, ...rules.map(({ runbook }) => runbook)];
  const wrong = addresses.find((address) => address !== null && !/^https?:\/\/[^\s]+$/.test(address));
  return wrong === undefined ? null : `${wrong} is no address; write https://runbooks.example`;
}
