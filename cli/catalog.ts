import {
  type AnyProcessor,
  type AnyTopic,
  type AvroRecord,
  clock,
  ClockTicked,
  Committed,
  deadLetters,
  EVENTS_TOPIC,
  owners,
  policies,
  PolicySnapshotEnded,
  TicksPassed,
  redriven,
} from '#sdk';
import { events, topics } from '#schemas';
import { known } from '#processors';
import { SINK_TOPIC } from '#runtime/clickhouse/edges.ts';
import { changelogTopic } from '#runtime/engine/fold.ts';
import { TOLD, topicsOf } from '#runtime/engine/graph.ts';
import type { TopicSpec } from '#runtime/log/log.ts';
import { AGAIN_TOPIC } from '#runtime/webhook/letters.ts';
import { WEBHOOK_TOPIC } from '#runtime/webhook/places.ts';

/** A topic of the platform, as the declarations say it. */
export interface CatalogTopic extends TopicSpec {
  readonly doc: string;
  /** `derived` is for everyone to read; `internal` is what the platform keeps for itself. */
  readonly kind: 'events' | 'derived' | 'platform' | 'internal';
  /** What its keys are, in words. */
  readonly key: string;
  /** Of its values, where they are Avro. */
  readonly records: readonly AvroRecord[];
}

/** Every topic that a run may make, in the order of the data's way. */
export function catalog(partitions: number, folds: readonly AnyProcessor[] = known): readonly CatalogTopic[] {
  const derived = topicsOf(folds).filter(({ name }) => name !== deadLetters.name);
  const single = [
    { ...clock, key: 'The name of the clock.' },
    { ...owners, key: 'The name of the processor.' },
    { ...policies, key: 'The name of the policy, and behind a slash the tenant that it is for.' },
    { ...redriven, key: 'Where the record stood first, as topic/partition/offset.' },
  ] as const;
  return [
    {
      name: EVENTS_TOPIC,
      partitions,
      cleanup: 'delete',
      kind: 'events',
      doc: 'Everything that happened to devices, in order for each device, with the clock’s ticks between.',
      key: `${DEVICE_KEY} None for what is told to every partition.`,
      records: [...events.map(({ record }) => record.avro), ...TOLD.map(({ avro }) => avro), ClockTicked.avro],
    },
    ...derived.map((topic) => derivedTopic(topic, partitions)),
    {
      name: deadLetters.name,
      partitions,
      cleanup: deadLetters.cleanup,
      doc: deadLetters.doc,
      kind: 'platform',
      key: `${DEVICE_KEY} None where it could not be told.`,
      records: [deadLetters.value.avro],
    },
    ...single.map(({ name, cleanup, doc, key, value }) => ({
      name,
      partitions: 1,
      cleanup,
      doc,
      kind: 'platform' as const,
      key,
      records: name === clock.name ? [value.avro, PolicySnapshotEnded.avro] : [value.avro],
    })),
    ...placesOf(partitions),
    ...folds.map((fold) => changelogOf(fold, partitions)),
  ];
}

/** What those who read derived topics keep of how far they are, and what is to be told once more. */
function placesOf(partitions: number): readonly CatalogTopic[] {
  return [
    {
      name: SINK_TOPIC,
      partitions: 1,
      cleanup: 'compact',
      kind: 'internal',
      key: 'The name of the table.',
      doc: 'The batch that each table was given last.',
      records: [],
    },
    {
      name: WEBHOOK_TOPIC,
      partitions: 1,
      cleanup: 'compact',
      kind: 'internal',
      key: 'The partition of the topic of alerts; of the other one, its name before that.',
      doc: 'How far the receiver of alerts was told.',
      records: [],
    },
    {
      name: AGAIN_TOPIC,
      partitions,
      cleanup: 'delete',
      kind: 'internal',
      key: 'That of the alert.',
      doc: 'Alerts that were given up and put in again, for their receiver alone.',
      records: [topics.alerts.value.avro],
    },
  ];
}

function derivedTopic(topic: AnyTopic, partitions: number): CatalogTopic {
  const { name, cleanup, doc, value } = topic;
  const common = { name, partitions, cleanup, doc };
  if (!('keyOf' in topic)) return { ...common, kind: 'derived', key: DEVICE_KEY, records: [value.avro] };
  const key = 'What is folded together, with its tenant before. None for what tells how far time has come.';
  return { ...common, kind: 'internal', key, records: [value.avro, TicksPassed.avro] };
}

const DEVICE_KEY = 'The device, as tenant/device.';

function changelogOf(fold: AnyProcessor, partitions: number): CatalogTopic {
  return {
    name: changelogTopic(fold),
    partitions,
    cleanup: 'compact',
    kind: 'internal',
    doc: `The state of the processor ${fold.name}, from which another machine restores it.`,
    key: 'Of a device, of an entry under it, or of the position.',
    records: [fold.state.avro, Committed.avro],
  };
}
