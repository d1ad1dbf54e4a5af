/** The same versions whichever house runs them. */
export const KAFKA_VERSION = '4.4.0';
export const REGISTRY_VERSION = '3.3.3';
export const JDBC_VERSION = '0.11.2';

/** A broker that lives for seconds gains nothing from the second compiler and from parallel collection. */
export const SMALL_JVM: readonly string[] = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
