// Around a run of the accept tests: says what the machine lacks, and takes down what the tests brought up.
// Nothing is brought up here: the first `hosts()` of a test does it.
import { missing, NEEDS, type Need } from './platform.ts'
import { down, sweep } from './set.ts'

export async function setup(): Promise<() => Promise<void>> {
  const lacks = missing('host')
  for (const need of Object.keys(NEEDS) as Need[]) {
    const lack = missing(need)
    if (lack.length > 0)
      console.log(`not run: tests that need ${NEEDS[need]} (missing here: ${lack.join(', ')})`)
  }
  if (lacks.length > 0) return async () => {}
  await sweep()
  const set = `run-${process.pid}`
  process.env['SEKISHO_TEST_SET'] = set
  process.env['SEKISHO_TEST_OWNER'] = String(process.pid)
  return () => down(set)
}
