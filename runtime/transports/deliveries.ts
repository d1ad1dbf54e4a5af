import type { AnyTopic, Connector, Delivery } from '#sdk';
import { asBuffer, avroType, decodeBody, FRAME_BYTES, schemaIdOf } from '../avro.ts';
import type { Log, LogRecord, Position } from '../log/log.ts';
import type { Registry } from '../registry/registry.ts';
import type { Report } from './transport.ts';

/** Addresses whose newest delivery is remembered while the past is read; beyond it the oldest are left out. */
export const ADDRESSES_MAX = 100_000;

const FETCH_BYTES_MAX = 1024 * 1024;
const FETCH_WAIT_MS_MAX = 250;
const RETRY_MS = 1_000;

/** What the deliveries stand on. */
export interface DeliveriesOptions {
  readonly log: Log;
  readonly registry: Registry;
  /** Topics whose records devices are told of. */
  readonly topics: readonly AnyTopic[];
  readonly partitions: number;
  /** The connector that turns them into messages. */
  readonly connector: Connector;
  /** The transport's way out. */
  readonly send: (delivery: Delivery) => Promise<void>;
  readonly report: Report;
}

/** A running follower. */
export interface Deliveries {
  close(): Promise<void>;
}

/**
 * Follows topics of the log and sends what the connector makes of their records. At a start the past is read through
 * and the newest message of each address is sent again, so that none is lost while nobody followed.
 */
export function startDeliveries(options: DeliveriesOptions): Deliveries {
  const state = { isOpen: true };
  const done = follow(options, state);
  return {
    close: async () => {
      state.isOpen = false;
      await done;
    },
  };
}

async function follow(options: DeliveriesOptions, state: { readonly isOpen: boolean }): Promise<void> {
  const { log, topics, partitions, report } = options;
  const types = new Map<number, { readonly name: string; readonly type: ReturnType<typeof avroType> }>();
  let positions: Position[] = topics.flatMap(({ name }) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition, offset: 0 })),
  );
  /** Newest message of each address while the past is read; null once it has been sent. */
  let past: Map<string, Delivery> | null = new Map();
  while (state.isOpen) {
    try {
      const fetched = await log.fetch({ positions, bytesMax: FETCH_BYTES_MAX, waitMsMax: FETCH_WAIT_MS_MAX });
      for (const { records } of fetched) {
        for (const record of records) {
          for (const delivery of await deliveriesOf(record, options, types)) {
            if (past === null) await options.send(delivery);
            else remember(past, delivery);
          }
        }
      }
      positions = positions.map((position) => {
        const found = fetched.find(
          ({ topic, partition }) => topic === position.topic && partition === position.partition,
        );
        return found === undefined ? position : { ...position, offset: found.next };
      });
      if (past !== null && (await isAtEnd(log, positions))) {
        for (const delivery of past.values()) await options.send(delivery);
        past = null;
      }
    } catch (error) {
      // Positions stand where they stood, so what was sent may be sent again; each message is whole and numbered.
      report.warn({ code: 'delivery_failed', error: String(error) }, 'messages to devices wait; trying again');
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

async function deliveriesOf(
  { value }: LogRecord,
  { registry, connector }: DeliveriesOptions,
  types: Map<number, { readonly name: string; readonly type: ReturnType<typeof avroType> }>,
): Promise<readonly Delivery[]> {
  if (value === null || connector.deliver === undefined) return [];
  const id = schemaIdOf(value);
  if (id === null) return [];
  let known = types.get(id);
  if (known === undefined) {
    const record = await registry.schemaOf(id);
    if (record === null) return [];
    known = { name: `${record.namespace}.${record.name}`, type: avroType(record) };
    types.set(id, known);
  }
  return connector.deliver({ type: known.name, value: decodeBody(known.type, asBuffer(value), FRAME_BYTES) });
}

function remember(past: Map<string, Delivery>, delivery: Delivery): void {
  past.delete(delivery.address);
  past.set(delivery.address, delivery);
  if (past.size <= ADDRESSES_MAX) return;
  const [oldest] = past.keys();
  if (oldest !== undefined) past.delete(oldest);
}

async function isAtEnd(log: Log, positions: readonly Position[]): Promise<boolean> {
  const ends = await Promise.all(positions.map(({ topic, partition }) => log.endOffset(topic, partition)));
  return ends.every((end, i) => (positions[i]?.offset ?? 0) >= end);
}
