// X18: fifty changes of one target, each of them soundly approved, all ordered at once, and the others again whenever one has ended: every one of
// them runs, and never two are inside. Who is inside is told by a watch on the directory that keeps what the file said after each rename.
import { appendFileSync, readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Json } from '../../src/base/json.ts'
import { noKillPoint } from '../../src/base/kill-point.ts'
import { openExecutionJournal } from '../../src/runner/journal/journal.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { eventually } from '../app/scene.ts'
import { BY_PERSON, orderOf, prepare, type Ready, RunnerWorld } from '../runner-fixtures/runner-world.ts'

const MANY = 50

let world: RunnerWorld
let close: () => void
beforeEach(async () => {
  world = new RunnerWorld([{}])
  world.reset()
  const log = join(world.root, 'effects.log')
  appendFileSync(log, '')
  const watcher = watch(world.files, (event, name) => {
    if (event === 'rename' && name === 'a.conf') appendFileSync(log, readFileSync(file(), 'utf8'))
  })
  close = () => watcher.close()
  world.start()
  await world.ready()
})
afterEach(async () => {
  close()
  await world.end()
})
const file = () => join(world.files, 'a.conf')
const effects = () =>
  readFileSync(join(world.root, 'effects.log'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
const fenced = (ready: Ready, token: number): Json => {
  const request = ready.request as { fences: { target: string }[] } & Record<string, Json>
  return { ...request, fences: request.fences.map(({ target }) => ({ target, token })) }
}

describe('X18 one change per target at a time', () => {
  test('fifty changes on one target: each runs, never two inside, at a gate that orders all of them at once', {
    timeout: 400_000,
  }, async () => {
    const waiting = new Map<string, Ready>()
    for (let i = 1; i <= MANY; i++) {
      // A person is asked, so that each stays inside until it is taken back.
      const ready = await prepare(world, orderOf(world, i, `${i}\n`, BY_PERSON))
      waiting.set(ready.order.execution, ready)
    }
    const inOrder: string[] = []
    for (let round = 1; waiting.size > 0; round++) {
      const answers = await Promise.all(
        [...waiting]
          .slice(0, round === 1 ? MANY : 4)
          .map(async ([execution, ready]) => [execution, await world.ask(fenced(ready, round))] as const),
      )
      const inside = answers.filter(([, { ok }]) => ok)
      expect(inside).toHaveLength(1)
      for (const [, answer] of answers.filter(([, { ok }]) => !ok))
        expect(answer.code).toMatch(/^(runner\.target_held|judge\.baseline_moved|runner\.rate)$/)
      const [execution = ''] = inside[0] ?? []
      inOrder.push(execution)
      waiting.delete(execution)
      await world.until(execution as never, ({ state }) => state === 'awaitingKeep')
      // Nobody comes in while it waits, not even with a higher token.
      const [next] = waiting.values()
      if (next !== undefined) expect(await world.ask(fenced(next, round + 1))).toMatchObject({ ok: false })
      expect(await world.ask({ verb: 'undo', execution, by: 'ops1' })).toMatchObject({ ok: true })
      await world.until(execution as never, ({ state }) => state === 'closed')
    }
    await eventually(async () => effects().length >= 2 * MANY)
    // Outside, each change is seen alone: its own bytes, then the old ones, then the next.
    const numbers = inOrder.map((execution) => String(Number(/-(\d+)\//.exec(execution)?.[1])))
    expect(effects()).toEqual(numbers.flatMap((number) => [number, 'old']))
    expect(new Set(numbers).size).toBe(MANY)
    expect(world.contents()).toEqual(['640 old\n'])
  })

  test('a stale fence token is refused, over a restart too, and the same token is not', async () => {
    const [first, stale, same] = [
      await prepare(world, orderOf(world, 1, 'one\n', BY_PERSON)),
      await prepare(world, orderOf(world, 2, 'two\n', BY_PERSON)),
      await prepare(world, orderOf(world, 3, 'three\n', BY_PERSON)),
    ]
    const { execution } = first.order
    expect(await world.ask(fenced(first, 7))).toMatchObject({ ok: true })
    await world.until(execution, ({ state }) => state === 'awaitingKeep')
    await world.ask({ verb: 'undo', execution, by: 'ops1' })
    await world.until(execution, ({ state }) => state === 'closed')
    for (const token of [1, 6])
      expect(await world.ask(fenced(stale, token))).toMatchObject({ ok: false, code: 'judge.fence_low' })
    await world.stop('SIGKILL')
    world.start()
    await world.ready()
    expect(await world.ask(fenced(stale, 6))).toMatchObject({
      ok: false,
      code: 'judge.fence_low',
      detail: { token: 6, highest: 7 },
    })
    for (const fences of [[], [{ target: 'web1/file:/etc/other', token: 9 }]]) {
      const request = { ...(stale.request as Record<string, Json>), fences }
      expect(await world.ask(request)).toMatchObject({ ok: false, code: 'judge.fences_wrong' })
    }
    await eventually(async () => effects().length >= 2)
    expect(effects()).toEqual(['one', 'old'])
    expect(await world.ask(fenced(same, 7))).toMatchObject({ ok: true })
  })

  test('a token that no counting reaches blocks its target, over a restart too, until the owner of the machine resets it', async () => {
    const [target] = (await prepare(world, orderOf(world, 1, 'one\n', BY_PERSON))).order.plan.targets
    if (target === undefined) throw new Error('no target')
    const reset = () => world.ask({ verb: 'fenceReset', target, by: 'root' }, 'admin')
    expect(await reset()).toMatchObject({ ok: false, code: 'runner.fence_sound' })
    const first = await prepare(world, orderOf(world, 2, 'two\n', BY_PERSON))
    expect(await world.ask(fenced(first, 3))).toMatchObject({ ok: true })
    const { execution } = first.order
    await world.until(execution, ({ state }) => state === 'awaitingKeep')
    await world.ask({ verb: 'undo', execution, by: 'ops1' })
    await world.until(execution, ({ state }) => state === 'closed')
    await world.stop('SIGKILL')
    // As a release without the limit had accepted it.
    const before = 'CHG-2026-0099/1' as typeof execution
    const journal = join(world.data, 'runner', 'journal')
    const chain = await openExecutionJournal(journal, before, { clock: systemClock, killPoint: noKillPoint })
    const accepted = await openExecutionJournal(journal, execution, {
      clock: systemClock,
      killPoint: noKillPoint,
    })
    const line = accepted.lines.find(({ body }) => body.kind === 'accepted')
    if (line?.body.kind !== 'accepted') throw new Error('nothing was accepted')
    const fences = [{ target, token: Number.MAX_SAFE_INTEGER }]
    await chain.append(before, { ...line.body, nonces: [], fences })
    await chain.append(before, { kind: 'closed', outcome: 'rolled_back', detail: {} })
    world.start()
    await world.ready()
    const next = await prepare(world, orderOf(world, 3, 'three\n', BY_PERSON))
    expect(await world.ask(fenced(next, 4))).toMatchObject({ ok: false, code: 'judge.fence_low' })
    // Not at the gate's door.
    expect(await world.ask({ verb: 'fenceReset', target, by: 'ops1' })).toMatchObject({ ok: false })
    expect(await reset()).toMatchObject({ ok: true, result: { was: Number.MAX_SAFE_INTEGER, mark: 3 } })
    expect(await reset()).toMatchObject({ ok: false, code: 'runner.fence_sound' })
    await world.stop('SIGKILL')
    world.start()
    await world.ready()
    expect(await world.ask(fenced(next, 2))).toMatchObject({ ok: false, code: 'judge.fence_low' })
    expect(await world.ask(fenced(next, 4))).toMatchObject({ ok: true })
  })

  test('part of N02: two starters race: one execution at forty orders runs once, and one approval under two executions starts one', async () => {
    const ready = await prepare(world, orderOf(world, 1, 'one\n'))
    const request = ready.request as Record<string, Json>
    const other = { ...request, execution: 'CHG-2026-0001/2' }
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => world.ask(i % 2 === 0 ? request : other)),
    )
    const accepted = answers.filter(({ ok }) => ok)
    expect(
      accepted.filter(({ result }) => (result as { repeated: boolean }).repeated === false),
    ).toHaveLength(1)
    expect(accepted).toHaveLength(20)
    const refusals = new Set(answers.flatMap(({ ok, code }) => (ok ? [] : [code])))
    for (const code of refusals) expect(code).toMatch(/^(statement\.nonce_used|runner\.target_held)$/)
    const winner = ready.order.execution
    const loser = 'CHG-2026-0001/2' as typeof winner
    const states = [await world.state(winner), await world.state(loser)].map(({ state }) => state)
    expect(states.filter((state) => state === 'refused')).toHaveLength(1)
    await eventually(async () => effects().length >= 1)
    for (const one of [winner, loser])
      await world.until(one, ({ state }) => state === 'closed' || state === 'refused')
    expect(effects()).toEqual(['one'])
  })
})
