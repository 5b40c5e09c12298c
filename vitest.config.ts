import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { COMPILE_CACHE } from './tests/compile-cache.ts'
import { LongestFirst } from './tests/order.ts'

// Much of what the accept tests do is waiting for real services: one file more than there are processors.
const WORKERS_MAX = 4
const maxWorkers = Math.min(availableParallelism() + 1, WORKERS_MAX)
const common = { maxWorkers, env: { NODE_COMPILE_CACHE: COMPILE_CACHE } }

// unit: rules beside their source. house: the walls, and what the tests themselves stand on. accept: rows of the acceptance list, on the real parts.
// crash: kill points. Files run beside each other, each worker on test hosts of its own.
export default defineConfig({
  test: {
    reporters: ['default', './tests/reporter.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'examples/**/*.test.ts', 'tests/guard/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          ...common,
        },
      },
      { test: { name: 'house', include: ['tests/*.test.ts'], testTimeout: 60_000, ...common } },
      {
        test: {
          name: 'app',
          include: ['tests/app/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          ...common,
          globalSetup: ['tests/app/global-setup.ts'],
        },
      },
      {
        test: {
          name: 'accept',
          include: ['tests/{accept,crash,host}/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          ...common,
          globalSetup: ['tests/host/global-setup.ts'],
        },
      },
    ],
  },
})
