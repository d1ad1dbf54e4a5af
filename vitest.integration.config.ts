import { defineConfig } from 'vitest/config';

/** Where a machine wants the results as JSON. */
const report = process.env['TEST_REPORT'];

export default defineConfig({
  test: {
    include: ['test/integration/**/*.test.ts'],
    globalSetup: ['test/integration/stack.ts'],
    pool: 'forks',
    isolate: true,
    // A broker that a test starts wants the other core.
    maxWorkers: 1,
    testTimeout: 60_000,
    // What comes is waited for; how long it takes is the machine's affair.
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
    reporters: report === undefined ? ['verbose'] : ['verbose', ['json', { outputFile: report }]],
  },
});
