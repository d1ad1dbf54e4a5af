import { repartition, topic } from '#sdk';
import {
  AlertChanged,
  AnomalyFound,
  AnomalyPeer,
  AnomalyScored,
  AnomalyThresholdMoved,
  Battery,
  BatteryForecast,
  ConnectivityAdvice,
  ConnectivityChanged,
  ConnectivityWindow,
  Crash,
  Description,
  DeviceHealthHour,
  DetectMeasured,
  DeviceLog,
  FleetHealth,
  FleetHealthFinding,
  DeviceSilence,
  Gap,
  HealthExposure,
  Link,
  NoveltyFound,
  NoveltySighting,
  OutageVerdict,
  Reboot,
  Session,
  Signal,
  Telemetry,
  TwinChanged,
  TwinDelta,
  TwinRejected,
  ViolationFound,
} from './generated/index.ts';

export const telemetry = topic({ name: 'telemetry', doc: 'Measurements, admitted once.', value: Telemetry });
export const links = topic({ name: 'links', doc: 'Link reports, admitted once.', value: Link });
export const sessions = topic({ name: 'sessions', doc: 'Starts and ends of sessions, admitted once.', value: Session });
export const batteries = topic({ name: 'batteries', doc: 'Reports of batteries, admitted once.', value: Battery });
export const descriptions = topic({
  name: 'descriptions',
  doc: 'What devices said that they are, admitted once.',
  value: Description,
});
export const reboots = topic({ name: 'reboots', doc: 'Starts of devices, admitted once.', value: Reboot });
export const crashes = topic({ name: 'crashes', doc: 'Crashes of devices’ software, admitted once.', value: Crash });
export const deviceLogs = topic({
  name: 'device.logs',
  doc: 'Lines of devices’ logs, admitted once.',
  value: DeviceLog,
});
export const gaps = topic({ name: 'gaps', doc: 'What sequence numbers say about completeness.', value: Gap });
export const twinChanges = topic({
  name: 'twin.changes',
  doc: 'Every event that a twin accepted, with what it changed.',
  value: TwinChanged,
});
export const twinDeltas = topic({
  name: 'twin.deltas',
  doc: 'How desired and reported differ, whenever that changes.',
  value: TwinDelta,
});
export const twinRejections = topic({
  name: 'twin.rejections',
  doc: 'Twin updates that were refused.',
  value: TwinRejected,
});
export const anomalies = topic({
  name: 'anomalies',
  doc: 'Anomalies of metrics, one an incident, with what was expected and what would have kept each silent.',
  value: AnomalyFound,
});
export const anomalyThresholds = topic({
  name: 'anomaly.thresholds',
  doc: 'How verdicts of operators moved what is told of a metric.',
  value: AnomalyThresholdMoved,
});
export const anomalyScores = topic({
  name: 'anomaly.scores',
  doc: 'Every value as its baseline judged it; empty unless the processor is told to write it.',
  value: AnomalyScored,
});
export const noveltySightings = repartition({
  name: 'novelty.sightings',
  doc: 'What devices do for the first time, all of one model and firmware together.',
  value: NoveltySighting,
  keyOf: ({ tenant, model, firmware }) => `${tenant}/${model ?? ''}/${firmware ?? ''}`,
});
export const novelties = topic({
  name: 'novelties',
  doc: 'What devices did that they never did, and that their like do not do.',
  value: NoveltyFound,
});
export const anomalyPeers = repartition({
  name: 'anomaly.peers',
  doc: 'What series tell their cohort: a metric of all devices of one model and firmware together.',
  value: AnomalyPeer,
  keyOf: ({ tenant, model, firmware, metric }) => `${tenant}/${model ?? ''}/${firmware ?? ''}/${metric}`,
});
export const violations = topic({
  name: 'violations',
  doc: 'Where devices did what their security profile does not call normal: begin and end of each, and verdicts.',
  value: ViolationFound,
});
export const detectMeasures = repartition({
  name: 'detect.measures',
  doc: 'What behaviours with a statistical threshold measured, all devices of a behaviour together.',
  value: DetectMeasured,
  keyOf: ({ tenant, profile, behaviour }) => `${tenant}/${profile}/${behaviour}`,
});
export const detectSeries = repartition({
  name: 'detect.series',
  doc: 'What behaviours with a confidence measured, each of each device by itself.',
  value: DetectMeasured,
  keyOf: ({ tenant, device, profile, behaviour }) => `${tenant}/${device}/${profile}/${behaviour}`,
});
export const signals = repartition({
  name: 'fleet.signals',
  doc: 'What processors and operators have to say about alerts, all of a tenant together.',
  value: Signal,
  keyOf: ({ tenant }) => `${tenant}/alerts`,
});
export const alerts = topic({
  name: 'fleet.alerts',
  doc: 'Every change of every alert, with whether receivers are to be told of it, and why not.',
  value: AlertChanged,
});
export const deviceHealthHours = topic({
  name: 'device.health.hours',
  doc: 'What is known of the health of each device in each hour, revised when late reports come.',
  value: DeviceHealthHour,
});
export const batteryForecasts = topic({
  name: 'battery.forecasts',
  doc: 'How fast batteries lose, and when they will be empty.',
  value: BatteryForecast,
});
export const healthExposures = repartition({
  name: 'health.exposures',
  doc: 'How hours of devices change the sums of their tenant, all of a tenant together.',
  value: HealthExposure,
  keyOf: ({ tenant }) => `${tenant}/health`,
});
export const fleetHealth = topic({
  name: 'fleet.health',
  doc: 'How devices that are alike did on each day, revised when late reports come.',
  value: FleetHealth,
});
export const fleetHealthFindings = topic({
  name: 'fleet.health.findings',
  doc: 'Which lots and firmwares crash more than their like, where all else is equal.',
  value: FleetHealthFinding,
});
export const connectivityChanges = topic({
  name: 'connectivity.changes',
  doc: 'Whenever a device came or went, and whenever late events showed otherwise.',
  value: ConnectivityChanged,
});
export const connectivityWindows = topic({
  name: 'connectivity.windows',
  doc: 'How each device was connected in windows of a minute, a quarter and an hour, revised by late events.',
  value: ConnectivityWindow,
});
export const connectivityAdvice = topic({
  name: 'connectivity.advice',
  doc: 'What could be done about how a device is connected, with its numbers.',
  value: ConnectivityAdvice,
});
export const connectivitySilences = repartition({
  name: 'connectivity.silences',
  doc: 'Which devices went silent or were heard, and through what, all of a tenant together.',
  value: DeviceSilence,
  keyOf: ({ tenant }) => `${tenant}/silences`,
});
export const outageVerdicts = topic({
  name: 'connectivity.verdicts',
  doc: 'What made devices go silent, from who went silent with them, revised when more is known.',
  value: OutageVerdict,
});
