/** The same versions whichever house runs them. */
export const KAFKA_VERSION = '4.4.0';
export const REGISTRY_VERSION = '3.3.3';
