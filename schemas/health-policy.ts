import { policy } from '#sdk';
import { HealthPolicy } from './generated/index.ts';

/** When a battery is empty, when a device starts anew too often, and when a lot or a firmware counts as worse than its like. */
export const healthPolicy = policy({
  name: 'health',
  doc: 'When a battery is empty, when a device starts anew too often, and when a lot or a firmware counts as worse than its like.',
  value: HealthPolicy,
  fallback: {
    batteryEmptyPercent: 5,
    batteryWarnDays: 14,
    restartsMax: 8,
    falseDiscoveryRate: 0.05,
    ratioTolerated: 1.5,
    crashesMin: 10,
    devicesMin: 5,
  },
  check({
    batteryEmptyPercent,
    batteryWarnDays,
    restartsMax,
    falseDiscoveryRate,
    ratioTolerated,
    crashesMin,
    devicesMin,
  }) {
    if (!(batteryEmptyPercent >= 0 && batteryEmptyPercent < 100)) return 'batteryEmptyPercent is from 0 to below 100';
    if (!(batteryWarnDays >= 0 && batteryWarnDays <= 3_650)) return 'batteryWarnDays is from 0 to 3650';
    if (!(restartsMax >= 2 && restartsMax <= 1_000)) return 'restartsMax is from 2 to 1000';
    if (!(falseDiscoveryRate > 0 && falseDiscoveryRate <= 0.5)) return 'falseDiscoveryRate is above 0 and at most 0.5';
    if (!(ratioTolerated >= 1 && ratioTolerated <= 100)) return 'ratioTolerated is from 1 to 100';
    if (crashesMin < 1 || devicesMin < 1) return 'crashesMin and devicesMin are at least 1';
    return null;
  },
});
