import { owners, ProcessorOwned } from '#sdk';
import { frame } from '../avro.ts';
import { type Log, LogError } from '../log/log.ts';
import { readPartition } from '../log/read-partition.ts';
import type { Registry } from '../registry/registry.ts';
import { Types } from './types.ts';

/** What ownership stands on. */
export interface OwnersOptions {
  readonly log: Log;
  readonly registry: Registry;
  readonly app: string;
  readonly processors: readonly string[];
  /** Whether any worker of an app runs. */
  readonly isAlive: (app: string) => Promise<boolean>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Which processors an app runs. A processor has one app at a time. */
export interface Owners {
  /** Takes the processors over from apps that no longer run. Rejects with `processor_owned` where one does. */
  claim(): Promise<void>;
  /** Rejects with `processor_owned` once another app has taken one over. */
  confirm(): Promise<void>;
}

/** The account of who runs what. Nothing is asked before it is used: log and registry may be away. */
export function ownersOf(options: OwnersOptions): Owners {
  const { log, registry, app, processors, isAlive, now } = options;
  const types = new Types(registry);

  const foreign = async () => {
    await types.register(ProcessorOwned);
    await log.ensureTopics([{ name: owners.name, partitions: 1, cleanup: owners.cleanup }]);
    const newest = await read(log, types);
    const owned = processors.flatMap((processor) => newest.get(processor) ?? []);
    return { newest, foreign: owned.filter((owner) => owner.app !== app) };
  };

  const after = (owner: ProcessorOwned | undefined, steps = 1) => ({
    generation: (owner?.generation ?? -1) + steps,
    time: now(),
  });
  const write = async (owned: readonly ProcessorOwned[]) => {
    const records = owned.map((one) => {
      const value = frame(types.typeOf(ProcessorOwned), types.idOf(ProcessorOwned), one);
      return { topic: owners.name, partition: 0, key: Buffer.from(one.processor), value, timestamp: one.time };
    });
    if (records.length > 0) await log.append(records);
  };

  return {
    async claim() {
      const found = await foreign();
      const alive = async () => {
        for (const owner of found.foreign) if (await isAlive(owner.app)) return owner;
        return null;
      };
      const before = await alive();
      if (before !== null) throw refusal(before, app);
      const claims = processors.filter((processor) => found.newest.get(processor)?.app !== app);
      await write(claims.map((processor) => ({ processor, app, ...after(found.newest.get(processor)) })));
      // One that joined meanwhile may have looked before this was written.
      const meanwhile = await alive();
      if (meanwhile === null) return;
      await write(found.foreign.map((owner) => ({ ...owner, ...after(owner, 2) })));
      throw refusal(meanwhile, app);
    },

    async confirm() {
      // Whoever claims looks for members of the app before it, after writing; whoever joins looks here, after joining.
      const [owner] = (await foreign()).foreign;
      if (owner !== undefined) throw refusal(owner, app);
    },
  };
}

async function read(log: Log, types: Types): Promise<Map<string, ProcessorOwned>> {
  const newest = new Map<string, ProcessorOwned>();
  const topic = owners.name;
  const end = await log.settledEnd(topic, 0);
  for await (const records of readPartition(log, { topic, partition: 0, offset: 0 }, end)) {
    for (const { key, value } of records) {
      if (value === null) {
        newest.delete(String(key));
        continue;
      }
      const owned = await types.read(ProcessorOwned, value);
      newest.set(owned.processor, owned);
    }
  }
  return newest;
}

function refusal({ processor, app: owner }: ProcessorOwned, app: string): LogError {
  return new LogError(
    'processor_owned',
    `${processor} is run by app ${owner}, so app ${app} must not; stop ${owner}, or run its other processors only`,
  );
}
