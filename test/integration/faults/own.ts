import { inject, onTestFinished } from 'vitest';
import { type KafkaNode, startKafka } from '../../stack/index.ts';

/** Long runs are asked for; short ones run on each commit. */
export const LONG = process.env['FAULTS'] === 'long';

/** False where the machine has nothing to run a broker and a registry. */
export const { kafka: shared, registry: sharedRegistry } = inject('stack');
export const canRun = shared !== null && sharedRegistry !== null;

/** A broker of this test alone, which it may kill; gone when the test ends. */
export async function ownKafka(options: Parameters<typeof startKafka>[0] = {}): Promise<KafkaNode> {
  const kafka = await startKafka(options);
  onTestFinished(() => kafka.close());
  return kafka;
}

/** The registry that all tests share. */
export function registryUrl(): string {
  if (sharedRegistry === null) throw new Error('skipped');
  return sharedRegistry.url;
}

/** A seed of its own for each run, printed so that it can be run again. */
export function seedOf(name: string): number {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`${name}: SEED=${seed}`);
  return seed;
}
