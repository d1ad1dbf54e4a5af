import { flappingCell, gatewayOutage, simExpiry } from './connectivity.ts';
import { clockReset, firmwareLeak, slowBatteryFault, stuckSensor } from './faults.ts';
import { brownOuts, gatewayClock, retryStorm, stolenDevice } from './further.ts';
import type { Incident } from './log.ts';
import { botnetRecruit, cloneDevice, exfiltration } from './security.ts';

/** Every incident, and what it must open. */
export const incidents: readonly Incident[] = [
  gatewayOutage,
  simExpiry,
  botnetRecruit,
  stuckSensor,
  slowBatteryFault,
  clockReset,
  cloneDevice,
  flappingCell,
  firmwareLeak,
  exfiltration,
  gatewayClock,
  retryStorm,
  stolenDevice,
  brownOuts,
];
