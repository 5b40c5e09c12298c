// The clock of gate and runner jumps a day forwards or back at each place of a change, of its undo and of a restore: no act is done twice, nothing whose
// time is over runs, and nothing is called late or lost for the jump alone. Effects are counted by a watch on the directory and by inodes.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { advanceIncidents } from '../../src/app/incident-advance.ts'
import { connectRunner } from '../../src/app/runner-client.ts'
import { sweep } from '../../src/app/sweep.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import type { IncidentView } from '../../src/contract/incident.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { HostileGate, watchEffects } from '../accept/forged-world.ts'
import { approveTyped, layOut, order, sealRestore, signBackups, withBackup } from '../app/backup-story.ts'
import { openScene, type Scene } from '../app/scene.ts'
import { until } from '../until.ts'
import { isOfChange, numbered } from './campaign.ts'
import { share } from './share.ts'

const DAY = 86_400_000
const LIMIT_MS = 60_000
/** An ordinary run takes one in so many. */
const PART = { change: 15, restore: 30 }
const LIMIT = { timeout: 1_200_000 }
const ARTICLES = JSON.stringify([
  { id: 'a1', title: 'one' },
  { id: 'a2', title: 'two' },
])
const ENDS: readonly string[] = [
  'closed',
  'void',
  'failed',
  'stuck',
  'paused',
  'blocked',
  'expired',
  'rejected',
  'awaiting_keep',
]

interface Jump {
  readonly point: string
  readonly by: number
}

let scene: Scene
let effects: ReturnType<typeof watchEffects>
let hostile: HostileGate
/** Of the gate; the runner reads the same from a file. */
let shift = 0
let number = 0
const files = { shift: '', order: '', trace: '' }

beforeAll(async () => {
  const directory = process.env['TMPDIR'] ?? '/tmp'
  const name = `${directory}/sekisho-clock-${process.pid}`
  Object.assign(files, { shift: `${name}.shift`, order: `${name}.order`, trace: `${name}.trace` })
  const env = {
    SEKISHO_TESTS: '1',
    SEKISHO_CLOCK_SHIFT: files.shift,
    SEKISHO_KILL_ORDER: files.order,
    SEKISHO_KILL_TRACE: files.trace,
    NODE_OPTIONS: `--import=${new URL('./shifted-clock.ts', import.meta.url).href}`,
  }
  const before = { ...process.env }
  Object.assign(process.env, env)
  try {
    scene = await openScene({
      policy: 'policy: { standing: { per_hour: 1000 } }',
      clock: { ...systemClock, now: () => systemClock.now() + shift },
    })
  } finally {
    for (const key of Object.keys(env))
      if (before[key] === undefined) delete process.env[key]
      else process.env[key] = before[key]
  }
  effects = watchEffects(scene.file, join(scene.directory, 'effects.log'))
  hostile = new HostileGate(scene)
})
afterAll(async () => {
  effects?.close()
  await scene?.end()
  for (const file of [...Object.values(files), `${files.order}.hit`]) rmSync(file, { force: true })
})

/** Gate and runner at once. A file that is read is never half. */
function setClock(by: number): void {
  shift = by
  writeFileSync(`${files.shift}.new`, String(by))
  renameSync(`${files.shift}.new`, files.shift)
}

const admin = () => connectRunner(join(scene.directory, 'data/run/admin.sock'))

/** The clock is right again, and a person says so: the runner starts nothing before that. */
async function mendClock(): Promise<void> {
  setClock(0)
  const owner = admin()
  await owner.ask('clockAccept', { by: 'ops1' })
  expect((await owner.ask('status', {})).clock.sound).toBe(true)
}

/** Not by the door: who logged in was logged out by the day that has passed. */
async function ended(id: string): Promise<string> {
  return until(`${id} to end`, LIMIT_MS, async () => {
    const [row] = await scene.sql('select state from change where id = $1', [id])
    const state = String(row?.['state'])
    return ENDS.includes(state) ? state : undefined
  })
}

/** Does it, and moves the clock while the runner stands at the place. */
async function jumpingAt({ point, by }: Jump, go: () => Promise<unknown>): Promise<void> {
  writeFileSync(files.order, `${point} hold`)
  const going = go().catch(() => undefined)
  try {
    await until(
      `the runner to come to ${point}`,
      LIMIT_MS,
      () => existsSync(`${files.order}.hit`) || undefined,
    )
    setClock(by)
  } finally {
    for (const file of [files.order, `${files.order}.hit`]) rmSync(file, { force: true })
  }
  await going
}

/** Facts are read, and copies made, when they are due. */
const isOfThis = (name: string) =>
  isOfChange(name) && !/^(journal\.(backup|trial)|snapshot|remove)\./.test(name)

const placesSoFar = () =>
  readFileSync(files.trace, 'utf8')
    .split('\n')
    .filter((name) => name !== '')

/** The places of an undisturbed one, from where it is set going, each with both jumps. */
async function jumpsOf(
  name: string,
  part: number,
  undisturbed: (sets: () => void) => Promise<unknown>,
): Promise<readonly Jump[]> {
  let from = 0
  await undisturbed(() => {
    from = placesSoFar().length
  })
  const points = numbered(placesSoFar().slice(from).filter(isOfThis))
  expect(points.length).toBeGreaterThan(8)
  const all = points.flatMap((point) => [DAY, -DAY].map((by) => ({ point, by })))
  return share(all, name, part)
}

const view = async (id: string) => (await scene.call<ChangeView>('ops1', 'GET', `/changes/${id}`)).body

/** Approved and not yet, or waiting for a person who keeps it. */
async function sealedChange(keep?: 'person') {
  number += 1
  const content = `limit = ${1000 + number}\n`
  const before = readFileSync(scene.file, 'utf8')
  const { id } = await scene.sealed('dev', content, keep === undefined ? {} : { keep })
  return { id, content, before, effects: effects.count() }
}

async function countOf(wanted: number): Promise<number> {
  await until('effects', 2000, () => effects.count() >= wanted || undefined).catch(() => undefined)
  return effects.count()
}

describe('the clock of gate and runner jumps a day', () => {
  test('at each place of a change: it is done once, or not begun', LIMIT, async () => {
    const jumps = await jumpsOf('clock, apply', PART.change, async (sets) => {
      const { id } = await sealedChange()
      sets()
      await scene.approve('ops1', id)
      expect(await ended(id)).toBe('closed')
    })
    const wrong: string[] = []
    const ends = new Map<string, number>()
    for (const jump of jumps) {
      const change = await sealedChange()
      await jumpingAt(jump, () => scene.approve('ops1', change.id))
      const state = await ended(change.id)
      const count = await countOf(change.effects)
      await mendClock()
      const outcome = (await view(change.id)).execution?.outcome ?? state
      ends.set(outcome, (ends.get(outcome) ?? 0) + 1)
      const now = readFileSync(scene.file, 'utf8')
      const isKept = outcome === 'kept'
      const isRight =
        (isKept || outcome === 'nothing_done') &&
        now === (isKept ? change.content : change.before) &&
        (isKept ? await countOf(change.effects + 1) : count) - change.effects === (isKept ? 1 : 0)
      if (!isRight)
        wrong.push(
          `${jump.point} ${jump.by}: ${state} ${outcome}, ${now.trim()}, effects ${effects.count() - change.effects}`,
        )
    }
    console.log(`clock, apply: ${jumps.length} jumps`, Object.fromEntries(ends))
    expect(wrong).toEqual([])
  })

  test('at each place of an undo: it is undone once', LIMIT, async () => {
    const waiting = async () => {
      const change = await sealedChange('person')
      await scene.approve('ops1', change.id)
      expect(await ended(change.id)).toBe('awaiting_keep')
      return change
    }
    const abort = (id: string) => scene.call('ops1', 'POST', `/changes/${id}/abort`)
    const closed = (id: string) =>
      until(`${id} to be undone`, LIMIT_MS, async () => {
        const state = await ended(id)
        return state === 'awaiting_keep' ? undefined : state
      })
    const jumps = await jumpsOf('clock, undo', PART.change, async (sets) => {
      const { id } = await waiting()
      sets()
      await abort(id)
      expect(await closed(id)).toBe('closed')
    })
    const wrong: string[] = []
    for (const jump of jumps) {
      const change = await waiting()
      await jumpingAt(jump, () => abort(change.id))
      const state = await closed(change.id)
      const count = await countOf(change.effects + 2)
      await mendClock()
      const { execution } = await view(change.id)
      const now = readFileSync(scene.file, 'utf8')
      if (execution?.outcome !== 'rolled_back' || now !== change.before || count - change.effects !== 2)
        wrong.push(
          `${jump.point} ${jump.by}: ${state} ${execution?.outcome}, ${now.trim()}, effects ${count - change.effects}`,
        )
    }
    console.log(`clock, undo: ${jumps.length} jumps`)
    expect(wrong).toEqual([])
  })

  test('at each place of a restore: the data are exchanged once, or not at all', LIMIT, async () => {
    const data = join(scene.directory, 'world', 'data')
    const copies = join(scene.directory, 'copies')
    for (const one of [data, copies]) mkdirSync(one)
    const articles = join(data, 'articles.json')
    writeFileSync(articles, ARTICLES)
    await scene.rewritePolicy(withBackup(data, copies))
    await signBackups(scene)
    expect((await order(scene, 'backup')).copies[0]).toMatchObject({ level: 'content' })
    const damaged = () => {
      number += 1
      return `${ARTICLES.slice(0, 20)}${number}`
    }
    const sealed = async () => {
      const bad = damaged()
      writeFileSync(articles, bad)
      const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
      expect(laid.state, JSON.stringify(laid)).toBe('ready')
      const { body, text } = await sealRestore(scene, laid.stage)
      expect(body.state, text).toBe('awaiting_approval')
      return { id: body.id, bad, inode: statSync(data).ino }
    }
    const jumps = await jumpsOf('clock, restore', PART.restore, async (sets) => {
      const { id } = await sealed()
      sets()
      await approveTyped(scene, id, 'app')
      expect(await ended(id)).toBe('closed')
    })
    const wrong: string[] = []
    const ends = new Map<string, number>()
    for (const jump of jumps) {
      const { id, bad, inode } = await sealed()
      await jumpingAt(jump, () => approveTyped(scene, id, 'app'))
      const state = await ended(id)
      await mendClock()
      const outcome = (await view(id)).execution?.outcome ?? state
      ends.set(outcome, (ends.get(outcome) ?? 0) + 1)
      const isKept = outcome === 'kept'
      const now = readFileSync(articles, 'utf8')
      const isRight =
        (isKept || outcome === 'nothing_done') &&
        now === (isKept ? ARTICLES : bad) &&
        (statSync(data).ino === inode) === !isKept
      if (!isRight) wrong.push(`${jump.point} ${jump.by}: ${state} ${outcome}, ${now}`)
    }
    console.log(`clock, restore: ${jumps.length} jumps`, Object.fromEntries(ends))
    expect(wrong).toEqual([])
  })

  test(
    'nothing whose time is over runs, neither in the new day nor when the clock goes back behind its end',
    LIMIT,
    async () => {
      const row = await hostile.approvedAndHeld(`limit = ${5000 + ++number}\n`)
      const id = String(row.get('id'))
      const before = { count: effects.count(), file: readFileSync(scene.file, 'utf8') }
      const ordered = async (execution: number) =>
        (await hostile.order(row, `${id}/${execution}`, 1_000_000)).answer
      setClock(2 * DAY)
      expect(await ordered(901)).toMatchObject({ ok: false, code: 'runner.clock_unsound' })
      // A person believes the new day: the approval is over in it, for the runner and for the gate.
      await admin().ask('clockAccept', { by: 'ops1' })
      const expired = await ordered(902)
      expect(expired).toMatchObject({ ok: false })
      expect(expired.code).toMatch(/^(statement\.expired|judge\.envelope_expired|judge\.evidence_stale)$/)
      // Back behind its end: the clock is believed by nobody, and what was over stays so.
      setClock(0)
      expect(await ordered(903)).toMatchObject({ ok: false, code: 'runner.clock_unsound' })
      setClock(2 * DAY)
      await hostile.release()
      await sweep(scene.gate)
      const state = await ended(id)
      expect(['expired', 'void']).toContain(state)
      expect(effects.count()).toBe(before.count)
      expect(readFileSync(scene.file, 'utf8')).toBe(before.file)
      await mendClock()
      // Positive control: the next change runs.
      const next = await sealedChange()
      await scene.approve('ops1', next.id)
      expect(await ended(next.id)).toBe('closed')
      expect(readFileSync(scene.file, 'utf8')).toBe(next.content)
      expect(scene.logged.filter((line) => /overdue|open for more than/.test(line))).toEqual([])
    },
  )

  test('during an incident: sealed once, told once, and it ends as any other', LIMIT, async () => {
    await scene.rewritePolicy((yaml) =>
      yaml.replace(
        '    configs:\n',
        `    health: { url: '${/url: '([^']+)'/.exec(yaml)?.[1] ?? ''}', good: 1, of: 1 }\n    configs:\n`,
      ),
    )
    for (const by of [DAY, -DAY]) {
      const opened = await scene.call<IncidentView>('ops1', 'POST', '/incidents', {
        service: 'app',
        because: `a clock that jumps by ${by}`,
      })
      expect(opened.status, opened.text).toBe(200)
      const { id } = opened.body
      const next = () => scene.call<IncidentView>('ops1', 'POST', `/incidents/${id}/next`)
      setClock(by)
      // As the gate's own clock does it, again and again, before anybody mends it.
      for (let i = 0; i < 3; i++) await advanceIncidents(scene.gate)
      await mendClock()
      const sealed = await until('causes to be looked for', LIMIT_MS, async () => {
        const { body } = await next()
        return body.causes === undefined ? undefined : body
      })
      expect(sealed.evidence.filter(({ set }) => set === 'level1')).toHaveLength(1)
      for (let i = 0; i < 3; i++) await advanceIncidents(scene.gate)
      const [row] = await scene.sql("select document -> 'told' as told from incident where id = $1", [id])
      const told = ((row?.['told'] ?? []) as { why: string; step: number }[]).map(
        ({ why, step }) => `${why} ${step}`,
      )
      expect(told, String(by)).toEqual([...new Set(told)])
      expect(told.filter((one) => one.startsWith('opened'))).toHaveLength(1)
      const change = await sealedChange()
      await scene.approve('ops1', change.id)
      expect(await ended(change.id)).toBe('closed')
      await until('the recovery', LIMIT_MS, async () =>
        (await next()).body.state === 'monitoring' ? true : undefined,
      )
      const closed = await scene.call<IncidentView>('ops1', 'POST', `/incidents/${id}/close`, {
        cause: 'tried',
        withoutSoak: 'a test',
      })
      expect(closed.body.state, closed.text).toBe('closed')
      const checked = await scene.call<{ sound: boolean }>('ops1', 'POST', `/incidents/${id}/verify`)
      expect(checked.body.sound, checked.text).toBe(true)
    }
  })
})
