import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, maven } from '../../test/stack/maven.ts';
import { findJava } from '../../test/stack/java.ts';
import { KAFKA_VERSION } from '../../test/stack/versions.ts';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Sample } from './records.ts';

const SOURCES = join(import.meta.dirname, 'java');

/** The peer in Java, built. */
export interface JavaPeer {
  readonly java: string;
  readonly classpath: string;
  /** File of the schema that the input is written with. */
  readonly schema: string;
}

/** Builds the Kafka Streams peer once for its sources. Throws where Java or Maven is absent. */
export async function buildPeer(): Promise<JavaPeer> {
  const java = findJava(17);
  if (java === null)
    throw new Error('java_absent: Kafka Streams needs Java 17 or later; install one, or set JAVA_HOME');
  const writer = JSON.stringify(Sample.avro);
  const hash = createHash('sha256').update(writer).update(KAFKA_VERSION);
  for (const file of ['pom.xml', 'src/main/java/KStreams.java']) hash.update(readFileSync(join(SOURCES, file)));
  const folder = await cached(`peers-${hash.digest('hex').slice(0, 12)}`, async (fresh) => {
    await cp(SOURCES, fresh, { recursive: true });
    await mkdir(join(fresh, 'schema'));
    // Without logical types the generated class keeps plain numbers, which is faster than its Instants.
    const reader = JSON.stringify(Sample.avro, (key, value: unknown) => (key === 'logicalType' ? undefined : value));
    await writeFile(join(fresh, 'schema', 'Sample.avsc'), reader);
    await writeFile(join(fresh, 'writer.json'), writer);
    await maven(fresh, [`-Dkafka.version=${KAFKA_VERSION}`, 'package']);
  });
  const classpath = [join(folder, 'target/classes'), join(folder, 'target/libs/*')].join(':');
  return { java, classpath, schema: join(folder, 'writer.json') };
}
