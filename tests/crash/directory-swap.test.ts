// The user of a service exchanges its directory with a link to a place that only root may enter, in one step of the kernel and without end: no byte of
// that place comes out by a read, a trial or a copy, and nothing is written there by a change or its undo. Backups and restores:
// src/snapshot/directory/race.test.ts. What looks at a path and then opens it is tried in the same race, and is led there.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fileTarget } from '../../src/base/id.ts'
import type { Json } from '../../src/base/json.ts'
import { type Action } from '../../src/plans/actions.ts'
import { planDigest } from '../../src/plans/plan.ts'
import { apply, undo } from '../../src/runner/act/action.ts'
import { keepCopies } from '../../src/runner/act/copies.ts'
import { changeOf, declaration, makeWorld, planned } from '../accept/acts-world.ts'
import { HOST, orderOf, prepare, RunnerWorld } from '../runner-fixtures/runner-world.ts'
import { IS_WHOLE } from './share.ts'

const ROUNDS = IS_WHOLE ? 1000 : 100
const CONTROL_TRIES_MAX = 100_000
const SERVICE = 4711
const CANARY = 'only root may read this\n'
const OLD = 'of the service\n'
const LIMIT = { timeout: 900_000 }

/** `renameat2` with RENAME_EXCHANGE by its number: there is no moment in which nothing stands there. */
const SWAP = `
  my $call = $^V && \`uname -m\` =~ /aarch64/ ? 276 : 316;
  $| = 1; print "ready";
  while (1) { syscall($call, -100, $ARGV[0], -100, $ARGV[1], 2); }
`

let top: string
let ofRoot: string
let conf: string
let link: string
let swapper: ChildProcess

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'sekisho-swap-')))
  ofRoot = join(top, 'root')
  const service = join(top, 'service')
  conf = join(service, 'conf')
  link = join(service, 'link')
  mkdirSync(ofRoot)
  // Readable by its own mode, as many files below /root are: only its directory keeps it.
  writeFileSync(join(ofRoot, 'app.conf'), CANARY, { mode: 0o644 })
  chmodSync(ofRoot, 0o700)
  mkdirSync(conf, { recursive: true })
  writeFileSync(join(conf, 'app.conf'), OLD, { mode: 0o640 })
  for (const path of [service, conf, join(conf, 'app.conf')]) chownSync(path, SERVICE, SERVICE)
  chmodSync(top, 0o755)
  symlinkSync(ofRoot, link)
  spawnSync('chown', ['-h', `${SERVICE}`, link])
})
afterEach(() => {
  swapper?.kill('SIGKILL')
  rmSync(top, { recursive: true, force: true })
})

async function startSwapping(): Promise<void> {
  swapper = spawn('perl', ['-e', SWAP, conf, link], {
    uid: SERVICE,
    gid: SERVICE,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => swapper.stdout?.once('data', resolve))
}

/** It has ended, and the directory stands at its name again. */
async function stopSwapping(): Promise<void> {
  const ended = new Promise((resolve) => swapper.once('exit', resolve))
  swapper.kill('SIGKILL')
  await ended
  if (!lstatSync(conf).isSymbolicLink()) return
  renameSync(conf, `${conf}.link`)
  renameSync(link, conf)
  renameSync(`${conf}.link`, link)
}

/** The way that is not taken: looked at by its path, then opened by its path. */
async function naiveReadLeaks(path: string): Promise<boolean> {
  for (let i = 0; i < CONTROL_TRIES_MAX; i++) {
    try {
      if (lstatSync(conf).isDirectory() && readFileSync(path, 'utf8') === CANARY) return true
    } catch {
      // no file there at this moment
    }
    if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return false
}

const isUntouched = () => [readdirSync(ofRoot), readFileSync(join(ofRoot, 'app.conf'), 'utf8')]
const UNTOUCHED = [['app.conf'], CANARY]
const holdsCanary = (directory: string) =>
  spawnSync('grep', ['-rl', CANARY.trim(), directory], { encoding: 'utf8' }).stdout

describe.runIf(process.geteuid?.() === 0)('a directory that is exchanged with a link all the time', () => {
  test(
    `${ROUNDS} reads and ${ROUNDS} trials by the runner say nothing of where the link leads`,
    LIMIT,
    async () => {
      const path = join(conf, 'app.conf')
      const world = new RunnerWorld([{ path }])
      try {
        world.start()
        await world.ready()
        const order = orderOf(world, 1, 'new\n')
        await prepare(world, order)
        await startSwapping()
        const seen = { read: 0, notRead: 0, tried: 0, notTried: 0 }
        const told: string[] = []
        const say = (answer: unknown, text = '') => {
          const all = JSON.stringify(answer) + text
          if (all.includes(CANARY.trim())) told.push(all.slice(0, 300))
        }
        for (let i = 0; i < ROUNDS; i++) {
          const what: Json =
            i % 2 === 0
              ? { kind: 'bytes', path, offset: 0 }
              : { kind: 'target', target: fileTarget(HOST, path) }
          const read = await world.ask({ verb: 'read', what })
          const { base64 = '' } = (read.result ?? {}) as { base64?: string }
          say(read, Buffer.from(base64, 'base64').toString())
          seen[read.ok ? 'read' : 'notRead'] += 1
          const tried = await world.ask({ verb: 'try', plan: planDigest(order.plan) })
          say(tried)
          seen[tried.ok ? 'tried' : 'notTried'] += 1
        }
        expect(await naiveReadLeaks(path)).toBe(true)
        await stopSwapping()
        console.log(`swapped: ${JSON.stringify(seen)}`)
        expect(told).toEqual([])
        expect(holdsCanary(world.data)).toBe('')
        expect(isUntouched()).toEqual(UNTOUCHED)
        // Both sides of the exchange were met.
        expect(Math.min(seen.read, seen.notRead, seen.notTried)).toBeGreaterThan(0)
        expect(await world.ask({ verb: 'read', what: { kind: 'bytes', path, offset: 0 } })).toMatchObject({
          ok: true,
        })
      } finally {
        await world.end()
      }
    },
  )

  test(
    `part of S30: ${ROUNDS} copies, changes and undos write nothing where the link leads, and copy nothing of it`,
    LIMIT,
    async () => {
      const world = makeWorld()
      try {
        const path = join(conf, 'app.conf')
        const c = world.context([declaration(path)])
        const action: Action = { kind: 'replaceFiles', files: [await changeOf(path, 'new\n', c, world)] }
        const kept = await keepCopies([planned(action)], c)
        await startSwapping()
        const seen = { copied: 0, applied: 0, notApplied: 0, undone: 0, notUndone: 0 }
        for (let i = 0; i < ROUNDS; i++) {
          // A change of its own, so that its copy is made now and not found.
          const other = { ...c, execution: `CHG-2026-${1000 + i}/1` as typeof c.execution }
          const copied = await keepCopies([planned(action)], other).catch(() => undefined)
          if (copied !== undefined) seen.copied += 1
          const done = await apply(action, c, 30_000)
          seen[done.result === 'applied' ? 'applied' : 'notApplied'] += 1
          const back = await undo([{ kind: 'putBack' }], action, c, 30_000)
          seen[back.result === 'applied' ? 'undone' : 'notUndone'] += 1
          expect(isUntouched(), `round ${i}`).toEqual(UNTOUCHED)
        }
        await stopSwapping()
        console.log(`swapped: ${JSON.stringify(seen)}`)
        expect(Math.min(...Object.values(seen))).toBeGreaterThan(0)
        expect(kept.length).toBe(1)
        expect(holdsCanary(world.state)).toBe('')
        for (const name of readdirSync(top))
          if (name !== 'root') expect(holdsCanary(join(top, name))).toBe('')
        // With the directory in its place the undo ends right, and nothing is left beside the file.
        expect((await undo([{ kind: 'putBack' }], action, c, 30_000)).result).toBe('applied')
        expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual([OLD, 0o640])
        expect(readdirSync(conf).filter((name) => name !== 'app.conf')).toEqual([])
      } finally {
        world.end()
      }
    },
  )
})
