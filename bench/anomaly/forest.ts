import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { findJava } from '../../test/stack/java.ts';
import { cached, libraries } from '../../test/stack/maven.ts';
import type { Series } from './series.ts';

const PROGRAM = join(import.meta.dirname, 'Forest.java');
const GROUP = 'software.amazon.randomcutforest';
const VERSION = '4.4.0';

/** What the forest says of each point of each series. */
export interface ForestScores {
  /** Of the plain forest, unbounded; about 1 is usual. */
  readonly scores: readonly (readonly number[])[];
  /** Of the forest with a threshold of its own, from 0 to 1; above 0 it calls a point an anomaly. */
  readonly grades: readonly (readonly number[])[];
}

/**
 * Random cut forest (Guha et al., "Robust random cut forest based anomaly detection on streams", 2016) by Amazon's own
 * library, from Maven, with 50 trees of 256 points and shingles of 8. Throws `java_absent` or `mvn_absent`.
 */
export async function randomCutForest(series: readonly Series[]): Promise<ForestScores> {
  const java = findJava(17);
  if (java === null) throw new Error('java_absent: the forest needs Java 17 or later; install one, or set JAVA_HOME');
  const folder = await cached(`forest-${VERSION}`, (fresh) =>
    libraries(fresh, [[GROUP, 'randomcutforest-parkservices', VERSION, [GROUP, 'randomcutforest-testutils']]]),
  );
  const child = spawn(java, ['-cp', join(folder, 'lib', '*'), PROGRAM], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  child.stdin.end(series.map(written).join(''));
  const [output, errors] = await said;
  const points = output
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number));
  const count = series.reduce((sum, { values }) => sum + values.length, 0);
  if (points.length !== count) throw new Error(`forest_failed: ${points.length} of ${count} points: ${errors}`);
  let at = 0;
  const parts = series.map(({ values }) => points.slice(at, (at += values.length)));
  return {
    scores: parts.map((part) => part.map(([score = 0]) => score)),
    grades: parts.map((part) => part.map(([, grade = 0]) => grade)),
  };
}

/** The forest counts in single floats, and fails where one overflows. */
const VALUE_MAX = 1e30;

/** A value that is no number goes as the one before it. */
function written({ times, values }: Series): string {
  let last = 0;
  const lines = values.map((value, index) => {
    if (Number.isFinite(value)) last = Math.max(-VALUE_MAX, Math.min(VALUE_MAX, value));
    return `${times[index]} ${last}\n`;
  });
  return `${values.length}\n${lines.join('')}`;
}
