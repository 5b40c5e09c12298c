// What a declared command leaves behind its end, typed at the command line on a host with systemd: its way back as a change of its own, and what only a restore takes
// back, which the runner by itself refuses without the typed target.
import { beforeAll, expect, test } from 'vitest'
import { decode } from '../../src/base/decode.ts'
import { canonical, type Json, parseCanonical } from '../../src/base/json.ts'
import type { Instant } from '../../src/base/time.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { type Envelope, envelope as envelopeDecoder, envelopeDigest } from '../../src/seal/envelope.ts'
import { type Statement, statementText } from '../../src/seal/statement.ts'
import { describeWith } from '../host/describe.ts'
import { type Answer, approve, askSocket, authored, frame } from '../runner-fixtures/runner-world.ts'
import { KEY, type SpeakOptions, type World } from '../world/world.ts'
import { JOBS, markLine, markSteps, marksOf, marksWorld, ranOf } from './marks.ts'

const RULES = '/etc/sekisho/sekisho.yaml'
/** Two more people, each with a directory and a key of their own in the account of ops1. */
const OTHERS = ['ops2', 'ops3'] as const
const homeOf = (person: string) => `/home/ops1/${person}`
const keyOf = (person: string) => (person === 'ops1' ? KEY : `${homeOf(person)}/.ssh/id_ed25519`)
const as = (person: string): SpeakOptions => ({ env: { HOME: homeOf(person) }, together: true })

describeWith('host', 'what a declared command did', () => {
  let here: World
  beforeAll(async () => {
    here = await marksWorld()
  })

  const { show, approved, card, withdraw } = markSteps(() => here)
  const marks = () => marksOf(here)
  const rollback = (id: string) =>
    `change rollback ${id} --instruction take-it-back --by ops1 --notify not_needed`.split(' ')
  const takeBack = (id: string) => here.json<ChangeView>('claude', rollback(id), { timeoutMs: 120_000 })
  const refused = async (id: string) => {
    const said = await here.sekisho('claude', rollback(id), { together: true })
    return [said.code, said.stdout.replace(/\s+/g, ' ')] as const
  }
  const taken = async (id: string) => {
    const back = await takeBack(id)
    expect(back.state, JSON.stringify(back.checks)).toBe('awaiting_approval')
    await here.json('ops1', ['change', 'approve', back.id, '--yes'])
    return show(back.id)
  }

  test('a kept command is taken back by its way back, rehearsed and approved, once and the last run first; that is taken back by the command', async () => {
    const [first, second] = [await approved('mark'), await approved('mark')]
    expect([first, second].map(ranOf)).toEqual(Array(2).fill(['closed', 'kept', 'normal']))
    expect(second.next.map(({ command }) => command)).toEqual([`sekisho change rollback ${second.id}`])
    expect(await marks()).toHaveLength(3)
    const [early, why] = await refused(first.id)
    expect([early, why]).toEqual([2, expect.stringContaining(`sekisho change rollback ${second.id}`)])

    // Two people ask for the same.
    const waits = await takeBack(second.id)
    expect(await card(waits.id)).toMatch(/unmark/)
    const verdicts = Object.fromEntries(waits.checks.map(({ check, verdict }) => [check, verdict]))
    expect(verdicts).toMatchObject({ trial: 'green', undo: 'green' })
    const back = await taken(second.id)
    expect(ranOf(back), JSON.stringify(back.steps)).toEqual(['closed', 'kept', 'normal'])
    expect(await marks()).toHaveLength(2)
    const record = await here.sekisho('ops1', ['record', 'show', back.id])
    expect(record.stdout).toContain('unmark')
    await here.json('ops1', ['change', 'approve', waits.id, '--yes'])
    expect((await show(waits.id)).state).toBe('void')
    expect(await marks()).toHaveLength(2)
    const [, again] = await refused(second.id)
    expect(again).toContain(`taken back since by ${back.id}`)

    // The first run is the last one now; and what was taken back comes again.
    expect(ranOf(await taken(first.id))[1]).toBe('kept')
    expect(await marks()).toEqual(['first'])
    expect(ranOf(await taken(back.id))[1]).toBe('kept')
    expect(await marks()).toEqual(['first', 'marked by marks'])
    // What takes back is no clean run of the command.
    const list = await here.sekisho('ops1', ['standing', 'list'])
    expect(list.stdout).toContain('3 of 5')
  }, 600_000)

  test('without the files that were approved, and where its declaration is gone, nothing is taken back', async () => {
    const kept = await approved('mark')
    const before = await marks()
    const waits = await takeBack(kept.id)
    await here.host.put(`${JOBS}/more`, 'x', 0o644)
    await here.json('ops1', ['change', 'approve', waits.id, '--yes'])
    expect((await show(waits.id)).state).toBe('void')
    await here.host.ok(['rm', `${JOBS}/more`])
    const rules = (await here.host.read(RULES)).toString()
    await here.host.put(RULES, rules.replace(', back: [./unmark]', ''), 0o640)
    expect((await here.sekisho('root', ['config', 'apply'])).code).toBe(0)
    const [code, why] = await refused(kept.id)
    expect([code, why]).toEqual([2, expect.stringContaining('it has no declared way back')])
    await here.host.put(RULES, rules, 0o640)
    expect((await here.sekisho('root', ['config', 'apply'])).code).toBe(0)
    expect(await marks()).toEqual(before)
    await withdraw(waits.id)
  }, 300_000)

  test('part of S07 a command that only a restore takes back is refused by the runner without the typed target of two people, with it runs once, and nothing takes it back', async () => {
    const before = (await marks()).length
    await enrolOthers()
    const asked = await here.json<ChangeView>('ops1', markLine('forever', ['--irreversible', '--no-wait']), {
      timeoutMs: 120_000,
    })
    expect([asked.state, asked.tier], JSON.stringify(asked.checks)).toEqual(['awaiting_approval', 3])
    const { id } = asked
    expect(await card(id)).toContain('two people of different groups sign, and each types marks')

    // The runner by itself, past the gate.
    const sealed = await sealedOf(id)
    const by = (person: string, typed?: string) =>
      signed(person, { ...approve(sealed.envelope, person), ...(typed === undefined ? {} : { typed }) })
    const author = await signed('ops1', authored(sealed.envelope))
    const orders = [
      [await by('ops2'), await by('ops3')],
      [await by('ops2', 'marks'), await by('ops3')],
      [await by('ops2', 'marks'), await by('ops3', 'mark')],
      [await by('ops2', 'marks')],
    ]
    const codes: (string | undefined)[] = []
    for (const statements of orders) codes.push((await ordered(id, sealed, [...statements, author])).code)
    expect(codes).toEqual([
      'approval.not_typed',
      'approval.not_typed',
      'approval.not_typed',
      'approval.not_enough',
    ])
    expect(await marks()).toHaveLength(before)

    const line = ['change', 'approve', id, '--yes', '--json']
    const silent = await here.sekisho('ops1', line, as('ops2'))
    expect(silent.code, silent.stdout).not.toBe(0)
    const first = await here.sekisho('ops1', [...line, '--typed', 'marks', '--no-wait'], as('ops2'))
    expect((await show(id)).state, first.stdout).toBe('awaiting_approval')
    expect(await marks()).toHaveLength(before)
    const last = await here.sekisho('ops1', [...line, '--typed', 'marks'], as('ops3'))
    const ended = await show(id)
    expect(ranOf(ended), `${last.stdout} ${JSON.stringify(ended.steps)}`).toEqual([
      'closed',
      'kept',
      'normal',
    ])
    expect(await marks()).toHaveLength(before + 1)
    expect(ended.next).toEqual([])
    const [code, why] = await refused(id)
    expect([code, why]).toEqual([2, expect.stringContaining('only a restore takes it back')])
    expect(await marks()).toHaveLength(before + 1)
  }, 300_000)

  interface Sealed {
    readonly envelope: Envelope
    readonly text: string
  }
  async function sealedOf(id: string): Promise<Sealed> {
    const tokens = (await here.host.read('/home/ops1/.config/sekisho/tokens.json')).toString()
    const [token] = Object.values(JSON.parse(tokens) as Record<string, string>)
    const got = await here.host.ok([
      'curl',
      '-sf',
      '-H',
      `Authorization: Bearer ${token}`,
      `http://127.0.0.1:7440/api/v1/changes/${id}/envelope`,
    ])
    const { envelope: text } = JSON.parse(got) as { envelope: string }
    const read = decode(envelopeDecoder, parseCanonical(text))
    if (!read.ok) throw new Error(read.why)
    return { envelope: read.value, text }
  }

  async function signed(person: string, statement: Statement) {
    const expires = new Date(Date.now() + 600_000).toISOString() as Instant
    const text = statementText({ ...statement, expires })
    const at = `/home/ops1/statement-${person}`
    await here.host.exec(['rm', '-f', `${at}.sig`])
    await here.host.put(at, text, 0o644)
    await here.host.ok(['ssh-keygen', '-q', '-Y', 'sign', '-n', 'sekisho', '-f', keyOf(person), at])
    return { text, signature: (await here.host.read(`${at}.sig`)).toString() }
  }

  async function enrolOthers(): Promise<void> {
    const { host } = here
    const people: string[] = []
    for (const person of OTHERS) {
      await host.ok(['install', '-d', '-m', '700', `${homeOf(person)}/.ssh`], { user: 'ops1' })
      const make = ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', person, '-f', keyOf(person)]
      await host.ok(make, { user: 'ops1' })
      const key = (await host.read(`${keyOf(person)}.pub`)).toString().trim()
      people.push(`  ${person}: { name: ${person}, roles: [approver], keys: ['${key}'] }\n`)
    }
    const rules = (await host.read(RULES)).toString()
    const more = rules
      .replace('ops1: { name: Hanako,', 'ops1: { name: Hanako, roles: [owner],')
      .replace('agents:\n', `${people.join('')}agents:\n`)
    await host.put(RULES, more, 0o640)
    const applied = await here.sekisho('root', ['config', 'apply'], { together: true })
    expect(applied.code, applied.stdout).toBe(0)
    for (const person of OTHERS) {
      const said = await here.sekisho('ops1', ['login', person, '--key', keyOf(person)], as(person))
      expect(said.code, said.stdout).toBe(0)
    }
  }

  /** At the runner's own socket, as a gate that asks nobody. */
  async function ordered(
    id: string,
    { envelope, text }: Sealed,
    statements: readonly object[],
  ): Promise<Answer> {
    const socket = `/proc/${here.host.pid}/root/var/lib/sekisho/run/runner.sock`
    const ask = (message: object) => askSocket(socket, frame(canonical(message as unknown as Json)))
    const bytes = Buffer.from(text)
    const digest = envelopeDigest(envelope)
    await ask({
      verb: 'put',
      kind: 'envelope',
      digest,
      size: bytes.length,
      offset: 0,
      base64: bytes.toString('base64'),
    })
    return ask({
      verb: 'run',
      execution: `${id}/1`,
      change: id,
      plan: envelope.plan,
      envelope: digest,
      statements,
      fences: envelope.baseline.map(({ target }) => ({ target, token: 1_000_000 })),
    })
  }
})
