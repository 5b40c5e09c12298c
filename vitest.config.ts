import { defineConfig } from 'vitest/config'

// unit: rules beside their source. house: the walls. accept: rows of the acceptance list, on the real parts.
// crash: kill points. They are run one file after the other where they share a test host.
export default defineConfig({
  test: {
    reporters: ['default', './tests/reporter.ts'],
    projects: [
      { test: { name: 'unit', include: ['src/**/*.test.ts', 'examples/**/*.test.ts'], testTimeout: 30_000 } },
      { test: { name: 'house', include: ['tests/house.test.ts'] } },
      {
        test: {
          name: 'app',
          include: ['tests/app/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          globalSetup: ['tests/app/global-setup.ts'],
        },
      },
      {
        test: {
          name: 'accept',
          include: ['tests/accept/**/*.test.ts', 'tests/crash/**/*.test.ts', 'tests/host/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          globalSetup: ['tests/host/global-setup.ts'],
        },
      },
    ],
  },
})
