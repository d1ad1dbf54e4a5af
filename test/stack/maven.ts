import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { StackAbsent } from './absent.ts';
import { findJava } from './java.ts';
import { JDBC_VERSION, KAFKA_VERSION, REGISTRY_VERSION } from './versions.ts';

const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';

/** What runs, and the Java that runs it. */
export interface JavaProgram {
  readonly java: string;
  /** Arguments before the program's own. */
  readonly arguments: readonly string[];
  readonly how: string;
}

/** Kafka's broker and its tools, from Maven. Throws StackAbsent. */
export async function kafkaProgram(): Promise<JavaProgram> {
  const java = findJava(17);
  if (java === null) throw new StackAbsent('java_absent: Kafka needs Java 17 or later; install one, or set JAVA_HOME');
  const folder = await cached(`kafka-and-tools-${KAFKA_VERSION}`, async (fresh) => {
    // Kafka's artifacts name no binding of slf4j, and without one a broker logs nothing.
    await libraries(fresh, [
      ['org.apache.kafka', 'kafka_2.13', KAFKA_VERSION],
      ['org.apache.kafka', 'kafka-tools', KAFKA_VERSION],
      ['org.apache.logging.log4j', 'log4j-slf4j-impl', '2.25.5'],
    ]);
  });
  return { java, arguments: ['-cp', join(folder, 'lib', '*')], how: `maven, Kafka ${KAFKA_VERSION}` };
}

/** ClickHouse's driver for Java, from Maven. Throws StackAbsent. */
export async function jdbcProgram(): Promise<JavaProgram> {
  const java = findJava(17);
  if (java === null)
    throw new StackAbsent('java_absent: the JDBC driver needs Java 17 or later; install one, or set JAVA_HOME');
  const folder = await cached(`clickhouse-jdbc-${JDBC_VERSION}`, (fresh) =>
    libraries(fresh, [
      // It asks for a build of zstd under a classifier, which not every mirror has; the common one serves as well.
      ['com.clickhouse', 'clickhouse-jdbc', JDBC_VERSION, ['com.github.luben', 'zstd-jni']],
      ['com.github.luben', 'zstd-jni', '1.5.7-6'],
      ['org.slf4j', 'slf4j-nop', '2.0.7'],
    ]),
  );
  return { java, arguments: ['-cp', join(folder, 'lib', '*')], how: `maven, clickhouse-jdbc ${JDBC_VERSION}` };
}

/** The schema registry, from Maven. Throws StackAbsent. */
export async function registryProgram(): Promise<JavaProgram> {
  const java = findJava(21);
  if (java === null) {
    throw new StackAbsent('java_absent: the registry needs Java 21 or later; install one, or set JAVA_HOME');
  }
  const folder = await cached(`apicurio-${REGISTRY_VERSION}`, async (fresh) => {
    const artifact = `io.apicurio:apicurio-registry-app:${REGISTRY_VERSION}:tar.gz:all`;
    await maven(fresh, [`${PLUGIN}:get`, `-Dartifact=${artifact}`, '-Dtransitive=false']);
    await maven(fresh, [`${PLUGIN}:copy`, `-Dartifact=${artifact}`, `-DoutputDirectory=${fresh}`]);
    const archive = `apicurio-registry-app-${REGISTRY_VERSION}-all.tar.gz`;
    await run('tar', ['xzf', archive], fresh);
    await rm(join(fresh, archive));
  });
  return { java, arguments: ['-jar', join(folder, 'quarkus-run.jar')], how: `maven, Apicurio ${REGISTRY_VERSION}` };
}

/** A folder that is filled once for a machine; a fill that fails, or races with another, leaves no half of it. */
export async function cached(name: string, fill: (fresh: string) => Promise<void>): Promise<string> {
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'fleetstream', name);
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const fresh = await mkdtemp(`${folder}-`);
  try {
    await fill(fresh);
    await rename(fresh, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** An artifact, and perhaps one of those that it needs that is not to come with it. */
type Artifact = readonly [group: string, name: string, version: string, without?: readonly [string, string]];

/** Puts artifacts and all that they need into `lib`. */
export async function libraries(folder: string, artifacts: readonly Artifact[]): Promise<void> {
  const named = (group: string, name: string) => `<groupId>${group}</groupId><artifactId>${name}</artifactId>`;
  const dependencies = artifacts.map(([group, name, version, without]) => {
    const left = without === undefined ? '' : `<exclusions><exclusion>${named(...without)}</exclusion></exclusions>`;
    return `<dependency>${named(group, name)}<version>${version}</version>${left}</dependency>`;
  });
  const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>fleetstream</groupId><artifactId>stack</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>${dependencies.join('')}</dependencies>
</project>
`;
  await writeFile(join(folder, 'pom.xml'), pom);
  await maven(folder, [`${PLUGIN}:copy-dependencies`, '-DincludeScope=runtime', `-DoutputDirectory=${folder}/lib`]);
}

export async function maven(folder: string, goal: readonly string[]): Promise<void> {
  await run('mvn', ['--batch-mode', '--quiet', ...goal], folder);
}

async function run(program: string, args: readonly string[], folder: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  child.on('error', (error) =>
    reject(new StackAbsent(`${program}_absent: cannot run ${program}: ${error.message}; install it, or start Docker`)),
  );
  child.on('close', (code) => {
    if (code === 0) return resolve();
    const said = output
      .join('')
      .split('\n')
      .filter((line) => line.includes('ERROR'))
      .slice(0, 3);
    reject(new StackAbsent(`${program}_failed: ${program} ${args.join(' ')} ended with ${code}: ${said.join(' ')}`));
  });
  await promise;
}
