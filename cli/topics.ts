import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyProcessor, owners } from '#sdk';
import type { Config } from '#runtime/config.ts';
import type { FolderLog } from '#runtime/log/embedded/log.ts';
import type { KafkaOptions } from '#runtime/log/kafka/log.ts';
import type { TopicAdmin } from '#runtime/log/kafka/topic-admin.ts';
import { type LiveTopic, planTopics, type TopicChange } from '#runtime/log/kafka/topic-plan.ts';
import { CLUSTER_DEFAULTS, configOf } from '#runtime/log/kafka/topics.ts';
import type { TopicSpec } from '#runtime/log/log.ts';
import { catalog } from './catalog.ts';
import { actionOf, appliedText, type Change, EXIT_CHANGES, planText } from './changes.ts';
import { clusterOf, instanceOf } from './cluster.ts';
import { EXIT_FAILED } from './failure.ts';
import type { Found } from './schemas.ts';

/** A person waits. */
const PATIENCE_MS_MAX = 15_000;

/** What `topics` is told. */
export interface TopicsOptions {
  readonly json: boolean;
  /** What would lose something is done too. */
  readonly destructive: boolean;
  /** Whose topics they are. */
  readonly processors: readonly AnyProcessor[];
}

type Plan = readonly TopicChange[];

/** What differs between the declared topics and the log; changes nothing. Exits with 2 where something does. */
export async function planOf(config: Config, { json, processors }: Omit<TopicsOptions, 'destructive'>): Promise<Found> {
  const plan = await withTopics(config, processors, async (topics) => topics.plan());
  const exitCode = plan.length === 0 ? 0 : EXIT_CHANGES;
  if (json) return { text: JSON.stringify(plan.map(inWords), null, 2), exitCode };
  return { text: planText(plan.map(asChange), 'every topic is as declared'), exitCode };
}

/** Does what the plan says, but for what would lose something or is impossible. Fails where something is left. */
export async function applyTopics(config: Config, { json, destructive, processors }: TopicsOptions): Promise<Found> {
  const { done, left } = await withTopics(config, processors, async (topics) => {
    const plan = await topics.plan();
    const doable = plan.filter(({ risk }) => risk === 'none' || (destructive && risk === 'loss'));
    await topics.create(specsIn(doable.filter(isMissing), catalog(config.partitions, processors)));
    await topics.alter(doable.filter((change) => !isMissing(change)));
    return { done: doable, left: plan.filter((change) => !doable.includes(change)) };
  });
  const exitCode = left.length === 0 ? 0 : EXIT_FAILED;
  if (json) return { text: JSON.stringify({ done: done.map(inWords), left: left.map(inWords) }, null, 2), exitCode };
  return { text: appliedText(done.map(asChange), left.map(asChange)), exitCode };
}

/** The topics of one log, as these commands need them. */
interface Topics {
  plan(): Promise<Plan>;
  create(specs: readonly TopicSpec[]): Promise<void>;
  alter(changes: Plan): Promise<void>;
}

async function withTopics<T>(
  config: Config,
  processors: readonly AnyProcessor[],
  work: (topics: Topics) => Promise<T>,
): Promise<T> {
  const all = catalog(config.partitions, processors);
  const reached = clusterOf(config);
  if (reached === null) return withFolder(config, all, work);
  const cluster = {
    ...reached,
    clientId: `fleetstream-${instanceOf(config)}-operator`,
    patienceMsMax: PATIENCE_MS_MAX,
  };
  const { openTopicAdmin } = await import('#runtime/log/kafka/topic-admin.ts');
  const admin = await openTopicAdmin(cluster);
  try {
    return await work(inCluster(admin, all, cluster));
  } finally {
    await admin.close();
  }
}

function inCluster(admin: TopicAdmin, declared: readonly TopicSpec[], { topics }: KafkaOptions): Topics {
  const defaults = topics ?? CLUSTER_DEFAULTS;
  return {
    plan: async () => planTopics(declared, await admin.describe(declared.map(({ name }) => name)), defaults),
    create: (specs) => admin.create(specs),
    alter: async (changes) => {
      const names = [...new Set(changes.map(({ topic }) => topic))];
      await admin.alter(
        names.map((topic) => ({
          topic,
          configs: Object.fromEntries(changes.filter((each) => each.topic === topic).map(({ what, to }) => [what, to])),
        })),
      );
    },
  };
}

/** The log of the data folder has a policy for each topic and no other configuration. */
async function withFolder<T>(
  { data }: Config,
  all: readonly TopicSpec[],
  work: (topics: Topics) => Promise<T>,
): Promise<T> {
  // One process needs no owners.
  const declared = all.filter(({ name }) => name !== owners.name);
  const path = join(data, 'log');
  const isThere = existsSync(join(path, 'log.mdb'));
  const open = async <R>(use: (log: FolderLog) => Promise<R>): Promise<R> => {
    const { openEmbeddedLog } = await import('#runtime/log/embedded/log.ts');
    await using stack = new AsyncDisposableStack();
    const log = await openEmbeddedLog({ path });
    stack.defer(() => log.close());
    return await use(log);
  };
  return work({
    plan: async () => {
      const found = isThere ? await open(async (log) => log.topics()) : [];
      return planTopics(declared, new Map(found.map((spec) => [spec.name, asLive(spec)])), CLUSTER_DEFAULTS);
    },
    create: (specs) => (specs.length === 0 ? Promise.resolve() : open((log) => log.ensureTopics(specs))),
    alter: (changes) => {
      const names = new Set(changes.map(({ topic }) => topic));
      return names.size === 0
        ? Promise.resolve()
        : open((log) => log.ensureTopics(declared.filter(({ name }) => names.has(name))));
    },
  });
}

function asLive(spec: TopicSpec): LiveTopic {
  const configs = new Map(Object.entries(configOf(spec, CLUSTER_DEFAULTS)));
  return { partitions: spec.partitions, replicas: 1, configs };
}

function specsIn(changes: Plan, declared: readonly TopicSpec[]): readonly TopicSpec[] {
  const names = new Set(changes.map(({ topic }) => topic));
  return declared
    .filter(({ name }) => names.has(name))
    .map(({ name, partitions, cleanup }) => ({ name, partitions, cleanup }));
}

function isMissing({ what }: TopicChange): boolean {
  return what === 'topic';
}

function inWords(change: TopicChange) {
  return { action: actionOf(asChange(change)), ...change };
}

function asChange(change: TopicChange): Change {
  const { topic: name, ...rest } = change;
  return { name, ...rest, isMissing: isMissing(change) };
}
