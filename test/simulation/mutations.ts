import { EVENTS_TOPIC } from '#sdk';
import type { Batch } from '#runtime/clickhouse/target.ts';
import { emptyWindow, encodeWindow } from '#runtime/engine/admission.ts';
import { endsOf, type NewRecord, type Transactor } from '#runtime/log/log.ts';
import type { PartitionStore } from '#runtime/state/store.ts';
import type { Ports } from './ports.ts';

const SINK_TOPIC = 'fleet.sink';
/** Over all lives, so that no token comes twice. */
let inserts = 0;

/** Promises of the production code, each broken from outside; the checkers must see every one of them. */
export const mutations: Readonly<Record<string, (ports: Ports) => Ports>> = {
  dedupTokenRemoved({ target, ...ports }) {
    const insert = (batch: Batch) => target.insert({ ...batch, token: `${batch.token}/${inserts++}` });
    return { ...ports, target: over(target, { insert }) };
  },

  offsetCommittedEarly: (ports) => commitsInTwo(ports, (record) => !isPosition(record)),

  offsetCommittedLate: (ports) => commitsInTwo(ports, isPosition),

  changelogWrittenApart: (ports) => commitsInTwo(ports, isChangelog),

  admissionForgotten: (ports) =>
    withTransactors(ports, (transactor) => ({
      commit: (records) => transactor.commit(records.map(withoutWindow)),
    })),

  lostAnswerTakenForRefusal: (ports) =>
    withTransactors(ports, (transactor) => ({
      commit: (records) =>
        transactor.commit(records).catch((error: Error) => {
          throw Object.assign(error, { code: (error as { code?: unknown }).code ?? 'log_refused' });
        }),
    })),

  edgePersistedAfterInsert(ports) {
    const held = new Map<string, () => Promise<unknown>>();
    const { target } = ports;
    const insert = async (batch: Batch) => {
      await target.insert(batch);
      await held.get(batch.table.name)?.();
      held.delete(batch.table.name);
    };
    const persistLater = (transactor: Transactor): Transactor => ({
      async commit(records) {
        const [record] = records;
        if (record?.topic !== SINK_TOPIC) return transactor.commit(records);
        held.set(Buffer.from(record.key as Uint8Array).toString(), () => transactor.commit(records));
        return [];
      },
    });
    return { ...withTransactors(ports, persistLater), target: over(target, { insert }) };
  },

  fencingOff: (ports) =>
    withTransactors(ports, () => ({ commit: async (records) => endsOf(records, await ports.log.append(records)) })),

  checkpointAhead({ store, ...ports }) {
    const ahead = (inner: PartitionStore): PartitionStore => {
      const write: PartitionStore['write'] = (changes, checkpoint) =>
        inner.write(changes, { ...checkpoint, changelogOffset: checkpoint.changelogOffset + 1 });
      return over(inner, { write });
    };
    return {
      ...ports,
      store: { open: (name, partition) => ahead(store.open(name, partition)), close: () => store.close() },
    };
  },

  fetchSkipsARecord({ log, ...ports }) {
    let fetched = 0;
    const fetch: typeof log.fetch = async (request) => {
      const parts = await log.fetch(request);
      return parts.map((part) => {
        const skip = part.topic === EVENTS_TOPIC && part.records.length > 1 && ++fetched % 50 === 0;
        return skip ? { ...part, records: part.records.slice(1) } : part;
      });
    };
    return { ...ports, log: over(log, { fetch }) };
  },
};

/** The same port with some of its methods replaced. */
function over<T extends object>(port: T, methods: Partial<T>): T {
  return new Proxy(port, { get: (target, name) => Reflect.get(name in methods ? methods : target, name) as unknown });
}

function withTransactors(ports: Ports, wrap: (transactor: Transactor) => Transactor): Ports {
  const { log } = ports;
  return { ...ports, log: over(log, { transactor: async (id: string) => wrap(await log.transactor(id)) }) };
}

/** Commits what `isSecond` tells in a transaction of its own, behind the rest. */
function commitsInTwo(ports: Ports, isSecond: (record: NewRecord) => boolean): Ports {
  return withTransactors(ports, (transactor) => ({
    async commit(records) {
      const second = records.filter(isSecond);
      if (second.length === 0 || second.length === records.length) return transactor.commit(records);
      const first = await transactor.commit(records.filter((record) => !isSecond(record)));
      return [...first, ...(await transactor.commit(second))];
    },
  }));
}

function isChangelog({ topic }: NewRecord): boolean {
  return topic.endsWith('.changelog');
}

function isPosition({ topic, key }: NewRecord): boolean {
  return topic.endsWith('.changelog') && key?.length === 1;
}

function withoutWindow(record: NewRecord): NewRecord {
  const { admission } = record.headers ?? {};
  return admission === undefined ? record : { ...record, headers: { admission: encodeWindow(emptyWindow()) } };
}
