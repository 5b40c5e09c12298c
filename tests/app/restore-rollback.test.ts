// A restore that was kept is taken back by one command and one approval: what stood there before it changes places again with what stands there by now,
// what was written since is on the lists, and what was exchanged out is evidence in its turn.
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { one } from '../crash/share.ts'
import {
  approveKilledAt,
  approveTyped,
  layOut,
  order,
  sealRestore,
  sealRollback,
  signBackups,
  withBackup,
} from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'
import { commandLine } from './wrong-world.ts'

let scene: Scene
let data: string
const articles = (count: number, title = 'title') =>
  JSON.stringify(Array.from({ length: count }, (_, i) => ({ id: `a${i}`, title: `${title} ${i}` })))
const at = (...names: string[]) => join(data, ...names)
const put = (text: string, name = 'articles.json') => writeFileSync(at(name), text)
const get = (name = 'articles.json') => readFileSync(at(name), 'utf8')

async function done(sealed: { readonly body: ChangeView; readonly text: string }): Promise<ChangeView> {
  expect(sealed.body.state, sealed.text).toBe('awaiting_approval')
  const approved = await approveTyped(scene, sealed.body.id, 'app')
  expect(approved.status, approved.text).toBe(200)
  return scene.until(sealed.body.id, 'closed', 'void')
}
async function restored(over: object = {}): Promise<string> {
  const wish = { kind: 'full', from: 'last-known-good', ...over } as Parameters<typeof layOut>[1]
  const laid = await layOut(scene, wish)
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const end = await done(await sealRestore(scene, laid.stage))
  expect(end.execution?.outcome).toBe('kept')
  return end.id
}
const stageOf = async (id: string) => {
  const [row] = await scene.sql(`select document->'wishes'->>'stage' as stage from change where id = '${id}'`)
  return String(row?.['stage'])
}
/** As one line, wherever the terminal has broken it. */
const flat = (text: string) => text.replaceAll(/\s+/g, ' ')
const card = async (id: string, language: string) =>
  flat(
    (await scene.call<{ text: string }>('ops1', 'GET', `/changes/${id}/card?language=${language}`)).body.text,
  )

beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  data = join(scene.directory, 'world', 'data')
  const to = join(scene.directory, 'copies')
  for (const one of [data, to]) mkdirSync(one)
  mkdirSync(at('notes'))
  put(articles(51))
  put('[{"id":"u1","hash":"CANARY-u1"}]', 'users.json')
  put('deep', 'notes/deep.txt')
  await scene.rewritePolicy(withBackup(data, to))
  await signBackups(scene)
  expect((await order(scene, 'backup')).copies[0]).toMatchObject({ level: 'content' })
})
afterAll(async () => {
  await scene?.end()
})

test('the wrong thing was restored and kept: rollback brings what stood there before, and a rollback of that the other again', async () => {
  const before = articles(51, 'worked on all night')
  put(before)
  put('only here', 'notes/new.txt')
  const inode = statSync(data).ino
  const id = await restored()
  expect(get()).toBe(articles(51))
  // Written since, and lost again by the way back.
  const since = [...(JSON.parse(articles(51)) as unknown[]), { id: 'since', title: 'written since' }]
  put(JSON.stringify(since))
  const stood = statSync(data).ino
  const staging = join(scene.directory, 'world', '.sekisho-staging')
  const places = readdirSync(staging)

  const sealed = await sealRollback(scene, id)
  const { diff, steps, undo } = sealed.body
  expect(diff).toContain(`directory ${data} <- evidence of ${id} taken `)
  expect(diff).toContain('data/articles.json: gone 1, changed 51, back 0')
  expect(diff.split('\n')).toEqual(expect.arrayContaining(['- since', '+ notes/new.txt']))
  expect(steps.flatMap(({ lines }) => lines)).toContainEqual(
    expect.stringMatching(`^exchange ${data} in one step with what stood there before ${id}, kept beside`),
  )
  expect(undo.lines).toContain(`exchange ${data} again with the original`)
  const en = await card(sealed.body.id, 'en')
  expect(en).toContain(`what stood there before ${id} (as of `)
  expect(en).toContain('its content is not judged, and damage comes back with it')
  // A line may end anywhere in it.
  expect((await card(sealed.body.id, 'ja')).replaceAll(' ', '')).toContain(`${id}の前にあったもの`)
  // Nothing was copied for it.
  expect(readdirSync(staging)).toEqual(places)

  const back = await done(sealed)
  expect([back.execution?.outcome, get(), get('notes/new.txt')]).toEqual(['kept', before, 'only here'])
  expect(statSync(data).ino).toBe(inode)

  // It has been taken back: what it has put aside stands in its place again.
  expect(await layOut(scene, { kind: 'rollback', change: id })).toMatchObject({
    state: 'failed',
    code: 'restore.taken_back',
    detail: { by: back.id },
  })
  const again = await sealRollback(scene, back.id)
  expect(again.body.diff).toContain('data/articles.json: gone 0, changed 51, back 1')
  expect((await done(again)).execution?.outcome).toBe('kept')
  expect([get(), statSync(data).ino]).toEqual([JSON.stringify(since), stood])
  // And so once more by the first one.
  expect((await done(await sealRollback(scene, id))).execution?.outcome).toBe('kept')
  expect(get()).toBe(before)
  expect(JSON.stringify([sealed.text, again.text, scene.logged])).not.toContain('CANARY')
})

test('what stood there before was damaged: it comes back as it was, the card names it, and no judgement of its content keeps it away', async () => {
  const cut = articles(51, 'written today').slice(0, 900)
  put(cut)
  writeFileSync(at('notes', 'deep.txt'), 'deeper')
  const id = await restored()
  expect(get()).toBe(articles(51))
  const sealed = await sealRollback(scene, id)
  const { diff } = sealed.body
  // What can be read of it comes back; of what cannot, everything that is there now is lost.
  const kept = (cut.match(/\}/g) ?? []).length
  expect(diff).toContain(`data/articles.json: gone ${51 - kept}, changed ${kept}, back 0`)
  expect(diff).toMatch(/! data\/articles\.json damaged in what comes: not_json byte \d+/)
  expect(await card(sealed.body.id, 'en')).toContain('comes back damaged: data/articles.json (it is not JSON')
  expect(await card(sealed.body.id, 'ja')).toContain('壊れたまま戻ります: data/articles.json')
  const plan = sealed.body.steps.flatMap(({ lines }) => lines)
  expect(plan).toContain(
    `${data} is as it was before the change that is taken back (its content is not judged)`,
  )
  const back = await done(sealed)
  expect([back.execution?.outcome, get(), get('notes/deep.txt')]).toEqual(['kept', cut, 'deeper'])
})

test('what was there was no file and no directory at all: a link, a directory in a file’s place, nothing that can be read', async () => {
  put(articles(51))
  rmSync(at('articles.json'))
  mkdirSync(at('articles.json'))
  writeFileSync(at('articles.json', 'inside'), 'kept')
  const file = await restored({ kind: 'file', what: at('articles.json') })
  expect(get()).toBe(articles(51))
  const sealed = await sealRollback(scene, file)
  expect(sealed.body.diff).toContain('data/articles.json: gone 51, changed 0, back 0')
  expect(sealed.body.diff).toContain('! data/articles.json damaged in what comes: not_file found directory')
  expect((await done(sealed)).execution?.outcome).toBe('kept')
  expect(get('articles.json/inside')).toBe('kept')

  renameSync(data, `${data}.elsewhere`)
  symlinkSync(`${data}.elsewhere`, data)
  const whole = await restored()
  expect(lstatSync(data).isDirectory()).toBe(true)
  const link = await sealRollback(scene, whole)
  expect(link.body.diff).toMatch(/data\/articles\.json: gone 51/)
  expect((await done(link)).execution?.outcome).toBe('kept')
  expect(readlinkSync(data)).toBe(`${data}.elsewhere`)
  rmSync(data)
  renameSync(`${data}.elsewhere`, data)
  rmSync(at('articles.json'), { recursive: true })
  put(articles(51))
})

test('one file and a salvage are taken back, the rest of the directory stays as it is by now', async () => {
  for (const kind of ['file', 'salvage']) {
    const before = JSON.stringify([{ id: 'only', title: `before the ${kind}` }]).slice(0, -1)
    put(before)
    // Written anew between lay-out and exchange, as a service writes: another inode, the same bytes.
    const laid = await layOut(scene, {
      kind: kind as 'file',
      from: 'last-known-good',
      what: at('articles.json'),
    })
    const sealedFirst = await sealRestore(scene, laid.stage)
    const { mtime, atime } = statSync(at('articles.json'))
    put(before, 'articles.json.new')
    utimesSync(at('articles.json.new'), atime, mtime)
    renameSync(at('articles.json.new'), at('articles.json'))
    const inode = statSync(at('articles.json')).ino
    expect((await done(sealedFirst)).execution?.outcome).toBe('kept')
    put(`later than the ${kind}`, 'notes/later.txt')
    const sealed = await sealRollback(scene, sealedFirst.body.id)
    expect(sealed.body.diff).toContain(`file ${at('articles.json')} <- evidence of ${sealedFirst.body.id}`)
    expect((await done(sealed)).execution?.outcome).toBe('kept')
    expect([get(), statSync(at('articles.json')).ino]).toEqual([before, inode])
    expect(get('notes/later.txt')).toBe(`later than the ${kind}`)
  }
})

test('nothing stood there before: taking it back moves it away, and taking that back brings it again', async () => {
  put(articles(51))
  await order(scene, 'backup')
  for (const [over, path] of [
    [{}, data],
    [{ kind: 'file', what: at('articles.json') }, at('articles.json')],
  ] as const) {
    renameSync(path, `${path}.first`)
    const id = await restored(over)
    put('[{"id":"since","title":"t"}]')
    const sealed = await sealRollback(scene, id)
    const { diff, steps, undo } = sealed.body
    expect(diff).toContain(`nothing there afterwards: ${path}`)
    expect(diff).toContain('data/articles.json: gone 1, changed 0, back 0')
    expect(steps.flatMap(({ lines }) => lines)).toContain(
      `move ${path} beside (what stood there before ${id}: nothing)`,
    )
    expect(undo.lines).toContain(`move what stood there to ${path} again`)
    expect(await card(sealed.body.id, 'en')).toContain(`nothing stood at ${path} before`)
    expect(await card(sealed.body.id, 'ja')).toContain('前は何もありませんでした')
    const away = await done(sealed)
    expect([away.execution?.outcome, existsSync(path)]).toEqual(['kept', false])
    const again = await sealRollback(scene, away.id)
    expect(again.body.diff).toContain(`nothing there now: ${path}`)
    expect((await done(again)).execution?.outcome).toBe('kept')
    expect(get()).toBe('[{"id":"since","title":"t"}]')
    rmSync(path, { recursive: true })
    renameSync(`${path}.first`, path)
  }
})

test('a later restore lies between: the older evidence comes all the same, and the lists tell the truth', async () => {
  put(articles(40, 'first'))
  const first = await restored()
  put(articles(30, 'second'))
  const second = await restored()
  const sealed = await sealRollback(scene, first)
  expect(sealed.body.diff).toContain('data/articles.json: gone 11, changed 40, back 0')
  expect((await done(sealed)).execution?.outcome).toBe('kept')
  expect(get()).toBe(articles(40, 'first'))
  // What lies in its place is what the last one has put aside.
  expect(await layOut(scene, { kind: 'rollback', change: first })).toMatchObject({
    code: 'restore.taken_back',
  })
  expect((await done(await sealRollback(scene, second))).execution?.outcome).toBe('kept')
  expect(get()).toBe(articles(30, 'second'))
})

test('somebody writes after the approval: nothing changes places', async () => {
  put(articles(40))
  const id = await restored()
  const sealed = await sealRollback(scene, id)
  put(articles(45))
  const end = await done(sealed)
  expect([end.state, get()]).toEqual(['void', articles(45)])
  expect(JSON.stringify(end)).toContain('restore.loss_grew')
})

test('who had a file open since before writes into what comes back, after the approval: nothing changes places', async () => {
  put(articles(40, 'as it was kept'))
  const held = openSync(at('articles.json'), 'r+')
  try {
    const id = await restored()
    const sealed = await sealRollback(scene, id)
    const now = get()
    // The same records are different from those of now as before: no list tells.
    writeSync(held, articles(40, 'as it was RUIN'))
    const end = await done(sealed)
    expect([end.state, get()]).toEqual(['void', now])
    expect(JSON.stringify(end)).toContain('restore.stage_damaged')
    // The same line again sees what is there by now.
    expect((await done(await sealRollback(scene, id))).execution?.outcome).toBe('kept')
    expect(get()).toBe(articles(40, 'as it was RUIN'))
  } finally {
    closeSync(held)
  }
})

test('of two that would take the same back the second does nothing, and nothing back', async () => {
  put(articles(40, 'of both'))
  const id = await restored({ kind: 'file', what: at('articles.json') })
  const [first, second] = [await sealRollback(scene, id), await sealRollback(scene, id, 'claude')]
  expect((await done(second)).execution?.outcome).toBe('kept')
  const end = await done(first)
  expect(['nothing_done', 'aborted', 'rolled_back', undefined]).toContain(end.execution?.outcome)
  expect(get()).toBe(articles(40, 'of both'))
})

test('an agent asks, a person decides; what cannot be taken back is said', async () => {
  put(articles(40))
  const id = await restored()
  const asked = await sealRollback(scene, id, 'claude')
  expect(asked.body.state, asked.text).toBe('awaiting_approval')
  const forged = await scene.call<{ code: string }>('claude', 'POST', `/changes/${asked.body.id}/statement`, {
    type: 'approve',
    shown: '0'.repeat(64),
    typed: 'app',
  })
  expect(forged.body.code).toBe('agent.never_approves')
  expect((await scene.call('ops1', 'POST', `/changes/${asked.body.id}/withdraw`)).status).toBe(200)

  const codeOf = async (path: string, body: object) =>
    (await scene.call<{ code?: string }>('ops1', 'POST', path, body)).body.code
  // Laid out first; and what was laid out for one change takes back no other.
  expect(await codeOf(`/changes/${id}/rollback`, {})).toBe('input.invalid')
  const other = await restored()
  const laid = await layOut(scene, { kind: 'rollback', change: id })
  expect(laid.state).toBe('ready')
  expect(await codeOf(`/changes/${other}/rollback`, { stage: laid.stage })).toBe('restore.stage_gone')
  const backup = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(await codeOf(`/changes/${id}/rollback`, { stage: backup.stage })).toBe('restore.stage_gone')
  // Not kept yet.
  const open = await sealRestore(scene, backup.stage)
  expect(await codeOf('/services/app/stages', { kind: 'rollback', change: open.body.id })).toBe(
    'change.nothing_to_restore',
  )
  await scene.call('ops1', 'POST', `/changes/${open.body.id}/withdraw`)
  // Somebody has taken the evidence away by hand.
  const staging = join(scene.directory, 'world', '.sekisho-staging')
  rmSync(join(staging, await stageOf(id), 'tree'), { recursive: true })
  expect(await layOut(scene, { kind: 'rollback', change: id })).toMatchObject({
    state: 'failed',
    code: 'restore.evidence_gone',
    detail: { change: id },
  })
})

test('from the command line it is one line and one approval; what cannot be taken back ends with its sentence', async () => {
  put(articles(40, 'by hand'))
  const id = await restored()
  const [one, two] = [await commandLine(scene, 'ops1'), await commandLine(scene, 'ops2')]
  try {
    const asked = await one.type('en', 'change', 'rollback', id)
    expect([asked.exit, asked.err]).toEqual([3, ''])
    expect(flat(asked.out)).toContain(`${data} ← what stood there before ${id} (as of `)
    const [back = ''] = asked.out.match(/CHG-\d{4}-\d{4}/g)?.filter((found) => found !== id) ?? []
    // Somebody else approves, so its author signs first.
    expect(asked.out).toContain(`sekisho change sign ${back}`)
    const sign = ['change', 'sign', back, '--key', join(scene.directory, 'ops1.key')]
    const signed = await one.type('en', ...sign)
    expect(signed.err + signed.out).toContain(`sekisho change approve ${back}`)
    const approve = ['change', 'approve', back, '--yes', '--key', join(scene.directory, 'ops2.key')]
    expect((await two.type('en', ...approve)).exit).toBe(3)
    const approved = await two.type('en', ...approve, '--typed', 'app')
    expect([approved.exit, get()]).toEqual([0, articles(40, 'by hand')])

    for (const [language, sentence] of [
      ['en', `✗ ${id} has been taken back already`],
      ['ja', `✗ ${id} は、もう取り消してあります`],
    ] as const) {
      const refused = await one.type(language, 'change', 'rollback', id)
      expect([refused.exit, flat(refused.err)]).toEqual([2, expect.stringContaining(sentence)])
    }
    rmSync(join(scene.directory, 'world', '.sekisho-staging', await stageOf(id)), { recursive: true })
    for (const [language, sentence] of [
      ['en', `✗ What stood there before ${back} is not there any more: ${data}`],
      ['ja', `✗ ${back} の前にあったものが、もうありません: ${data}`],
    ] as const) {
      const refused = await one.type(language, 'change', 'rollback', back)
      expect([refused.exit, flat(refused.err)]).toEqual([1, expect.stringContaining(sentence)])
    }
  } finally {
    await one.close()
    await two.close()
  }
})

test('with the damage that comes back the service is not well: it goes back by itself', async () => {
  let isMaking = false
  const server = createServer((_, response) => {
    try {
      // As many a service does: what is not there is made anew.
      if (isMaking) mkdirSync(data, { recursive: true })
      JSON.parse(get())
      response.writeHead(200).end('ok')
    } catch {
      response.writeHead(500).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const health = `    health: { url: 'http://127.0.0.1:${port}/', good: 1, of: 1 }\n`
  try {
    put(articles(51, 'cut').slice(0, 900))
    const id = await restored()
    await scene.rewritePolicy((yaml) => yaml.replace('    data:\n', `${health}    data:\n`))
    const end = await done(await sealRollback(scene, id))
    expect([end.state, end.execution?.outcome, get()]).toEqual(['closed', 'rolled_back', articles(51)])

    // Nothing stood there before, and without it the service is not well either: what it has made in its place makes room.
    rmSync(data, { recursive: true })
    const sealed = await sealRollback(scene, await restored())
    isMaking = true
    const moved = await done(sealed)
    expect([moved.execution?.outcome, get()]).toEqual(['rolled_back', articles(51)])
  } finally {
    await scene.rewritePolicy((yaml) => yaml.replace(health, ''))
    server.close()
  }
})

test.each(
  one(
    [
      'exchange.before',
      'exchange.after',
      'journal.outcome.before',
      'journal.proof.before',
      'journal.claim.after',
    ],
    'a rollback',
  ),
)('killed at %s, it ends as kept with all that stood there before, or as it was', async (point) => {
  put(articles(40, point))
  const id = await restored()
  const inode = statSync(data).ino
  const sealed = await sealRollback(scene, id)
  expect(sealed.body.state, sealed.text).toBe('awaiting_approval')
  const end = await approveKilledAt(scene, sealed.body.id, point)
  const isKept = end.execution?.outcome === 'kept'
  expect(get(), `${point} ${end.execution?.outcome}`).toBe(isKept ? articles(40, point) : articles(51))
  expect(statSync(data).ino === inode).toBe(!isKept)
})

test.each(
  one(['exchange.before', 'exchange.after', 'journal.outcome.before', 'journal.claim.after'], 'moved away'),
)('killed at %s while what was restored is moved away, it is there or away, whole', async (point) => {
  put(articles(51))
  renameSync(data, `${data}.first`)
  const id = await restored()
  const sealed = await sealRollback(scene, id)
  const end = await approveKilledAt(scene, sealed.body.id, point)
  const isKept = end.execution?.outcome === 'kept'
  expect(existsSync(data), `${point} ${end.execution?.outcome}`).toBe(!isKept)
  if (!isKept) expect(get()).toBe(articles(51))
  rmSync(data, { recursive: true, force: true })
  renameSync(`${data}.first`, data)
})
