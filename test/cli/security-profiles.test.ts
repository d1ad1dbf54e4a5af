import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { importProfiles } from '#cli/security-profiles.ts';
import { SecurityProfiles } from '#schemas';
import { compiled } from '#runtime/avro.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleetstream-import-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let written = 0;

function file(said: unknown): string {
  const path = join(folder, `${++written}.json`);
  writeFileSync(path, typeof said === 'string' ? said : JSON.stringify(said));
  return path;
}

/** As `aws iot create-security-profile --cli-input-json` takes it. */
const PROFILE = {
  securityProfileName: 'pumps',
  securityProfileDescription: 'What pumps do.',
  behaviors: [
    {
      name: 'Out bound message count',
      metric: 'aws:num-messages-sent',
      metricDimension: { dimensionName: 'readings', operator: 'IN' },
      criteria: {
        comparisonOperator: 'less-than-equals',
        value: { count: 50 },
        durationSeconds: 300,
        consecutiveDatapointsToAlarm: 2,
        consecutiveDatapointsToClear: 3,
      },
      suppressAlerts: true,
      exportMetric: false,
    },
    {
      name: 'peers',
      metric: 'aws:destination-ip-addresses',
      criteria: { comparisonOperator: 'in-cidr-set', value: { cidrs: ['10.0.0.0/8'] } },
    },
    { name: 'kept', metric: 'aws:all-bytes-in' },
  ],
  alertTargets: { SNS: { alertTargetArn: 'arn:aws:sns:us-east-1:123456789012:t', roleArn: 'arn:aws:iam::1:role/r' } },
  additionalMetricsToRetainV2: [{ metric: 'aws:num-disconnects' }],
};

const DIMENSION = { name: 'readings', type: 'TOPIC_FILTER', stringValues: ['fleetstream/v1/+/+/telemetry'] };

const behavior = (metric: string, criteria: object, more: object = {}) => ({
  securityProfileName: 'p',
  behaviors: [{ name: 'b', metric, criteria, ...more }],
});
const normal = (value: object, more: object = {}) => ({ comparisonOperator: 'less-than', value, ...more });

const learned = (confidenceLevel: string) => ({ mlDetectionConfig: { confidenceLevel } });

describe('profiles of AWS', () => {
  test('become one policy, for the devices that are named', () => {
    const policy = importProfiles([file(PROFILE), file(DIMENSION)], { tenant: 'acme', devices: ['pump-*'] });
    expect(policy).toMatchObject({
      policy: 'security-profiles',
      tenant: 'acme',
      value: {
        profiles: [
          {
            name: 'pumps',
            description: 'What pumps do.',
            targets: [{ device: 'pump-*', model: null }],
            behaviours: [
              {
                name: 'Out bound message count',
                operator: 'less-than-equals',
                threshold: 50,
                durationSeconds: 300,
                datapointsToAlarm: 2,
                datapointsToClear: 3,
                topicOperator: 'IN',
                topicFilters: ['fleetstream/v1/+/+/telemetry'],
                suppressAlerts: true,
              },
              {
                name: 'peers',
                operator: 'in-cidr-set',
                cidrs: ['10.0.0.0/8'],
                durationSeconds: null,
                datapointsToAlarm: 1,
              },
            ],
          },
        ],
      },
    });
    expect(compiled(SecurityProfiles.avro).isValid(policy.value, { noUndeclaredFields: true })).toBe(true);
  });

  test('may stand in one file, and are for all devices where none is named', () => {
    const both = [behavior('aws:num-disconnects', normal({ count: 1 })), { ...PROFILE, behaviors: [] }];
    const { tenant, value } = importProfiles([file(both)], {});
    expect(tenant).toBeNull();
    expect(value.profiles.map(({ name, targets }) => [name, targets])).toEqual([
      ['p', []],
      ['pumps', []],
    ]);
  });

  test('with mlDetectionConfig are taken as they are', () => {
    const criteria = { ...learned('HIGH'), consecutiveDatapointsToAlarm: 2, consecutiveDatapointsToClear: 3 };
    const { value } = importProfiles([file(behavior('aws:num-disconnects', criteria, { suppressAlerts: true }))], {});
    expect(value.profiles[0]?.behaviours).toMatchObject([
      { confidence: 'HIGH', operator: '', threshold: null, datapointsToAlarm: 2, datapointsToClear: 3 },
    ]);
    expect(compiled(SecurityProfiles.avro).isValid(value, { noUndeclaredFields: true })).toBe(true);
  });

  test.each([
    ['profile_malformed', { behaviors: [] }],
    ['profile_malformed', behavior('aws:num-disconnects', { comparisonOperatr: 'less-than' })],
    ['json_malformed', '{'],
    ['dimension_unknown', PROFILE],
  ])('%s is told for %j', (code, said) => {
    expect(() => importProfiles([file(said)], {})).toThrow(expect.objectContaining({ code }));
  });

  test('that cannot be read are named', () => {
    expect(() => importProfiles([join(folder, 'none.json')], {})).toThrow(
      expect.objectContaining({ code: 'file_unreadable' }),
    );
  });

  test.each([
    ['confidenceLevel is one of LOW, MEDIUM, HIGH', behavior('aws:num-disconnects', learned('SURE'))],
    ['is not learned', behavior('aws:listening-tcp-ports', learned('HIGH'))],
    ['is not learned', behavior('aws:disconnect-duration', learned('HIGH'))],
    ['there is nothing to compare to', behavior('aws:num-disconnects', { ...learned('LOW'), ...normal({ count: 1 }) })],
    ['there is nothing to compare to', behavior('x', { ...learned('LOW'), value: { strings: ['a'] } })],
    ['there is no metric aws:bytes', behavior('aws:bytes', normal({ count: 1 }))],
    ['a custom metric has 1 to 128', behavior('a b', normal({ number: 1 }))],
    ['is compared by in-port-set', behavior('aws:listening-tcp-ports', normal({ count: 1 }))],
    [
      'is compared by less-than',
      behavior('aws:num-disconnects', { comparisonOperator: 'in-set', value: { numbers: [1] } }),
    ],
    ['durationSeconds is one of', behavior('aws:num-disconnects', normal({ count: 1 }, { durationSeconds: 301 }))],
    [
      'a list has no durationSeconds',
      behavior('x', { comparisonOperator: 'in-set', value: { strings: ['a'] }, durationSeconds: 300 }),
    ],
    ['datapoints are 1 to 10', behavior('x', normal({ number: 1 }, { consecutiveDatapointsToAlarm: 11 }))],
    ['datapoints are 1 to 10', behavior('x', normal({ number: 1 }, { consecutiveDatapointsToClear: 0 }))],
    ['a threshold is needed', behavior('aws:num-disconnects', normal({}))],
    ['cidrs say nothing here', behavior('aws:num-disconnects', normal({ count: 1, cidrs: ['10.0.0.0/8'] }))],
    ['ports are needed', behavior('aws:listening-tcp-ports', { comparisonOperator: 'in-port-set', value: {} })],
    ['is no CIDR block', behavior('x', { comparisonOperator: 'in-cidr-set', value: { cidrs: ['10.0.0.0/40'] } })],
    [
      'is no port',
      behavior('aws:listening-udp-ports', { comparisonOperator: 'in-port-set', value: { ports: [65_536] } }),
    ],
    ['not to a threshold', behavior('x', { comparisonOperator: 'in-set', value: { count: 1, strings: ['a'] } })],
    [
      'behaviour b is there twice',
      { ...PROFILE, behaviors: [0, 1].map(() => ({ name: 'b', metric: 'x', criteria: normal({ number: 1 }) })) },
    ],
  ])('are refused with the reason: %s', (reason, said) => {
    expect(() => importProfiles([file(said)], {})).toThrow(
      expect.objectContaining({ code: 'policy_invalid', message: expect.stringContaining(reason) as string }),
    );
  });

  test.each([
    ['is no topic filter', 'aws:num-messages-sent', ['a/#/b']],
    ['go by topic', 'aws:num-disconnects', ['a/#']],
    ['topicFilters are needed', 'aws:message-byte-size', []],
  ])('%s', (reason, metric, stringValues) => {
    const dimension = { name: 'd', type: 'TOPIC_FILTER', stringValues };
    const said = behavior(metric, normal({ count: 1 }), { metricDimension: { dimensionName: 'd' } });
    expect(() => importProfiles([file(said), file(dimension)], {})).toThrow(
      expect.objectContaining({ message: expect.stringContaining(reason) as string }),
    );
  });
});
