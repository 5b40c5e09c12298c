// A run of one test that fails with everything open (tests/left-over.test.ts).
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['fails.ts'],
    globalSetup: [`${import.meta.dirname}/setup.ts`],
    maxWorkers: 1,
  },
})
