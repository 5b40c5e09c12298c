// Kills while files are replaced and put back: each file is wholly old or wholly new, and the next attempt ends right.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Action } from '../../src/plans/actions.ts'
import { apply, probe, probeUndone, undo } from '../../src/runner/act/action.ts'
import { keepCopies } from '../../src/runner/act/copies.ts'
import type { ChildOrder } from '../accept/acts-child.ts'
import { changeOf, declaration, makeWorld, planned, type World } from '../accept/acts-world.ts'
import { COMPILE_CACHE } from '../compile-cache.ts'
import { times } from './share.ts'

const CHILD = join(import.meta.dirname, '../accept/acts-child.ts')
const KILLS = times(200)
const PUT_BACK = [{ kind: 'putBack' }] as const
const since = { boot: '', uptime: 0 }
/** Larger than one write of the page cache, so that a torn write would show. */
const OLD = `old ${'o'.repeat(70_000)}\n`
const NEW = `new ${'n'.repeat(90_000)}\n`

describe('part of S30: kills', () => {
  let world: World
  beforeEach(() => {
    world = makeWorld()
  })
  afterEach(() => world.end())

  function child(order: ChildOrder): { readonly killed: boolean; readonly passed: readonly string[] } {
    const done = spawnSync(process.execPath, [CHILD], {
      input: JSON.stringify(order),
      encoding: 'utf8',
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
    })
    if (done.signal === 'SIGKILL') return { killed: true, passed: [] }
    if (done.status !== 0) throw new Error(done.stderr)
    return { killed: false, passed: (JSON.parse(done.stdout) as { passed: string[] }).passed }
  }

  test(`part of S30: ${KILLS} kills at random points of apply and undo: never half a file, and the next attempt ends right`, {
    timeout: 600_000,
  }, async () => {
    const names = ['one', 'two', 'gone', 'fresh']
    const paths = names.map((name) => join(world.root, name))
    const c = world.context(paths.map((path) => declaration(path)))
    const reset = () => {
      for (const directory of [world.root, world.copies])
        for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true })
      for (const name of ['one', 'two', 'gone']) world.file(name, OLD, 0o640)
    }
    reset()
    const [one = '', two = '', gone = '', fresh = ''] = paths
    const action: Action = {
      kind: 'replaceFiles',
      files: [
        await changeOf(one, NEW, c, world, { mode: 0o600 }),
        await changeOf(two, NEW, c, world),
        await changeOf(gone, undefined, c, world),
        await changeOf(fresh, NEW, c, world),
      ],
    }
    const order = { copies: world.copies, paths, action, blobs: [NEW] }
    const points = {
      apply: child({ ...order, direction: 'apply' }).passed,
      undo: child({ ...order, direction: 'undo' }).passed,
    }
    expect(new Set(points.apply)).toContain('place.rename.before')
    expect(new Set(points.undo)).toContain('files.putBack.after')

    const state = (path: string) =>
      existsSync(path) ? `${statSync(path).mode & 0o777} ${readFileSync(path, 'utf8')}` : 'absent'
    const old = new Map<string, string>(
      paths.map((path) => [path, path === fresh ? 'absent' : `${0o640} ${OLD}`]),
    )
    const wanted = new Map<string, string>([
      [one, `${0o600} ${NEW}`],
      [two, `${0o640} ${NEW}`],
      [gone, 'absent'],
      [fresh, `${0o644} ${NEW}`],
    ])
    const whole = (moment: string) => {
      for (const path of paths)
        if (state(path) !== old.get(path) && state(path) !== wanted.get(path))
          throw new Error(`${moment}: ${path} is neither old nor new: ${state(path).slice(0, 60)}`)
    }
    const hidden = () => readdirSync(world.root).filter((name) => name.startsWith('.'))

    let killed = 0
    const at = (direction: 'apply' | 'undo') =>
      fc.nat({ max: points[direction].length - 1 }).map((i) => {
        const name = points[direction][i] ?? ''
        return `${name}#${points[direction].slice(0, i + 1).filter((one) => one === name).length}`
      })
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.record({ direction: fc.constant('apply' as const), kill: at('apply') }),
          fc.record({ direction: fc.constant('undo' as const), kill: at('undo') }),
        ),
        async ({ direction, kill }) => {
          reset()
          if (direction === 'undo') {
            await keepCopies([planned(action)], c)
            await apply(action, c, 30_000)
          }
          const done = child({ ...order, direction, kill })
          if (done.killed) killed += 1
          whole(`${direction} killed at ${kill}`)
          if (direction === 'apply') {
            await keepCopies([planned(action)], c)
            // The runner probes; whatever it finds, putting back and doing it again both end right.
            expect(['applied', 'not_applied', 'mixed']).toContain((await probe(action, c, since)).found)
            expect((await apply(action, c, 30_000)).result).toBe('applied')
            for (const path of paths) expect(state(path)).toBe(wanted.get(path))
          }
          expect((await undo(PUT_BACK, action, c, 30_000)).result).toBe('applied')
          expect((await probeUndone(action, c)).found).toBe('not_applied')
          for (const path of paths) expect(state(path)).toBe(old.get(path))
          expect(hidden()).toEqual([])
        },
      ),
      { numRuns: KILLS },
    )
    // An oracle of the test itself: the children did die.
    expect(killed).toBe(KILLS)
  })
})
