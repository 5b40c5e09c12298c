// Spine §1: rules are applied while the gate, the runner, or both are down. What the runner journalled comes onto the record when the gate
// sees it: each version once, in order, with the runner's own line as its proof.
import { rmSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { joinRules } from '../../src/app/joined-rules.ts'
import { getBlob, readSubject } from '../../src/record/store.ts'
import { eventually, openScene, type Scene } from './scene.ts'

let scene: Scene
beforeEach(async () => {
  scene = await openScene()
})
afterEach(async () => {
  await scene?.end()
})

const named = (name: string) => (yaml: string) => yaml.replace(/name: (Dev|Developer\w*),/, `name: ${name},`)
const entries = async () =>
  (await readSubject(scene.gate.db, 'policy')).map(({ entry: { kind, payload } }) => ({
    kind,
    version: String(payload['version']),
    by: String(payload['by']),
    journal: payload['journal'],
  }))
const told = async () => (await entries()).map(({ kind, version, by }) => `${kind} ${version} ${by}`)
/** The lines themselves, from the file of the runner. */
const journalled = async () =>
  (await readFile(join(scene.directory, 'data/runner/journal/runner.jsonl'), 'utf8'))
    .split('\n')
    .filter((line) => line.includes('"kind":"policy"'))
/** Until the runner has signed a first head, or answers again, nothing is proven, and the verdict says that. */
const UNPROVEN: readonly unknown[] = ['no_checkpoint', 'runner.unreachable']
const sound = async () => {
  let verdict: unknown
  await eventually(async () => {
    const { body } = await scene.call('ops1', 'POST', '/ledger/verify')
    verdict = body
    return !UNPROVEN.includes((body as { why?: unknown }).why)
  })
  expect(verdict).toMatchObject({ sound: true })
}

/** Each entry names the line that stands in the runner's journal, in its order. */
async function proven(): Promise<void> {
  const lines = await journalled()
  const proofs: string[] = []
  for (const { journal } of await entries()) {
    if (journal === undefined) continue
    const blob = await getBlob(scene.gate.db, journal as never)
    if (blob === undefined || !('bytes' in blob)) throw new Error('no proof')
    proofs.push(Buffer.from(blob.bytes).toString('utf8').trimEnd())
  }
  expect(proofs).toEqual(lines)
}

test('two versions applied while the gate is down are on the record when it comes up, once, with their lines', async () => {
  const [first = ''] = await told()
  const versions: string[] = []
  await scene.reopenGate(async () => {
    versions.push(await scene.applyPolicy(named('Developer1'), 'hanako (sudo)'))
    versions.push(await scene.applyPolicy(named('Developer2')))
  })
  const wanted = [first, `policy.applied ${versions[0]} hanako (sudo)`, `policy.applied ${versions[1]} ops1`]
  expect(await told()).toEqual(wanted)
  await proven()
  await sound()
  await scene.reopenGate()
  await joinRules(scene.gate)
  expect(await told()).toEqual(wanted)
  await sound()
})

test('there and back again, seen from the file alone: every line is joined once, by many looks at the same time too', async () => {
  const before = await told()
  const versions: string[] = []
  const socket = join(scene.directory, 'data/run/runner.sock')
  let taken: NodeJS.Timeout | undefined
  await scene.reopenGate(async () => {
    for (const name of ['Developer1', 'Dev', 'Developer1'])
      versions.push(await scene.applyPolicy(named(name)))
    // Alive, and no gate reaches it: it makes its socket anew each second.
    taken = setInterval(() => rmSync(socket, { force: true }), 10)
    rmSync(socket, { force: true })
  })
  const [there, back] = versions
  expect(await told()).toEqual([...before, `policy.applied ${there} ops1`])
  clearInterval(taken)
  await scene.restartRunner()
  await Promise.all(Array.from({ length: 8 }, () => joinRules(scene.gate)))
  expect(await told()).toEqual([
    ...before,
    `policy.applied ${there} ops1`,
    `policy.proven ${there} ops1`,
    `policy.applied ${back} ops1`,
    `policy.applied ${there} ops1`,
  ])
  await proven()
  await sound()
})

test('applied while the runner is down, it is on the record from the file, and proven once the runner has taken it', async () => {
  const before = await told()
  await scene.stopRunner('SIGKILL')
  const version = await scene.applyPolicy(named('Developer1'))
  await eventually(async () => (await told()).length === before.length + 1)
  const applied = `policy.applied ${version} ops1`
  expect(await told()).toEqual([...before, applied])
  await scene.restartRunner()
  await joinRules(scene.gate)
  await joinRules(scene.gate)
  expect(await told()).toEqual([...before, applied, `policy.proven ${version} ops1`])
  await proven()
  await sound()
})

test('applied while both are down, the version that came into force is on the record, by whom', async () => {
  const before = await told()
  let version = ''
  await scene.reopenGate(async () => {
    await scene.stopRunner()
    await scene.applyPolicy(named('Developer1'))
    version = await scene.applyPolicy(named('Developer2'), 'hanako (sudo)')
    await scene.restartRunner()
  })
  expect(await told()).toEqual([...before, `policy.applied ${version} hanako (sudo)`])
  await proven()
})

test('a runner whose state is new, or an older one, doubles nothing', async () => {
  await scene.applyPolicy(named('Developer1'))
  await eventually(async () => (await told()).length === 2)
  const before = await told()
  await scene.stopRunner()
  await rm(join(scene.directory, 'data/runner/journal'), { recursive: true })
  await scene.restartRunner()
  await joinRules(scene.gate)
  await scene.reopenGate()
  expect(await told()).toEqual(before)
  const version = await scene.applyPolicy(named('Developer2'))
  await eventually(async () => (await told()).length === 3)
  expect(await told()).toEqual([...before, `policy.applied ${version} ops1`])
  await sound()
})
