import { topic } from '#sdk';
import { Gap, Link, Session, Telemetry, TwinChanged, TwinDelta, TwinRejected } from './generated/index.ts';

export const telemetry = topic({ name: 'telemetry', doc: 'Measurements, admitted once.', value: Telemetry });
export const links = topic({ name: 'links', doc: 'Link reports, admitted once.', value: Link });
export const sessions = topic({ name: 'sessions', doc: 'Starts and ends of sessions, admitted once.', value: Session });
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
