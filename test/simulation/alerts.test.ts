// Alerts under the faults of the simulation, against a separate single pass over the log of events alone.
import { expect, test } from 'vitest';
import { EVENTS_TOPIC, emit, processor } from '#sdk';
import { AlertChanged, OperatorsState, type Signal, telemetryReported, topics } from '#schemas';
import { partitionOf } from '#runtime/log/partition.ts';
import { alerts } from '../../processors/alerts/processor.ts';
import { Alerts, type Said } from '../oracle/alerts.ts';
import { type AvroJson, declared, decode, today } from '../oracle/avro.ts';
import { type Event, expected, type Rules } from '../oracle/oracle.ts';
import { lastLife } from './staged.ts';
import { World } from './world.ts';

const SEEDS = Number(process.env['ALERT_SEEDS'] ?? 40);
const LATENESS_MS = 60_000;
const KINDS = ['RAISED', 'RAISED', 'CLEARED', 'RETRACTED'] as const;
const SEVERITIES = ['LOW', 'MEDIUM', 'HIGH'] as const;

/** What an event says of an alert, by its id alone. */
function saidOf({ device, eventId }: { readonly device: string; readonly eventId: string }): Said {
  const [kind, rule, severity] = [0, 1, 2].map((at) => Number.parseInt(eventId.charAt(at), 16)) as [
    number,
    number,
    number,
  ];
  const name = `raiser.${rule % 5}`;
  return {
    kind: KINDS[kind % KINDS.length] as Said['kind'],
    rule: name,
    alert: `${name}/${device}`,
    severity: SEVERITIES[severity % SEVERITIES.length] as string,
  };
}

const NOBODY = { policy: null, policyVersion: null, verdict: null, startsAt: null, endsAt: null } as const;

const raiser = processor({
  name: 'raiser',
  version: 1,
  doc: 'Raises alerts by chance.',
  inputs: { telemetryReported },
  outputs: [topics.signals],
  state: OperatorsState,
  initial: { said: 0 },
  latenessMs: LATENESS_MS,
  apply: {
    telemetryReported(state, event) {
      const { tenant, device, eventId, eventTime } = event;
      const said = saidOf(event) as Pick<Signal, 'kind' | 'rule' | 'alert' | 'severity'>;
      const about = { tenant, device, eventId, eventTime, title: 'by chance', detail: '', behind: [] };
      const signal = emit(topics.signals, { ...NOBODY, ...about, ...said, actor: null, comment: null });
      return { state: { said: state.said + 1 }, emits: [signal] };
    },
  },
});

/** The same, as the oracle reads it. */
const rules: Rules = {
  name: 'raiser',
  version: 1,
  latenessMs: LATENESS_MS,
  gatekeeper: false,
  reads: ['fleetstream.TelemetryReported'],
  begin: () => ({
    admitted: (_, event: Event) => [['said', { tenant: event.tenant, ...saidOf(event) }]],
    refused: () => [],
  }),
};

test(`of ${SEEDS} histories under faults, alerts come to what one pass over the log comes to`, {
  timeout: 600_000,
}, async () => {
  let [told, held] = [0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const world = new World({ seed, processors: [raiser, alerts], tables: [] });
    await world.run();
    await lastLife(world);
    for (const [tenant, wanted] of await alertsOf(world)) {
      const partition = partitionOf(Buffer.from(`${tenant}/alerts`), world.partitions);
      const all = world.decoded(
        { ...topics.alerts, value: AlertChanged },
        partition,
      ) as unknown as readonly AlertChanged[];
      const found = all.filter((change) => change.tenant === tenant).map(projected);
      expect(found, `seed ${seed}, ${tenant}`).toEqual(wanted);
      told += found.length;
      held += found.filter(({ withheld }) => withheld === 'RATE_LIMITED').length;
    }
  }
  expect(told).toBeGreaterThan(20 * SEEDS);
  console.log(`${told} changes, ${held} of them held back by the limit`);
});

function projected(change: AlertChanged) {
  const { revision, alert, number, count, severity, status, openedAt, endedAt, withheld } = change;
  return { revision, alert, change: change.change, number, count, severity, status, openedAt, endedAt, withheld };
}

/** What the alerts of each tenant must be, from the log of events alone. */
async function alertsOf(world: World): Promise<ReadonlyMap<string, readonly object[]>> {
  const schemas = new Map<number, AvroJson>();
  for (let id = 1; ; id++) {
    const record = await world.registry.schemaOf(id);
    if (record === null) break;
    schemas.set(id, record as unknown as AvroJson);
  }
  const said: { tenant: string; epoch: number; partition: number; offset: number; what: Said }[] = [];
  const ticksOf: { readonly number: number; readonly time: number; readonly offset: number }[][] = [];
  for (let partition = 0; partition < world.partitions; partition++) {
    const records = world.log.all(EVENTS_TOPIC, partition);
    const ticks = ticksIn(records, schemas);
    ticksOf.push(ticks);
    for (const { value } of expected(partition, records, schemas, [rules]).get('said') ?? []) {
      const offset = value['causeOffset'] as number;
      const epoch = (ticks.findLast((tick) => tick.offset < offset)?.number ?? -1) + 1;
      said.push({ tenant: value['tenant'] as string, epoch, partition, offset, what: value as unknown as Said });
    }
  }
  const whole = Math.min(...ticksOf.map((ticks) => ticks.at(-1)?.number ?? -1));
  const found = new Map<string, readonly object[]>();
  for (const tenant of new Set(said.map((each) => each.tenant))) {
    const own = said.filter((each) => each.tenant === tenant);
    own.sort((a, b) => a.epoch - b.epoch || a.partition - b.partition || a.offset - b.offset);
    const partition = partitionOf(Buffer.from(`${tenant}/alerts`), world.partitions);
    const pass = new Alerts();
    let [logTime, at] = [0, 0];
    for (const tick of ticksOf[partition] ?? []) {
      if (tick.number > whole) break;
      for (; at < own.length && (own[at]?.epoch ?? 0) <= tick.number; at++)
        pass.say((own[at] as (typeof own)[0]).what, logTime);
      logTime = Math.max(logTime, tick.time);
      pass.pass(logTime);
    }
    found.set(tenant, pass.changes);
  }
  return found;
}

/** Ticks that count: each above the last. */
function ticksIn(records: ReturnType<World['log']['all']>, schemas: ReadonlyMap<number, AvroJson>) {
  const ticks: { number: number; time: number; offset: number }[] = [];
  const tick = declared.get('fleetstream.platform.ClockTicked');
  for (const { value, offset } of records) {
    if (value === null || tick === undefined || value.length < 5 || value[0] !== 0) continue;
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
    const schema = schemas.get(bytes.readUInt32BE(1));
    const { name } = (schema ?? {}) as { readonly name?: unknown };
    if (schema === undefined || name !== 'ClockTicked') continue;
    try {
      const { number, time } = today(decode(schema, bytes, 5), tick) as { number: number; time: number };
      if (number > (ticks.at(-1)?.number ?? -1)) ticks.push({ number, time, offset });
    } catch {
      // What no reader can read is no tick.
    }
  }
  return ticks;
}
