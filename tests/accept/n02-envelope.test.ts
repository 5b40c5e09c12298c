// N02: whatever of what is sealed moves voids the approval, in the row and in the world; whatever is not sealed never does: time passing
// within its life, reading, comments, a state asked again, a process restarted.
import { chmod, chown, lstat, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sweep } from '../../src/app/sweep.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { openScene, type Scene } from '../app/scene.ts'
import { ENVELOPE_FIELDS } from './forged-table.ts'
import { factsOf, HostileGate, Row, watchEffects } from './forged-world.ts'

let scene: Scene
let hostile: HostileGate
let effects: ReturnType<typeof watchEffects>
beforeAll(async () => {
  scene = await openScene()
  hostile = new HostileGate(scene)
  effects = watchEffects(scene.file, join(scene.directory, 'effects.log'))
})
afterAll(async () => {
  effects?.close()
  await scene?.end()
})
const idOf = (row: Row) => String(row.get('id'))

/** What stands at the path, whatever it is. */
async function standing(path: string): Promise<string> {
  const facts = await lstat(path).catch(() => undefined)
  if (facts === undefined) return 'absent'
  const bytes = await readFile(path, 'utf8')
  return [facts.ino, facts.mode, facts.uid, facts.gid, bytes].join(' ')
}

/** Released and swept: whatever may start now does. */
async function started(id: string): Promise<ChangeView> {
  await hostile.release()
  await sweep(scene.gate)
  return scene.until(id, 'void', 'expired', 'closed', 'stuck')
}

describe('N02 what is approved is one digest, void when anything of it moves, and used once', () => {
  test('the world is mutated: bytes, mode, owner, kind and presence of the file void, 100 %', async () => {
    const { file } = scene
    const original = await readFile(file)
    const reset = async () => {
      await rm(file, { force: true, recursive: true })
      await writeFile(file, original, { mode: 0o640 })
      await chmod(file, 0o640)
    }
    const mutations: Readonly<Record<string, () => Promise<unknown>>> = {
      'a byte': () => writeFile(file, `${original.toString()}#`),
      'a byte less': () => writeFile(file, original.subarray(1)),
      nothing: () => writeFile(file, ''),
      mode: () => chmod(file, 0o600),
      gone: () => rm(file),
      'a link to the same bytes': async () => {
        await rename(file, `${file}.real`)
        await symlink(`${file}.real`, file)
      },
      ...(process.getuid?.() === 0
        ? { owner: () => chown(file, 65_534, 0), group: () => chown(file, 0, 65_534) }
        : {}),
    }
    for (const [name, mutate] of Object.entries(mutations)) {
      await reset()
      const row = await hostile.approvedAndHeld(`limit = ${20 + name.length}\n`)
      await mutate()
      const before = await standing(file)
      const seen = await started(idOf(row))
      const afterwards = await standing(file)
      await reset()
      expect(afterwards, name).toBe(before)
      expect(seen.state, name).toBe('void')
      expect(seen.moved?.[0], name).toMatchObject({ what: file })
      expect(seen.execution, name).toBeUndefined()
      await rm(`${file}.real`, { force: true })
    }
    await reset()
  })

  test('every sealed field is mutated in the row, as superuser: 100 % void', async () => {
    const row = await hostile.approvedAndHeld('limit = 70\n')
    const approved = new Row(row.document)
    const facts = factsOf(scene.file)
    const ran: string[] = []
    for (const [field, value] of Object.entries(ENVELOPE_FIELDS)) {
      const forged = new Row(approved.document)
      forged.set(`envelope.${field}`, value)
      await hostile.write(forged, 'superuser')
      const seen = await started(idOf(row))
      if (seen.state !== 'void' || factsOf(scene.file) !== facts) ran.push(`${field}: ${seen.state}`)
      await hostile.hold()
      approved.set('executions', (await hostile.rowOf(idOf(row))).get('executions'))
      await hostile.write(approved, 'superuser')
    }
    expect(ran).toEqual([])
    expect((await started(idOf(row))).state).toBe('closed')
  })

  test('0 false voids: 200 readings, sweeps, touches and words about it in any order, and then it runs', async () => {
    const row = await hostile.approvedAndHeld('limit = 80\n')
    const id = idOf(row)
    const get = (path: string) => () => scene.call('ops2', 'GET', path)
    const idle: Readonly<Record<string, () => Promise<unknown>>> = {
      show: get(`/changes/${id}`),
      card: get(`/changes/${id}/card?language=ja`),
      plan: get(`/changes/${id}/plan`),
      diff: get(`/changes/${id}/diff`),
      record: get(`/changes/${id}/record`),
      list: get('/changes?open=true'),
      wait: get(`/changes/${id}/wait?seconds=0`),
      status: get('/status'),
      doctor: get('/doctor'),
      'sweep while the target is held': () => sweep(scene.gate),
      'run while the target is held': () => scene.call('ops1', 'POST', `/changes/${id}/run`),
      checkpoint: () => scene.call('ops1', 'POST', '/ledger/checkpoint'),
      'an agent that tries to approve': () =>
        scene.call('claude', 'POST', `/changes/${id}/statement`, { type: 'approve' }),
      'another change of the same file, withdrawn': async () => {
        const made = await scene.call<ChangeView>('dev', 'POST', '/changes', {
          pattern: 'config',
          service: 'app',
          instruction: { text: 'another wish' },
          files: [
            { kind: 'write', path: scene.file, base64: Buffer.from('limit = 81\n').toString('base64') },
          ],
        })
        expect(made.status).toBe(200)
        await scene.call('dev', 'POST', `/changes/${made.body.id}/withdraw`)
      },
      touched: () => utimes(scene.file, new Date(), new Date()),
      'the same bytes in another inode': async () => {
        const copy = join(scene.directory, 'same')
        await writeFile(copy, await readFile(scene.file), { mode: 0o640 })
        await chmod(copy, 0o640)
        const { uid, gid } = await lstat(scene.file)
        await chown(copy, uid, gid)
        await rename(copy, scene.file)
      },
      'words about it': () =>
        scene.sql(
          `update change set document = document || '{"summary": "a comment", "reason": "another"}', version = version + 1 where id = $1`,
          [id],
        ),
      'somebody else enrolled': () =>
        scene.rewritePolicy((yaml) =>
          yaml.replace(/name: Dev\w*/, `name: Dev${Math.floor(performance.now())}`),
        ),
    }
    const seed = Number(process.env['SEKISHO_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    const steps = fc.sample(fc.constantFrom(...Object.keys(idle)), { numRuns: 200, seed })
    console.log(`seed ${seed}`)
    const effectsBefore = effects.count()
    let renames = 0
    for (const [i, step] of steps.entries()) {
      await idle[step]?.()
      if (step.startsWith('the same bytes')) renames++
      const { body } = await scene.call<ChangeView>('ops1', 'GET', `/changes/${id}`)
      expect(body.state, `after ${i + 1} steps, last: ${step}, seed ${seed}`).toBe('approved')
      expect(body.decisions.every(({ live }) => live)).toBe(true)
    }
    await scene.restartRunner()
    await scene.reopenGate()
    expect(effects.count()).toBe(effectsBefore + renames)
    expect((await started(id)).state).toBe('closed')
    expect(await readFile(scene.file, 'utf8')).toBe('limit = 80\n')
  })

  test('twenty starters over HTTP and the sweeper race: one execution, one effect', async () => {
    const row = await hostile.approvedAndHeld('limit = 90\n')
    const id = idOf(row)
    const before = effects.count()
    await hostile.release()
    await Promise.all([
      ...Array.from({ length: 20 }, (_, i) =>
        scene.call(i % 2 === 0 ? 'ops1' : 'ops2', 'POST', `/changes/${id}/run`),
      ),
      sweep(scene.gate),
      sweep(scene.gate),
    ])
    const done = await scene.until(id, 'closed')
    expect(done.execution?.id).toBe(`${id}/1`)
    expect(await scene.sql('select id from execution where change = $1', [id])).toEqual([{ id: `${id}/1` }])
    const entries = await scene.sql(
      `select count(*)::int as n from ledger where body::json ->> 'kind' = 'execution.started' and body::json ->> 'subject' = $1`,
      [id],
    )
    expect(entries).toEqual([{ n: 1 }])
    expect(effects.count()).toBe(before + 1)
  })
})
