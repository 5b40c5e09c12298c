// N14: the gate asks the guard once a day what it must know, and doctor and status show the last answer.
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { puttingIn, remember } from '../../src/agents/agent-hooks.ts'
import { testGuardDaily } from '../../src/app/guard-self-test.ts'
import type { Clock } from '../../src/base/time.ts'
import type { DoctorFact, Status } from '../../src/contract/gate.ts'
import { DOCTOR_WORDS } from '../../src/words/doctor.ts'
import { reader } from '../../src/words/errors.ts'
import { openScene, type Scene } from './scene.ts'

const CHECKOUT = resolve(import.meta.dirname, '../..')
const DAY_MS = 86_400_000

let scene: Scene
beforeAll(async () => {
  scene = await openScene({ engine: false, policy: 'policy: { level: guard }' })
})
afterAll(() => scene.end())

const facts = async () =>
  (await scene.call<{ facts: DoctorFact[] }>('ops1', 'GET', '/doctor')).body.facts.filter(({ code }) =>
    code.startsWith('doctor.guard_self_test'),
  )
const status = async () => (await scene.call<Status>('ops1', 'GET', '/status')).body

test('part of N14: the guard is asked once a day; a wrong answer is red in doctor and status until it is right again', async () => {
  const guard = join(scene.directory, 'guard')
  const code = join(scene.directory, 'code/bin')
  await mkdir(code, { recursive: true })
  const program = join(code, 'sekisho')
  const real = `#!/bin/sh\nexec ${join(CHECKOUT, 'bin/sekisho')} "$@"\n`
  await writeFile(program, real, { mode: 0o755 })
  const path = join(scene.directory, 'project/.claude/settings.json')
  const wiring = { program, guard, language: 'en', level: 'guard', managed: false } as const
  await (await puttingIn(path, wiring)).write()
  await remember([guard], { agent: 'claude-code', path, wiring })

  let days = 0
  const clock: Clock = { ...scene.gate.clock, now: () => Date.now() + days * DAY_MS }
  const gate = { ...scene.gate, clock }
  expect(await facts()).toEqual([])
  await testGuardDaily(gate)
  expect(await facts()).toMatchObject([
    { state: 'good', code: 'doctor.guard_self_test', values: { hooks: 1 } },
  ])
  expect((await status()).guardTest).toMatchObject({ red: false })

  // It nods to everything; the same day nobody asks again.
  await writeFile(program, '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  await testGuardDaily(gate)
  expect((await status()).guardTest).toMatchObject({ red: false })
  days = 1
  await testGuardDaily(gate)
  const [red] = await facts()
  expect(red).toMatchObject({ state: 'bad', code: 'doctor.guard_self_test_red', values: { path } })
  expect(await status()).toMatchObject({ calm: false, guardTest: { red: true }, next: ['sekisho doctor'] })
  for (const language of ['ja', 'en'] as const) {
    const said = DOCTOR_WORDS[red?.code ?? '']?.[language](reader((red?.values ?? {}) as never))
    expect(said?.what).toContain(path)
    expect(said?.next?.[0]).toBe('sekisho guard self-test')
  }

  await writeFile(program, real, { mode: 0o755 })
  days = 2
  await testGuardDaily(gate)
  expect((await status()).guardTest).toMatchObject({ red: false })

  // What this account cannot start is left to its owner, and said.
  await rename(program, `${program}.old`)
  await writeFile(program, real)
  await chmod(program, 0o644)
  days = 3
  await testGuardDaily(gate)
  expect(await facts()).toMatchObject([{ state: 'none', code: 'doctor.guard_self_test_unseen' }])
})
