import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Behaviour, type ProfileTarget, type SecurityProfile, securityProfiles } from '#schemas';
import { CommandError } from './failure.ts';
import { readJson } from './json.ts';

/** Whom imported profiles are for. */
export interface ImportOptions {
  readonly tenant?: string | undefined;
  /** Names of devices, an asterisk at the end standing for any ending; none for all. */
  readonly devices?: readonly string[];
}

const Value = z.strictObject({
  count: z.number().optional(),
  number: z.number().optional(),
  cidrs: z.array(z.string()).default([]),
  ports: z.array(z.int()).default([]),
  numbers: z.array(z.number()).default([]),
  strings: z.array(z.string()).default([]),
});

const Criteria = z.strictObject({
  comparisonOperator: z.string().default(''),
  value: Value.prefault({}),
  durationSeconds: z.int().optional(),
  consecutiveDatapointsToAlarm: z.int().default(1),
  consecutiveDatapointsToClear: z.int().default(1),
  statisticalThreshold: z.strictObject({ statistic: z.string() }).optional(),
  mlDetectionConfig: z.strictObject({ confidenceLevel: z.string() }).optional(),
});

const AwsBehavior = z.strictObject({
  name: z.string(),
  metric: z.string(),
  metricDimension: z
    .strictObject({ dimensionName: z.string(), operator: z.enum(['IN', 'NOT_IN']).default('IN') })
    .optional(),
  criteria: Criteria.optional(),
  suppressAlerts: z.boolean().default(false),
  exportMetric: z.boolean().optional(),
});

/** As `aws iot create-security-profile` takes it, and `describe-security-profile` gives it. */
const AwsProfile = z.looseObject({
  securityProfileName: z.string(),
  securityProfileDescription: z.string().default(''),
  behaviors: z.array(AwsBehavior).default([]),
});

/** As `aws iot describe-dimension` gives it. */
const AwsDimension = z.looseObject({
  name: z.string(),
  type: z.literal('TOPIC_FILTER'),
  stringValues: z.array(z.string()),
});

type AwsBehavior = z.infer<typeof AwsBehavior>;
type Dimensions = ReadonlyMap<string, readonly string[]>;

/** The policy that files of AWS say, security profiles and the dimensions that they name, as `policy apply` takes it. */
export function importProfiles(files: readonly string[], { tenant, devices = [] }: ImportOptions) {
  const all = files.flatMap((file) => {
    const value = readJson(textOf(file), file);
    return (Array.isArray(value) ? value : [value]).map((said: unknown) => ({ file, said }));
  });
  const isDimension = ({ said }: { readonly said: unknown }) => AwsDimension.safeParse(said).success;
  const dimensions = all.filter(isDimension).map(({ said }) => AwsDimension.parse(said));
  const filters = new Map(dimensions.map(({ name, stringValues }) => [name, stringValues]));
  const targets = devices.map((device) => ({ ...ANY, device }));
  const profiles = all
    .filter((each) => !isDimension(each))
    .map(({ file, said }) => profileOf(said, file, filters, targets));
  const value = { profiles };
  const wrong = securityProfiles.check?.(value) ?? null;
  if (wrong !== null) throw new CommandError('policy_invalid', `${wrong}; change it in the file`);
  return { policy: securityProfiles.name, tenant: tenant ?? null, value };
}

const ANY: ProfileTarget = { device: null, model: null, hardware: null, firmware: null, lot: null, site: null };

/** A security profile of AWS as this platform has it. Throws what is none. */
export function profileOf(
  said: unknown,
  file: string,
  dimensions: Dimensions = new Map(),
  targets: readonly ProfileTarget[] = [],
): SecurityProfile {
  const read = AwsProfile.safeParse(said);
  if (!read.success) {
    const [issue] = read.error.issues;
    const path = issue?.path.join('.') ?? '';
    throw new CommandError(
      'profile_malformed',
      `${file}, at "${path}": ${issue?.message}; see create-security-profile`,
    );
  }
  const { securityProfileName: name, securityProfileDescription: description, behaviors } = read.data;
  // A behavior without criteria only retains its metric, and the tables retain everything.
  const asked = behaviors.filter(({ criteria }) => criteria !== undefined);
  const behaviours = asked.map((each) => behaviourOf(each, file, dimensions));
  return { name, description, severity: 'MEDIUM', targets, behaviours };
}

function behaviourOf(said: AwsBehavior, file: string, dimensions: Dimensions): Behaviour {
  const { name, metric, metricDimension, suppressAlerts } = said;
  const { value, ...criteria } = said.criteria ?? Criteria.parse({});
  const { count, number, ...sets } = value;
  const topicFilters = metricDimension === undefined ? [] : dimensions.get(metricDimension.dimensionName);
  if (topicFilters === undefined) {
    const missing = `behavior ${name} goes by the dimension ${metricDimension?.dimensionName}`;
    throw new CommandError('dimension_unknown', `${file}: ${missing}; name a file with its describe-dimension too`);
  }
  return {
    name,
    metric,
    topicOperator: metricDimension?.operator ?? null,
    topicFilters,
    operator: criteria.comparisonOperator,
    threshold: count ?? number ?? null,
    ...sets,
    durationSeconds: criteria.durationSeconds ?? null,
    datapointsToAlarm: criteria.consecutiveDatapointsToAlarm,
    datapointsToClear: criteria.consecutiveDatapointsToClear,
    statistic: criteria.statisticalThreshold?.statistic ?? null,
    confidence: criteria.mlDetectionConfig?.confidenceLevel ?? null,
    suppressAlerts,
  };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError('file_unreadable', `${(error as Error).message}; name a file of AWS as JSON`);
  }
}
