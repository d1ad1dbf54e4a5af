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
  /** Whether any worker of an app runs the processor now. Rejects with `log_refused` when that cannot be told now. */
  readonly isRun: (app: string, processor: string) => Promise<boolean>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Which processors an app runs. A processor has one app at a time, and loses it when no worker of the app runs it. */
export interface Owners {
  /** Takes the processors over from apps that no longer run them. Rejects with `processor_owned` where one does. */
  claim(): Promise<void>;
  /** Rejects with `processor_owned` once another app has taken one over. */
  confirm(): Promise<void>;
}

/** Who runs a processor. */
type Owner = Pick<ProcessorOwned, 'processor' | 'app'>;

/** The account of who runs what. Nothing is asked before it is used: log and registry may be away. */
export function ownersOf(options: OwnersOptions): Owners {
  const { log, registry, app, processors, isRun, now } = options;
  const types = new Types(registry);

  const read = async () => {
    await types.register(ProcessorOwned);
    await log.ensureTopics([{ name: owners.name, partitions: 1, cleanup: owners.cleanup }]);
    return histories(log, types);
  };

  const write = async (owned: readonly Owner[], found: Histories) => {
    const records = owned.map(({ processor, app: owner }) => {
      const generation = (found.get(processor)?.at(-1)?.generation ?? -1) + 1;
      const one = { processor, app: owner, generation, time: now() };
      const value = frame(types.typeOf(ProcessorOwned), types.idOf(ProcessorOwned), one);
      return { topic: owners.name, partition: 0, key: Buffer.from(processor), value, timestamp: one.time };
    });
    if (records.length > 0) await log.append(records);
  };

  /** Every app on record counts, not the newest alone: one may have written, and ended before it looked around. */
  const rivals = async (found: Histories) => {
    const running: Owner[] = [];
    for (const processor of processors) {
      const others = new Set(found.get(processor)?.map((owned) => owned.app));
      others.delete(app);
      for (const other of others) if (await isRun(other, processor)) running.push({ processor, app: other });
    }
    return running;
  };

  const refuseBeside = async (found: Histories) => {
    const running = await rivals(found);
    if (running[0] === undefined) return;
    // Whoever runs one must find itself its owner when it looks next.
    const taken = running.filter(({ processor }) => found.get(processor)?.at(-1)?.app === app);
    await write(taken, found);
    throw refusal(running[0], app);
  };

  return {
    async claim() {
      const found = await read();
      await refuseBeside(found);
      const unowned = processors.filter((processor) => found.get(processor)?.at(-1)?.app !== app);
      if (unowned.length === 0) return;
      await write(
        unowned.map((processor) => ({ processor, app })),
        found,
      );
      // One that joined meanwhile may have looked before this was written, and one that claimed too is on record now.
      await refuseBeside(await read());
    },

    async confirm() {
      // Whoever claims looks for members of the apps before it, after writing; whoever joins looks here, after joining.
      const found = await read();
      for (const processor of processors) {
        const owner = found.get(processor)?.at(-1);
        if (owner !== undefined && owner.app !== app) throw refusal(owner, app);
      }
    },
  };
}

/** The app that runs each processor, or ran it last. `types` must know `ProcessorOwned`. */
export async function ownersOnRecord(log: Log, types: Types): Promise<ReadonlyMap<string, string>> {
  const owned = [...(await histories(log, types)).values()].flatMap((history) => history.at(-1) ?? []);
  return new Map(owned.map(({ processor, app }) => [processor, app]));
}

/** What stands on record of each processor, the newest last. */
type Histories = ReadonlyMap<string, readonly ProcessorOwned[]>;

async function histories(log: Log, types: Types): Promise<Histories> {
  const found = new Map<string, ProcessorOwned[]>();
  const topic = owners.name;
  const end = await log.settledEnd(topic, 0);
  for await (const records of readPartition(log, { topic, partition: 0, offset: 0 }, end)) {
    for (const { key, value } of records) {
      if (value === null) {
        found.delete(String(key));
        continue;
      }
      const owned = await types.read(ProcessorOwned, value);
      const history = found.get(owned.processor) ?? [];
      history.push(owned);
      found.set(owned.processor, history);
    }
  }
  return found;
}

function refusal({ processor, app: owner }: Owner, app: string): LogError {
  const next = `stop ${owner}, or start it again without ${processor}; one that was killed is gone after some seconds`;
  return new LogError('processor_owned', `${processor} is run by app ${owner}, so app ${app} must not; ${next}`);
}
