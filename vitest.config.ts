import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig } from 'vitest/config'
import { COMPILE_CACHE } from './tests/compile-cache.ts'
import { LongestFirst } from './tests/order.ts'
import { GROUPS, leftOut } from './tests/share.ts'

// A third of what the accept tests do is waiting for real services: more files at once than there are processors.
const WORKERS_MAX = 6
/** SEKISHO_TEST_WORKERS: how many instead (script/test sets it where red files run once more). */
const maxWorkers = Number(
  process.env['SEKISHO_TEST_WORKERS'] ?? Math.min(availableParallelism() + 3, WORKERS_MAX),
)

/** Rooms of rules: values in, values out. Their tests start nothing and write nothing. */
const RULES = [
  'src/{base,backup,change,code,guard,hook,identity,ledger,notify,plans,playbook,policy,record,seal,words}/**/*.test.ts',
  'tests/guard/**/*.test.ts',
]
/** Only a whole run by script/test takes a share; files that are named on the command line always run. */
const seed = process.env['SEKISHO_SHARE']
const left = seed === undefined || seed === '' ? [] : leftOut(GROUPS, seed)

/** A campaign does some tests five to a hundred times over. */
const limit = (ms: number) => (process.env['SEKISHO_CAMPAIGN'] === 'whole' ? 3_600_000 : ms)

const common = { maxWorkers, env: { NODE_COMPILE_CACHE: COMPILE_CACHE } }

// rules: tests of pure rooms, which share one module graph in each worker. unit: tests beside the source of what touches the machine. house: the walls, and what the tests themselves stand on. accept: rows of the acceptance list, on the real parts.
// crash: kill points. Files run beside each other, each worker on test hosts of its own.
export default defineConfig({
  test: {
    reporters: ['default', './tests/reporter.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'rules',
          include: RULES,
          exclude: [...configDefaults.exclude, ...left],
          isolate: false,
          testTimeout: limit(180_000),
          ...common,
        },
      },
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'examples/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...RULES, ...left],
          testTimeout: limit(180_000),
          hookTimeout: limit(180_000),
          ...common,
          globalSetup: ['tests/left-over-run/setup.ts'],
        },
      },
      { test: { name: 'house', include: ['tests/*.test.ts'], testTimeout: limit(180_000), ...common } },
      {
        test: {
          name: 'app',
          include: ['tests/app/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...left],
          testTimeout: limit(180_000),
          hookTimeout: limit(180_000),
          ...common,
          globalSetup: ['tests/app/global-setup.ts'],
        },
      },
      {
        test: {
          name: 'accept',
          include: ['tests/{accept,crash,host}/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...left],
          testTimeout: limit(180_000),
          hookTimeout: limit(180_000),
          ...common,
          globalSetup: ['tests/host/global-setup.ts'],
        },
      },
    ],
  },
})
