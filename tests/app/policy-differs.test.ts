// Gate and runner read the same compiled file, each when it learns of it: where one of them has not, doctor says so with the command
// that mends it, and the runner runs nothing that was sealed under the other rules.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectRunner } from '../../src/app/runner-client.ts'
import { sha256 } from '../../src/base/hash.ts'
import type { CompiledPolicy } from '../../src/plans/policy.ts'
import { eventually, openScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(async () => {
  await scene?.end()
})

interface Fact {
  readonly name: string
  readonly state: string
  readonly code: string
  readonly values: object
}
const differing = async () =>
  (await scene.call<{ facts: Fact[] }>('ops1', 'GET', '/doctor')).body.facts.find(
    ({ code }) => code === 'doctor.policy_differs',
  )

test('rules that only the gate has read are seen by doctor, and what is sealed under them is refused by the runner', async () => {
  expect(await differing()).toBeUndefined()
  const compiled = join(scene.directory, 'etc/runner.json')
  const policy = JSON.parse(await readFile(compiled, 'utf8')) as CompiledPolicy
  const stricter = {
    ...policy,
    version: sha256('another version'),
    rules: { ...policy.rules, keepSeconds: policy.rules.keepSeconds, approvalSeconds: 7200 },
  }
  await writeFile(`${compiled}.new`, JSON.stringify(stricter), { mode: 0o640 })
  await rename(`${compiled}.new`, compiled)
  await eventually(async () => (await differing()) !== undefined)
  expect(await differing()).toMatchObject({
    name: 'policy',
    state: 'bad',
    values: { runner: policy.version, gate: stricter.version },
  })

  const sealed = await scene.sealed('dev', 'limit = 31\n')
  await scene.approve('ops1', sealed.id)
  const seen = await scene.until(sealed.id, 'void', 'closed')
  expect(seen.state).toBe('void')
  expect(seen.moved?.[0]?.detail).toMatchObject({ why: 'judge.policy_moved' })
  expect(await readFile(scene.file, 'utf8')).not.toBe('limit = 31\n')

  // What `config apply` does at its end; the sentence names it.
  await connectRunner(join(scene.directory, 'data/run/admin.sock')).ask('policy', { by: 'test' })
  expect(await differing()).toBeUndefined()
  const again = await scene.sealed('dev', 'limit = 32\n')
  await scene.approve('ops1', again.id)
  expect((await scene.until(again.id, 'void', 'closed')).state).toBe('closed')
  expect(await readFile(scene.file, 'utf8')).toBe('limit = 32\n')
})
