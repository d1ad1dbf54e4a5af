import type { Target } from '#runtime/clickhouse/target.ts';
import type { Log } from '#runtime/log/log.ts';
import { type Registry, RegistryError } from '#runtime/registry/registry.ts';
import type { PartitionStore, StateStore } from '#runtime/state/store.ts';
import type { Faults } from './faults.ts';
import type { Process } from './process.ts';

/** The production code's view of the world; a mutation is a wrapper that breaks one promise of it. */
export interface Ports {
  readonly log: Log;
  readonly registry: Registry;
  readonly store: StateStore;
  readonly target: Target;
}

/** The same world through the ports of one process, which can die at each of them. */
export function portsOf(process: Process, { log, registry, store, target }: Ports, faults: Faults): Ports {
  const asked = ['startOffset', 'endOffset', 'settledEnd', 'topicId'] as const;
  const guarded = process.port('log', log, ['append', 'fetch', 'ensureTopics', ...asked]);
  const transactor = async (id: string) => process.port('transactor', await log.transactor(id), ['commit']);
  return {
    log: new Proxy<Log>(guarded, {
      get: (port, name) => (name === 'transactor' ? transactor : (Reflect.get(port, name) as unknown)),
    }),
    target: process.port('target', target, ['insert', 'complete', 'align', 'watermarks']),
    registry: process.port('registry', awayAtTimes(registry, faults), ['register', 'schemaOf']),
    store: {
      open: (name, partition) =>
        process.port('store', failingAtTimes(store.open(name, partition), faults), ['write', 'clear']),
      close: () => store.close(),
    },
  };
}

function awayAtTimes(registry: Registry, faults: Faults): Registry {
  const away = () => {
    if (!faults.strikes('registry_away', faults.mix.registryAway / 10)) return;
    throw new RegistryError('registry_away', 'no answer; try again');
  };
  return {
    async register(record) {
      away();
      return registry.register(record);
    },
    async schemaOf(id) {
      away();
      return registry.schemaOf(id);
    },
  };
}

function failingAtTimes(store: PartitionStore, faults: Faults): PartitionStore {
  return {
    get checkpoint() {
      return store.checkpoint;
    },
    get: (key) => store.get(key),
    range: (from, to) => store.range(from, to),
    clear: () => store.clear(),
    async write(changes, checkpoint) {
      if (faults.strikes('save_failed', faults.mix.saveFails)) throw new Error('simulated disk error');
      await store.write(changes, checkpoint);
    },
  };
}
