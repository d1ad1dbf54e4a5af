import { policy } from '#sdk';
import { parseCidr } from './addresses.ts';
import { CONFIDENCES } from './criteria.ts';
import { type Behaviour, type SecurityProfile, SecurityProfiles } from './generated/index.ts';

/** Profiles of a tenant, behaviours of a profile, and values of a set: a broadcast reaches every partition. */
export const PROFILES_MAX = 20;
export const BEHAVIOURS_MAX = 100;
export const SET_MAX = 1_000;

/** What is normal of a tenant's devices, as AWS IoT Device Defender Detect has it. */
export const securityProfiles = policy({
  name: 'security-profiles',
  doc: 'What is normal of devices, as security profiles of AWS IoT Device Defender; what is not is a violation.',
  value: SecurityProfiles,
  fallback: { profiles: [] },
  check: ({ profiles }) => {
    if (profiles.length > PROFILES_MAX) return `at most ${PROFILES_MAX} profiles fit, here are ${profiles.length}`;
    return twice(profiles, 'profile') ?? profiles.map(faultOfProfile).find((fault) => fault !== null) ?? null;
  },
});

/** What a metric is: numbers that add up over a window, numbers of a moment, or lists. */
export type MetricKind = 'sum' | 'number' | 'addresses' | 'ports' | 'numbers' | 'strings';

/** The metrics of AWS IoT Device Defender Detect. */
export const METRICS: Readonly<Record<string, MetricKind>> = {
  'aws:all-bytes-in': 'sum',
  'aws:all-bytes-out': 'sum',
  'aws:all-packets-in': 'sum',
  'aws:all-packets-out': 'sum',
  'aws:destination-ip-addresses': 'addresses',
  'aws:listening-tcp-ports': 'ports',
  'aws:listening-udp-ports': 'ports',
  'aws:num-listening-tcp-ports': 'number',
  'aws:num-listening-udp-ports': 'number',
  'aws:num-established-tcp-connections': 'number',
  'aws:message-byte-size': 'number',
  'aws:num-messages-received': 'sum',
  'aws:num-messages-sent': 'sum',
  'aws:num-authorization-failures': 'sum',
  'aws:source-ip-address': 'addresses',
  'aws:num-connection-attempts': 'sum',
  'aws:num-disconnects': 'sum',
  'aws:disconnect-duration': 'number',
};

const DURATIONS: readonly number[] = [300, 600, 900, 1800, 3600];
const STATISTICS = ['p0', 'p0.1', 'p0.01', 'p1', 'p10', 'p50', 'p90', 'p99', 'p99.9', 'p99.99', 'p100'];
const COMPARISONS = ['less-than', 'less-than-equals', 'greater-than', 'greater-than-equals'];
const OPERATORS: Readonly<Record<MetricKind, readonly string[]>> = {
  sum: COMPARISONS,
  number: COMPARISONS,
  addresses: ['in-cidr-set', 'not-in-cidr-set'],
  ports: ['in-port-set', 'not-in-port-set'],
  numbers: ['in-set', 'not-in-set'],
  strings: ['in-set', 'not-in-set'],
};
const OF_TOPICS = ['aws:message-byte-size', 'aws:num-messages-sent', 'aws:num-messages-received'];
const NAME = /^[\w:-]{1,128}$/;

/** What a behaviour measures. A custom metric is what its criteria compare it to. */
export function kindOf({ metric, operator, numbers }: Behaviour): MetricKind {
  const known = METRICS[metric];
  if (known !== undefined) return known;
  if (operator.endsWith('cidr-set')) return 'addresses';
  if (!operator.endsWith('in-set')) return 'number';
  return numbers.length > 0 ? 'numbers' : 'strings';
}

function faultOfProfile(profile: SecurityProfile): string | null {
  const { name, targets, behaviours } = profile;
  const at = `profile ${name.slice(0, 128)}`;
  if (!NAME.test(name)) return `${at}: a name has 1 to 128 letters, digits, and : _ -`;
  if (behaviours.length > BEHAVIOURS_MAX) return `${at}: at most ${BEHAVIOURS_MAX} behaviours fit`;
  if (targets.length > SET_MAX) return `${at}: at most ${SET_MAX} targets fit; say what they have in common`;
  const again = twice(behaviours, 'behaviour');
  if (again !== null) return `${at}: ${again}`;
  for (const behaviour of behaviours) {
    const fault = faultOf(behaviour);
    if (fault !== null) return `${at}, behaviour ${behaviour.name.slice(0, 128)}: ${fault}`;
  }
  return null;
}

function faultOf(behaviour: Behaviour): string | null {
  const { name, metric, operator, confidence, durationSeconds, datapointsToAlarm } = behaviour;
  if (name === '' || name.length > 128 || name.includes('/')) return 'a name has 1 to 128 characters, and no slash';
  if (metric.startsWith('aws:') && METRICS[metric] === undefined) return `there is no metric ${metric}`;
  if (!metric.startsWith('aws:') && !NAME.test(metric))
    return 'a custom metric has 1 to 128 letters, digits, and : _ -';
  const kind = kindOf(behaviour);
  if (confidence === null && !OPERATORS[kind].includes(operator))
    return `${metric} is compared by ${OPERATORS[kind].join(', ')}`;
  if (durationSeconds !== null && !DURATIONS.includes(durationSeconds))
    return `durationSeconds is one of ${DURATIONS.join(', ')}`;
  if (durationSeconds !== null && kind !== 'sum' && kind !== 'number') return 'a list has no durationSeconds';
  for (const count of [datapointsToAlarm, behaviour.datapointsToClear])
    if (count < 1 || count > 10) return 'consecutive datapoints are 1 to 10';
  return faultOfTopics(behaviour) ?? (confidence === null ? faultOfValue : faultOfConfidence)(behaviour, kind);
}

/** A confidence takes the place of all that is compared to. AWS has it of the same metrics. */
function faultOfConfidence(behaviour: Behaviour, kind: MetricKind): string | null {
  const { metric, operator, confidence, threshold, statistic, cidrs, ports, numbers, strings } = behaviour;
  if (CONFIDENCES[confidence ?? ''] === undefined)
    return `confidenceLevel is one of ${Object.keys(CONFIDENCES).join(', ')}`;
  if ((kind !== 'sum' && kind !== 'number') || metric === 'aws:disconnect-duration')
    return `${metric} is not learned: only numbers are, and a duration grows by itself`;
  const isCompared = operator !== '' || threshold !== null || statistic !== null;
  const sets = [cidrs, ports, numbers, strings];
  if (isCompared || sets.some((set) => set.length > 0))
    return 'with mlDetectionConfig there is nothing to compare to: no comparisonOperator, value or statisticalThreshold';
  return null;
}

function faultOfTopics({ metric, topicOperator, topicFilters }: Behaviour): string | null {
  if (topicOperator === null) return topicFilters.length === 0 ? null : 'topicFilters need a topicOperator';
  if (topicOperator === 'UNKNOWN') return 'topicOperator is IN or NOT_IN';
  if (!OF_TOPICS.includes(metric)) return `only ${OF_TOPICS.join(', ')} go by topic`;
  if (topicFilters.length === 0 || topicFilters.length > SET_MAX) return `1 to ${SET_MAX} topicFilters are needed`;
  const wrong = topicFilters.find((filter) => !isTopicFilter(filter));
  return wrong === undefined ? null : `${wrong} is no topic filter`;
}

function faultOfValue(behaviour: Behaviour, kind: MetricKind): string | null {
  const { threshold, statistic, cidrs, ports, numbers, strings } = behaviour;
  const sets = { cidrs, ports, numbers, strings };
  const wanted = {
    sum: null,
    number: null,
    addresses: 'cidrs',
    ports: 'ports',
    numbers: 'numbers',
    strings: 'strings',
  };
  const own = wanted[kind];
  const surplus = Object.entries(sets).find(([name, set]) => name !== own && set.length > 0);
  if (surplus !== undefined) return `${surplus[0]} say nothing here`;
  if (own === null) {
    if (statistic !== null && !STATISTICS.includes(statistic)) return `a statistic is one of ${STATISTICS.join(', ')}`;
    return (threshold === null) === (statistic === null) ? 'a threshold is needed, a number or a statistic' : null;
  }
  if (statistic !== null) return 'a list has no statistic';
  if (threshold !== null) return 'a list is compared to a set, not to a threshold';
  const set = sets[own as keyof typeof sets];
  if (set.length === 0 || set.length > SET_MAX) return `1 to ${SET_MAX} ${own} are needed`;
  const cidr = cidrs.find((text) => parseCidr(text) === null);
  if (cidr !== undefined) return `${cidr} is no CIDR block`;
  const port = ports.find((number) => number < 0 || number > 65_535);
  return port === undefined ? null : `${port} is no port`;
}

/** True where wildcards of MQTT stand alone in a level, and a hash at the end. */
function isTopicFilter(filter: string): boolean {
  const levels = filter.split('/');
  if (filter === '' || levels.slice(0, -1).includes('#')) return false;
  return levels.every((level) => level === '#' || level === '+' || !/[#+]/.test(level));
}

function twice(named: readonly { readonly name: string }[], what: string): string | null {
  const names = named.map(({ name }) => name);
  const again = names.find((name, index) => names.indexOf(name) !== index);
  return again === undefined ? null : `the ${what} ${again} is there twice`;
}
