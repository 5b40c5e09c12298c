// Around a run of the accept tests: says what the machine lacks, and takes down what the tests brought up.
// No host is brought up here: the first `hosts()` of a worker does it.
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { bundle } from '../bundle.ts'
import { noteDirectories } from '../left-over.ts'
import { PREFIX } from './place.ts'
import { missing, NEEDS, type Need } from './platform.ts'
import { down, sweep } from './set.ts'

export async function setup(): Promise<() => Promise<void>> {
  await bundle()
  const takeAway = noteDirectories()
  const lacks = missing('host')
  for (const need of Object.keys(NEEDS) as Need[]) {
    const lack = missing(need)
    if (lack.length > 0)
      console.log(`not run: tests that need ${NEEDS[need]} (missing here: ${lack.join(', ')})`)
  }
  if (lacks.length > 0) return takeAway
  await sweep()
  const run = `run-${process.pid}`
  process.env['SEKISHO_TEST_RUN'] = run
  process.env['SEKISHO_TEST_OWNER'] = String(process.pid)
  return async () => {
    await takeAway()
    // Each worker has a set of its own: run-PID-N.
    for (const name of readdirSync(tmpdir()))
      if (name.startsWith(`${PREFIX}${run}-`)) await down(name.slice(PREFIX.length))
  }
}
