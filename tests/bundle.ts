// What the tests start as delivered: the bundles in dist/, made once before anybody looks. Where nothing has changed since, nothing is made.
import { join } from 'node:path'
import { run } from '../src/sys/process.ts'

const CHECKOUT = join(import.meta.dirname, '..')

/** The runner as it is delivered: it starts in a third of the time of the sources, and so does each reader of content. */
export const RUNNER = join(CHECKOUT, 'dist/runner.mjs')

/** sekisho-watch as it is delivered. */
export const WATCH = join(CHECKOUT, 'dist/watch.mjs')

/** Somebody may be typing: then it is made again. */
export async function bundle(): Promise<void> {
  const build = async () => {
    const done = await run([process.execPath, join(CHECKOUT, 'build.ts'), '--if-changed'], {
      cwd: CHECKOUT,
      timeoutMs: 120_000,
    })
    if (done.code !== 0) throw new Error(done.stderr)
  }
  await build().catch(build).catch(build)
}
