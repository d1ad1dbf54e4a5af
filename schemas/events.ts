import { event } from '#sdk';
import {
  LinkReported,
  SessionEnded,
  SessionStarted,
  TelemetryReported,
  TwinDesired,
  TwinReported,
} from './generated/index.ts';

export const telemetryReported = event({ record: TelemetryReported, route: 'telemetry', sender: 'device' });
export const linkReported = event({ record: LinkReported, route: 'link', sender: 'device' });
export const sessionStarted = event({ record: SessionStarted, route: 'session/started', sender: 'device' });
export const sessionEnded = event({ record: SessionEnded, route: 'session/ended', sender: 'device' });
export const twinReported = event({ record: TwinReported, route: 'twin/reported', sender: 'device' });
export const twinDesired = event({ record: TwinDesired, route: 'twin/desired', sender: 'operator' });

/** Every event that travels on `fleet.events`. */
export const events = [
  telemetryReported,
  linkReported,
  sessionStarted,
  sessionEnded,
  twinReported,
  twinDesired,
] as const;
