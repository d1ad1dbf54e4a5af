import { configDefaults, defineConfig } from 'vitest/config';

/** Where a machine wants the results as JSON. */
const report = process.env['TEST_REPORT'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // `npm run integration` starts what these need.
    exclude: [...configDefaults.exclude, 'test/integration/**'],
    // chdb allows one data directory a process, so each file has a process of its own.
    pool: 'forks',
    isolate: true,
    maxWorkers: 2,
    testTimeout: 60_000,
    // What comes is waited for; how long it takes is the machine's affair.
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
