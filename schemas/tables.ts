import { deadLetters, lateEvents, table } from '#sdk';
import { gaps as gapTopic, links as linkTopic, sessions as sessionTopic, telemetry as telemetryTopic, twinChanges as twinChangeTopic, twinDeltas as twinDeltaTopic, twinRejections as twinRejectionTopic } from './topics.ts';

export const telemetry = table({
  name: 'telemetry',
  doc: 'Measurements of every device, each once.',
  from: telemetryTopic,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'telemetry',
});
