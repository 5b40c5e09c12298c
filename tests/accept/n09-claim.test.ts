// N09: who decides between keep and revert. The lock on the armed file is freed by death; the first choice that stands in the journal is
// finished by whoever comes next, and nobody makes another. On real files, without systemd.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { noKillPoint } from '../../src/base/kill-point.ts'
import type { Clock } from '../../src/base/time.ts'
import { readFileFacts } from '../../src/host/file-facts.ts'
import type { Plan } from '../../src/plans/plan.ts'
import { apply } from '../../src/runner/act/action.ts'
import { keepCopies } from '../../src/runner/act/copies.ts'
import { openExecutionJournal } from '../../src/runner/journal/journal.ts'
import { arm, armedOf, armedPath, claim, pause, readArmed } from '../../src/runner/revert/armed.ts'
import { revertAtBoot } from '../../src/runner/revert/boot.ts'
import { keepWatch, remainingMs } from '../../src/runner/revert/keeper.ts'
import { type SettleContext, settle } from '../../src/runner/revert/settle.ts'
import type { JournalBody } from '../../src/seal/journal.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { run } from '../../src/sys/process.ts'
import { changeOf, declaration, EXECUTION, makeWorld, planned, type World } from './acts-world.ts'

class Death extends Error {}

describe('part of N09: claim', () => {
  let world: World
  let path: string
  let context: SettleContext
  const children: ChildProcess[] = []
  beforeEach(async () => {
    world = makeWorld()
    path = world.file('site', 'old\n', 0o640)
    context = settleContext()
    await change()
  })
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    world.end()
  })

  const journalDirectory = () => join(world.state, 'journal')
  const journal = () =>
    openExecutionJournal(journalDirectory(), EXECUTION, { clock: systemClock, killPoint: noKillPoint })

  function settleContext(more: Partial<SettleContext> = {}): SettleContext {
    return {
      run,
      clock: systemClock,
      keyed: () => '0'.repeat(64),
      killPoint: noKillPoint,
      systemctl: false,
      phase: 'running',
      state: world.state,
      journal,
      ...more,
    }
  }

  /** Copied, armed (due at once), changed; the runner is dead. */
  async function change(): Promise<void> {
    mkdirSync(journalDirectory(), { mode: 0o700 })
    const c = world.context([declaration(path)])
    const action = planned({ kind: 'replaceFiles', files: [await changeOf(path, 'new\n', c, world)] })
    const plan = { actions: [action] } as unknown as Plan
    await keepCopies(plan.actions, c)
    await arm(
      await armedOf(plan, { boot: systemClock.boot(), uptime: systemClock.uptime() }, false, c),
      world.state,
    )
    const chain = await journal()
    const digest = '0'.repeat(64) as never
    const none = { statements: [], nonces: [], fences: [], approvers: [], solo: true, demo: false }
    await chain.append(EXECUTION, {
      kind: 'accepted',
      change: 'CHG-2026-0001' as never,
      plan: digest,
      envelope: digest,
      policy: digest,
      ...none,
    })
    await chain.append(`${EXECUTION}/1/apply/1`, { kind: 'intent', action: {} })
    expect((await apply(action.action, c, 1000)).result).toBe('applied')
  }

  const content = () => readFileSync(path, 'utf8')
  const lines = async (kind: JournalBody['kind']) =>
    (await journal()).lines.flatMap(({ body }) => (body.kind === kind ? [body] : []))
  const armedNames = () => readdirSync(join(world.state, 'armed'))

  test('part of N09: the keeper reverts what is due, once, and leaves nothing armed', async () => {
    expect(await keepWatch(EXECUTION, 'keeper', context)).toMatchObject({ state: 'reverted' })
    expect(content()).toBe('old\n')
    expect(await lines('claim')).toMatchObject([{ choice: 'revert', by: 'keeper', why: 'deadline' }])
    expect(await lines('closed')).toMatchObject([{ outcome: 'rolled_back' }])
    expect(armedNames()).toEqual([])
    expect(await keepWatch(EXECUTION, 'keeper', context)).toMatchObject({ state: 'gone' })
  })

  test('part of N09: what a person kept is never reverted, whoever finishes it', async () => {
    await (await journal()).append(EXECUTION, { kind: 'claim', choice: 'keep', by: 'person', why: 'asked' })
    expect(await settle(EXECUTION, 'timer', 'deadline', context)).toMatchObject({ state: 'kept' })
    expect(content()).toBe('new\n')
    expect(await lines('claim')).toHaveLength(1)
    expect(await lines('closed')).toMatchObject([{ outcome: 'kept' }])
    expect(armedNames()).toEqual([])
  })

  test('part of N09: a holder that dies in the middle of its revert is finished by the next one, with the same choice', async () => {
    const dying = settleContext({
      killPoint: (name) => {
        if (name === 'files.putBack.before') throw new Death()
      },
    })
    await expect(settle(EXECUTION, 'timer', 'deadline', dying)).rejects.toThrow(Death)
    expect(content()).toBe('new\n')
    expect(await settle(EXECUTION, 'boot', 'reboot', context)).toMatchObject({ state: 'reverted' })
    expect(content()).toBe('old\n')
    expect(await lines('claim')).toMatchObject([{ choice: 'revert', by: 'timer' }])
    expect(await lines('closed')).toHaveLength(1)
  })

  test('part of N09: while another process holds the lock nobody decides; its death frees it', async () => {
    // util-linux flock in a process of its own: not our code.
    const holder = spawn(
      'flock',
      ['--no-fork', armedPath(world.state, EXECUTION), 'sh', '-c', 'echo held; exec sleep 1000'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    children.push(holder)
    await new Promise((resolve) => holder.stdout?.once('data', resolve))
    expect(await settle(EXECUTION, 'timer', 'deadline', context)).toMatchObject({ state: 'busy' })
    expect(content()).toBe('new\n')
    expect(await lines('claim')).toEqual([])
    const ended = new Promise((resolve) => holder.once('exit', resolve))
    holder.kill('SIGKILL')
    await ended
    const settled = await keepWatch(EXECUTION, 'keeper', context)
    expect(settled).toMatchObject({ state: 'reverted' })
    expect(content()).toBe('old\n')
  })

  test('part of N09: armed anew between open and lock: the lock is taken on the file that counts', async () => {
    const armed = await readArmed(world.state, EXECUTION)
    if (armed === undefined) throw new Error('nothing armed')
    const first = await claim(world.state, EXECUTION, async (argv, options) => {
      // Before the lock is taken the record is replaced, once.
      if ((await readArmed(world.state, EXECUTION))?.paused === false) await pause(armed, world.state)
      return run(argv, options)
    })
    expect(first).toMatchObject({ kind: 'held', armed: { paused: true } })
    if (first.kind === 'held') {
      expect(await claim(world.state, EXECUTION, run)).toMatchObject({ kind: 'busy' })
      await first.release()
    }
    const again = await claim(world.state, EXECUTION, run)
    expect(again.kind).toBe('held')
    if (again.kind === 'held') await again.release()
  })

  test('part of N09: a revert that fails stays armed, is told, and is tried again', async () => {
    const { copy = '' } = (await readArmed(world.state, EXECUTION))?.actions[0]?.files[0] ?? {}
    const bytes = readFileSync(copy)
    writeFileSync(copy, 'damaged\n')
    expect(await settle(EXECUTION, 'timer', 'deadline', context)).toMatchObject({ state: 'stuck' })
    expect(await lines('parked')).toMatchObject([{ why: 'undo_failed' }])
    expect(armedNames()).toHaveLength(1)
    writeFileSync(copy, bytes)
    expect(await settle(EXECUTION, 'boot', 'reboot', context)).toMatchObject({ state: 'reverted' })
    expect(content()).toBe('old\n')
  })

  test('part of N09: at boot only what another boot armed is put back', async () => {
    expect(await revertAtBoot(context)).toEqual([])
    expect(content()).toBe('new\n')
    const clock: Clock = { ...systemClock, boot: () => 'the next boot' }
    expect(await revertAtBoot(settleContext({ clock }))).toMatchObject([{ state: 'reverted' }])
    expect(content()).toBe('old\n')
    expect(await lines('closed')).toMatchObject([{ detail: { phase: 'boot' } }])
  })

  test('part of N09: a record that cannot be read keeps no other from being put back', async () => {
    writeFileSync(join(world.state, 'armed', 'CHG-2026-0000.1.json'), '{')
    const clock: Clock = { ...systemClock, boot: () => 'the next boot' }
    expect(await revertAtBoot(settleContext({ clock }))).toMatchObject([
      { state: 'stuck' },
      { state: 'reverted' },
    ])
    expect(content()).toBe('old\n')
  })

  test('part of N09: an environment file is put back although its bytes are named by the runner’s key alone', async () => {
    const env = world.file('.env', 'TOKEN=first-token-value\n', 0o600)
    const c = world.context([declaration(env, { kind: 'dotenv', secret: true })])
    const { real, links, state: before } = await readFileFacts(env, c)
    const set = [{ key: 'TOKEN', to: { kind: 'text', value: 'other-token-value' } }] as const
    const action = planned({ kind: 'editEnv', path: env, real, links, before, set, unset: [] })
    const plan = { actions: [action] } as unknown as Plan
    await keepCopies(plan.actions, c)
    await arm(await armedOf(plan, { boot: 'b', uptime: 0 }, false, c), world.state)
    expect(readFileSync(armedPath(world.state, EXECUTION), 'utf8')).not.toMatch(/token-value/)
    expect((await apply(action.action, c, 1000)).result).toBe('applied')
    expect(readFileSync(env, 'utf8')).toBe('TOKEN=other-token-value\n')
    expect(await settle(EXECUTION, 'boot', 'reboot', settleContext({ keyed: c.keyed }))).toMatchObject({
      state: 'reverted',
    })
    expect(readFileSync(env, 'utf8')).toBe('TOKEN=first-token-value\n')
    expect(JSON.stringify((await journal()).lines)).not.toMatch(/token-value|foreign/)
  })

  test('part of N09: a paused deadline does not run, except on the administrator’s path; another boot is due at once', async () => {
    const armed = await readArmed(world.state, EXECUTION)
    if (armed === undefined) throw new Error('nothing armed')
    const at = (uptime: number, boot = 'b') => ({ uptime: () => uptime, boot: () => boot })
    const deadline = { boot: 'b', uptime: 1000 }
    expect(remainingMs({ ...armed, deadline }, at(400))).toBe(600)
    expect(remainingMs({ ...armed, deadline }, at(2000))).toBe(0)
    expect(remainingMs({ ...armed, deadline }, at(400, 'c'))).toBe(0)
    expect(remainingMs({ ...armed, deadline, paused: true }, at(2000))).toBe(Number.POSITIVE_INFINITY)
    expect(remainingMs({ ...armed, deadline, paused: true, adminPath: true }, at(400))).toBe(600)
  })
})
