/** What the machine lacks for the stack, with the next step. */
export class StackAbsent extends Error {
  override name = 'StackAbsent';
}

/** Whether a machine without Kafka or the registry fails the run (REQUIRE_KAFKA=1), or skips their tests. */
export function requireKafka(): boolean {
  return process.env['REQUIRE_KAFKA'] === '1';
}
