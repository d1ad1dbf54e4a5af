/** Names that mean something to SQL, to shells of it, to formats and to boards. */
export const HOSTILE: readonly string[] = [
  "d'; DROP TABLE telemetry; --",
  "' OR '1'='1",
  'back\\slash\\',
  "\\'quoted\\'",
  '`;DROP TABLE telemetry;`',
  'two\nlines\tand a tab',
  '{device:String}',
  '${tenant:raw}',
  '$__timeFilter(eventTime)',
  '%27 OR 1=1',
  '%_*?',
  '=cmd()|A1',
  '\\N',
  '../../etc/passwd',
  'Ωμέγα 🌡',
];
