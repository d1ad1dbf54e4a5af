import { event } from '#sdk';
import {
  AlertAcknowledged,
  AuthorizationRefused,
  BatteryReported,
  BehaviourReported,
  ConnectionAttempted,
  DeviceCrashed,
  DeviceDescribed,
  DeviceLogged,
  DeviceRebooted,
  LinkReported,
  MaintenanceDeclared,
  SessionEnded,
  SessionStarted,
  TelemetryReported,
  TwinDesired,
  TwinReported,
  VerdictGiven,
} from './generated/index.ts';

export const telemetryReported = event({ record: TelemetryReported, route: 'telemetry', sender: 'device' });
export const linkReported = event({ record: LinkReported, route: 'link', sender: 'device' });
export const batteryReported = event({ record: BatteryReported, route: 'battery', sender: 'device' });
export const behaviourReported = event({ record: BehaviourReported, route: 'behaviour', sender: 'device' });
export const sessionStarted = event({ record: SessionStarted, route: 'session/started', sender: 'device' });
export const sessionEnded = event({ record: SessionEnded, route: 'session/ended', sender: 'device' });
export const connectionAttempted = event({
  record: ConnectionAttempted,
  route: 'connection/attempted',
  sender: 'device',
});
export const authorizationRefused = event({
  record: AuthorizationRefused,
  route: 'authorization/refused',
  sender: 'device',
});
export const deviceDescribed = event({ record: DeviceDescribed, route: 'described', sender: 'device' });
export const deviceRebooted = event({ record: DeviceRebooted, route: 'rebooted', sender: 'device' });
export const deviceCrashed = event({ record: DeviceCrashed, route: 'crashed', sender: 'device' });
export const deviceLogged = event({ record: DeviceLogged, route: 'log', sender: 'device' });
export const twinReported = event({ record: TwinReported, route: 'twin/reported', sender: 'device' });
export const twinDesired = event({ record: TwinDesired, route: 'twin/desired', sender: 'operator' });
export const verdictGiven = event({ record: VerdictGiven, route: 'verdict', sender: 'operator' });
export const maintenanceDeclared = event({ record: MaintenanceDeclared, route: 'maintenance', sender: 'operator' });
export const alertAcknowledged = event({ record: AlertAcknowledged, route: 'alert/acknowledged', sender: 'operator' });

/** Every event that travels on `fleet.events`. */
export const events = [
  telemetryReported,
  linkReported,
  batteryReported,
  behaviourReported,
  sessionStarted,
  sessionEnded,
  connectionAttempted,
  authorizationRefused,
  deviceDescribed,
  deviceRebooted,
  deviceCrashed,
  deviceLogged,
  twinReported,
  twinDesired,
  verdictGiven,
  maintenanceDeclared,
  alertAcknowledged,
] as const;
