// More than three hundred forged, replayed or altered statements and envelopes, each written straight into the database and each given to
// the runner by a hostile gate: none runs, each refusal says why, and the untouched original does run.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sweep } from '../../src/app/sweep.ts'
import { CHANGE_WORDS } from '../../src/words/change.ts'
import { eventually, openScene, type Scene } from '../app/scene.ts'
import { share } from '../crash/share.ts'
import { BROKEN, ENVELOPE_FIELDS, FORGERIES, type Forger, keygen } from './forged-table.ts'
import {
  canonicalText,
  factsOf,
  HostileGate,
  type Loose,
  labelled,
  nonce,
  Row,
  sha,
  watchEffects,
} from './forged-world.ts'

let scene: Scene
let hostile: HostileGate
let effects: ReturnType<typeof watchEffects>
let forger: Forger
/** The approved change, untouched. */
let approved: Row
let executions = 1000
let written = 0

beforeAll(async () => {
  scene = await openScene()
  hostile = new HostileGate(scene)
  effects = watchEffects(scene.file, join(scene.directory, 'effects.log'))
  keygen(join(scene.directory, 'mallory.key'))
  const revoked = readFileSync(join(scene.directory, 'stranger.key.pub'), 'utf8').trim()
  await scene.rewritePolicy((yaml) =>
    yaml.replace(/(ops1: .* keys: \[)('[^']*')\]/, `$1$2, { public: '${revoked}', revoked: true }]`),
  )
  const earlier = await scene.sealed('dev', 'limit = 11\n')
  const other = await scene.signedApproval('ops1', earlier.id)
  await scene.call('ops1', 'POST', `/changes/${earlier.id}/decision`, other)
  await scene.until(earlier.id, 'closed')
  await eventually(async () => effects.count() === 1)
  const evil = Buffer.from('limit = 666\n')
  await hostile.put('blob', sha(evil), evil)
  approved = await hostile.approvedAndHeld('limit = 12\n')
  forger = {
    sign: (key, text, namespace) => scene.sign(key, text, namespace),
    usedNonce: String((JSON.parse(other.signed.text) as Loose)['nonce']),
    otherApproval: other.signed,
    evilDigest: sha(evil),
    file: scene.file,
  }
})
afterAll(async () => {
  effects?.close()
  await scene?.end()
})

const ALL = { ...FORGERIES, ...BROKEN }
const TAKEN = Object.entries(ALL).map(
  ([name, variants]) => [name, name in BROKEN ? share(variants, name, 10) : variants] as const,
)

test('the table has a row for every field of the envelope, and more than three hundred forgeries', () => {
  expect(Object.keys(approved.envelope).filter((field) => !Object.hasOwn(ENVELOPE_FIELDS, field))).toEqual([])
  expect(Object.values(ALL).flat().length).toBeGreaterThan(300)
  console.log(
    `${Object.values(ALL).flat().length} forgeries, ${TAKEN.flatMap(([, some]) => some).length} taken`,
  )
})

describe.each(TAKEN)('forged %s', (kind, variants) => {
  // What is written waits for a sweep of the gate each time.
  const some = share(variants, kind)
  test(`none of ${variants.length} runs at a hostile gate’s order, and the runner says why`, async () => {
    const before = factsOf(scene.file)
    const wrong: string[] = []
    for (const { name, code, forge } of variants) {
      const row = new Row(approved.document)
      await forge(row, forger)
      const execution = `${String(row.get('id'))}/${++executions}`
      const { answer, judged } = await hostile.order(row, execution, 1_000_000)
      if (answer.ok || !code.test(answer.code ?? '')) wrong.push(`${name}: ${JSON.stringify(answer)}`)
      const unsaid = hostile.sentences(answer.code, answer.detail ?? {})
      if (unsaid !== undefined) wrong.push(`${name}: ${unsaid}`)
      const { state } = (await hostile.ask({ verb: 'report', execution, from: 0 })).result as { state: Loose }
      // What is refused by the judge stands in the journal, with the same code.
      if (judged && answer.code !== 'runner.object_missing' && state['code'] !== answer.code)
        wrong.push(`${name}: journal ${JSON.stringify(state)}`)
    }
    expect(wrong).toEqual([])
    expect(factsOf(scene.file)).toBe(before)
    expect(effects.count()).toBe(1)
  })

  test(`none of ${some.length} runs when it stands in the database, and the change says why`, async () => {
    const before = factsOf(scene.file)
    const wrong: string[] = []
    for (const [i, { name, forge, runsOut }] of some.entries()) {
      const row = new Row(approved.document)
      await forge(row, forger)
      const id = String(row.get('id'))
      await hostile.write(row, i % 3 === 0 ? 'superuser' : 'sk_gate')
      written++
      await hostile.release()
      try {
        await sweep(scene.gate)
        const seen = await scene.until(id, 'void', 'expired', 'closed', 'stuck')
        const reason = seen.moved?.[0]
        const why = reason?.detail['why']
        if (seen.state === 'expired' && runsOut === true) continue
        if (seen.state !== 'void' || reason === undefined) wrong.push(`${name}: ${seen.state}`)
        else if (reason.code === 'moved.refused') {
          const unsaid = hostile.sentences(String(why), { ...reason.detail, why: reason.detail['because'] })
          if (unsaid !== undefined) wrong.push(`${name}: ${unsaid}`)
        }
        for (const language of ['ja', 'en'] as const) {
          const said = CHANGE_WORDS[language].code(reason?.code ?? '', {
            ...reason?.detail,
            what: reason?.what ?? '',
          })
          if (said.trim() === '' || said === reason?.code) wrong.push(`${name}: ${language} ${said}`)
        }
        const [entry] = await scene.sql(
          `select body::json ->> 'kind' as kind from ledger
           where body::json ->> 'kind' in ('change.void', 'execution.started', 'change.expired') order by seq desc limit 1`,
        )
        if (entry?.['kind'] !== 'change.void') wrong.push(`${name}: ledger ${JSON.stringify(entry)}`)
      } catch (error) {
        wrong.push(`${name}: ${String(error).slice(0, 300)}`)
      } finally {
        if (factsOf(scene.file) !== before) wrong.push(`${name}: the file changed`)
        await hostile.hold()
        const after = await hostile.rowOf(id)
        approved.set('executions', after.get('executions'))
        await hostile.write(approved, 'superuser')
      }
    }
    expect(wrong).toEqual([])
    expect(effects.count()).toBe(1)
  })
})

test('an approval that was revoked at the runner does not run, whatever the database says', async () => {
  const row = new Row(approved.document)
  const text = canonicalText({ ...row.statement, nonce: nonce() })
  row.signed = { text, signature: await scene.sign('ops1', text) }
  const { v, approver, role, at, expires } = row.statement
  const statement = labelled('sekisho-statement-v1', row.statement)
  const said = canonicalText({ v, approver, role, at, expires, type: 'revoke', nonce: nonce(), statement })
  const signed = { text: said, signature: await scene.sign('ops1', said) }
  expect(await hostile.ask({ verb: 'statement', signed }, 'admin')).toMatchObject({ ok: true })
  const { answer } = await hostile.order(row, `${String(row.get('id'))}/${++executions}`, 1_000_000)
  expect(answer).toMatchObject({ ok: false, code: 'judge.statement_revoked' })
})

test('positive control: the untouched original runs, once', async () => {
  const id = String(approved.get('id'))
  const journals = readdirSync(join(scene.directory, 'data/runner/journal'))
  expect(journals.length).toBeGreaterThan(100)
  await hostile.release()
  await sweep(scene.gate)
  const done = await scene.until(id, 'closed', 'void')
  expect(done.state).toBe('closed')
  expect(readFileSync(scene.file, 'utf8')).toBe('limit = 12\n')
  await eventually(async () => effects.count() >= 2)
  expect(effects.count()).toBe(2)
  console.log(`${written} forgeries written, ${executions - 1000} ordered`)
})
