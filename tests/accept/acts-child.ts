// A process that does one file action and dies at a named point: the runner, cut short. Reads its order from stdin.
import { readFileSync } from 'node:fs'
import { killAt } from '../../src/base/kill-point.ts'
import { type Action } from '../../src/plans/actions.ts'
import { apply, undo } from '../../src/runner/act/action.ts'
import { keepCopies } from '../../src/runner/act/copies.ts'
import { declaration, makeContext, planned } from './acts-world.ts'

export interface ChildOrder {
  readonly copies: string
  readonly paths: readonly string[]
  readonly action: Action
  readonly blobs: readonly string[]
  readonly direction: 'apply' | 'undo'
  /** `name#n`; absent: it lives to the end and prints every point that it passed. */
  readonly kill?: string
}

const order = JSON.parse(readFileSync(0, 'utf8')) as ChildOrder
const passed: string[] = []
const die = () => process.kill(process.pid, 'SIGKILL')
const c = makeContext(
  order.copies,
  order.paths.map((path) => declaration(path)),
  order.blobs,
  {
    killPoint: killAt(order.kill ?? 'never', die, (name) => passed.push(name)),
  },
)
await keepCopies([planned(order.action)], c)
const result =
  order.direction === 'apply'
    ? await apply(order.action, c, 30_000)
    : await undo([{ kind: 'putBack' }], order.action, c, 30_000)
process.stdout.write(JSON.stringify({ result, passed }))
