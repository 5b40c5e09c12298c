// Hands in memory that keep the real contract (hands-contract.ts): a world of files and one unit that outlives every kill, and an
// account of effects outside the journal.
import { SekishoError } from '../../src/base/error.ts'
import type { Clock } from '../../src/base/time.ts'
import type { Plan, PlannedAction } from '../../src/plans/plan.ts'
import type { ClaimLock, Deadline, Hands, ProofResult } from '../../src/runner/perform/hands.ts'
import { EXECUTION } from './scene.ts'

export class World {
  readonly files = new Map<string, 'old' | 'new' | 'foreign'>()
  readonly copies = new Set<string>()
  /** Every effect that reached the world, in order: `apply 1`, `restart`, `undo 1`. */
  readonly effects: string[] = []
  restarts = 0
  /** Which files the running service has read. */
  loaded: 'old' | 'new' | 'foreign' = 'old'
  armed: Deadline | undefined
  paused = false
  claimed = false
  verdicts: ProofResult['verdict'][] = []
  /** What every proof sees. */
  facts: ProofResult['facts'] = {}
  /** What a probe of a unit says when it cannot know. */
  unitProbe: 'real' | 'unknown' = 'real'
  checks: 'hold' | 'moved' = 'hold'
  failing = new Set<string>()

  constructor(plan: Plan) {
    for (const path of pathsOf(plan)) this.files.set(path, 'old')
  }
}

export function pathsOf(plan: Plan): readonly string[] {
  return plan.actions.flatMap(({ action }) =>
    action.kind === 'replaceFiles' ? action.files.map(({ real }) => real) : [],
  )
}

export interface FakeOptions {
  readonly plan: Plan
  readonly world: World
  readonly clock: Clock
  readonly killPoint: (name: string) => void
  readonly adminPath?: boolean
}

export function fakeHands({ plan, world, clock, killPoint, adminPath = false }: FakeOptions): Hands {
  const effect = (name: string, work: () => void) => {
    killPoint(`${name}.before`)
    work()
    world.effects.push(name)
    killPoint(`${name}.after`)
  }
  const filesOf = ({ action }: PlannedAction) =>
    action.kind === 'replaceFiles' ? action.files.map(({ real }) => real) : []
  return {
    execution: EXECUTION,
    plan,
    adminPath,
    diagnose: async () => ({ items: [], gaps: ['unit'] }),
    check: async () =>
      world.checks === 'hold'
        ? { ok: true }
        : { ok: false, code: 'judge.baseline_moved', detail: { target: 'x' } },
    before: async () => ({ uptime: clock.uptime(), restarts: world.restarts }),
    async keepCopies() {
      for (const path of world.files.keys()) world.copies.add(path)
      return [...world.copies].map((path) => ({ path, copy: `${path}.copy` }))
    },
    async arm(deadline) {
      killPoint('arm.before')
      world.armed = deadline
      world.paused = false
      killPoint('arm.after')
    },
    async pauseDeadline() {
      world.paused = true
    },
    async disarm() {
      killPoint('disarm.before')
      world.armed = undefined
    },
    async claim(): Promise<ClaimLock | undefined> {
      if (world.claimed) return undefined
      world.claimed = true
      return {
        release: async () => {
          world.claimed = false
        },
      }
    },
    async apply(planned) {
      if (world.failing.has(`apply ${planned.id}`)) return { result: 'failed', detail: { why: 'told to' } }
      switch (planned.action.kind) {
        case 'replaceFiles':
          if (world.copies.size === 0)
            throw new SekishoError('file.unreadable', { path: 'copies', why: 'none' })
          for (const path of filesOf(planned))
            effect(`apply ${planned.id} ${path}`, () => world.files.set(path, 'new'))
          break
        case 'unit':
          effect(`restart ${planned.id}`, () => {
            world.restarts += 1
            load(world)
          })
          break
        case 'editEnv':
        case 'daemonReload':
        case 'assertLoss':
        case 'exchange':
        case 'renameDatabase':
        case 'migrate':
        case 'migrateByTool':
        case 'maintenance':
        case 'layRelease':
        case 'placeTree':
        case 'exec':
        case 'commit':
        case 'endIsolation':
        case 'request':
          break
      }
      return { result: 'applied', detail: {} }
    },
    async probe(planned) {
      if (planned.action.kind === 'unit') {
        if (world.unitProbe === 'unknown') return { found: 'unknown', detail: {} }
        // In this world a unit counts its own starts, as InvocationID does.
        return {
          found: world.effects.includes(`restart ${planned.id}`) ? 'applied' : 'not_applied',
          detail: {},
        }
      }
      const states = filesOf(planned).map((path) => world.files.get(path))
      if (states.includes('foreign')) return { found: 'unknown', detail: {} }
      if (states.every((one) => one === 'new')) return { found: 'applied', detail: {} }
      return { found: states.every((one) => one === 'old') ? 'not_applied' : 'mixed', detail: {} }
    },
    async undo(planned) {
      if (world.failing.has(`undo ${planned.id}`)) return { result: 'failed', detail: { why: 'told to' } }
      for (const path of filesOf(planned).toReversed())
        effect(`undo ${planned.id} ${path}`, () => world.files.set(path, 'old'))
      for (const step of planned.undo)
        if (step.kind === 'unit') effect(`undo ${planned.id} ${step.verb}`, () => load(world))
      return { result: 'applied', detail: {} }
    },
    async probeUndone(planned) {
      const states = filesOf(planned).map((path) => world.files.get(path))
      return { found: states.every((one) => one === 'old') ? 'applied' : 'not_applied', detail: {} }
    },
    async probeBack() {
      return { found: 'unknown', detail: {} }
    },
    async probeUndoUnits(planned) {
      const told = planned.undo.every(
        (step) => step.kind !== 'unit' || world.effects.includes(`undo ${planned.id} ${step.verb}`),
      )
      return { found: told ? 'applied' : 'not_applied', detail: {} }
    },
    async prove() {
      return { verdict: world.verdicts.shift() ?? 'green', facts: world.facts }
    },
  }
}

/** A service that starts reads whatever stands there. */
function load(world: World): void {
  world.loaded = [...world.files.values()].at(-1) ?? 'old'
}
