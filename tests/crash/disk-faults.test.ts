// F4: the disk says no at one write or sync of a change, wherever that is: first an undisturbed change is traced, then for each place
// in it another change of the same kind meets ENOSPC or EIO (a write) or EIO (a sync) exactly there, by the kernel's own answer (strace -e inject).
// Judged outside of the journal: what stands in the directory, and what the runner says after it was killed and started again.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HIT } from '../../src/runner/kill-order.ts'
import type { ExecutionState } from '../../src/seal/journal.ts'
import { type Statement, statementDigest } from '../../src/seal/statement.ts'
import { Gone, type Order, orderOf, prepare, RunnerWorld } from '../runner-fixtures/runner-world.ts'
import { until } from '../until.ts'
import { IS_WHOLE, one, share } from './share.ts'

const CALLS = 'write,pwrite64,writev,pwritev,fsync,fdatasync'
/** More than one life of the runner writes here. */
const TEMPORARIES = 20
const OLD = 'old\n'
const NEW = 'new\n'

/** One call of one undisturbed change. Syncs and journal writes are counted over all files; `write` also wakes threads: by its file. */
interface Point {
  readonly call: string
  readonly path: string
  readonly nth: number
}

let world: RunnerWorld
let number = 0
beforeAll(async () => {
  world = new RunnerWorld([{}])
  await start()
})
afterAll(() => world?.end())

// One thread for files, so that strace, which counts by thread, counts by change.
async function start(): Promise<void> {
  world.start({ UV_THREADPOOL_SIZE: '1' })
  await world.ready()
}
const file = () => join(world.files, 'a.conf')
const held = () => {
  const tasks = `/proc/${world.pid}/task`
  return readdirSync(tasks).every(
    (task) => !/^TracerPid:\t0$/m.test(readFileSync(join(tasks, task, 'status'), 'utf8')),
  )
}

/** Runs the work while strace holds the runner; answers what strace saw. */
async function traced(argv: readonly string[], work: () => Promise<void>): Promise<string> {
  const out = join(world.root, `calls-${number}`)
  const strace = spawn('strace', ['-f', '-y', '-qq', '-o', out, '-p', String(world.pid), ...argv], {
    stdio: 'ignore',
  })
  const ended = once(strace, 'exit')
  try {
    for (let i = 0; !held(); i++) {
      if (i > 400) throw new Error('strace does not hold the runner')
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    await work()
  } finally {
    strace.kill('SIGTERM')
    await ended
  }
  const text = readFileSync(out, 'utf8')
  rmSync(out)
  return text
}

const isSettled = ({ state }: ExecutionState) => !['running', 'proving', 'unknown'].includes(state)

/** The next change, prepared and ready to be ordered. */
async function next(): Promise<{
  readonly order: Order
  readonly statement: string
  readonly run: () => Promise<string>
}> {
  world.reset(OLD)
  number += 1
  const order = orderOf(world, number, NEW)
  const { request } = await prepare(world, order)
  const again = {
    ...(request as object),
    fences: order.plan.targets.map((target) => ({ target, token: number })),
  }
  const [signed] = (request as { statements: { text: string }[] }).statements
  return {
    order,
    statement: statementDigest(JSON.parse(signed?.text ?? '') as Statement),
    run: async () => {
      try {
        const answer = await world.ask(again as never)
        if (!answer.ok) return `${answer.code} ${JSON.stringify(answer.detail)}`
        await settled(order)
        return 'accepted'
      } catch (error) {
        if (error instanceof Gone) return 'gone'
        throw error
      }
    },
  }
}

/** Until it has ended, needs somebody, or stands still because its journal cannot be written. */
async function settled({ execution }: Order): Promise<ExecutionState> {
  let state = await world.state(execution)
  for (let i = 0; i < 200 && !isSettled(state); i++) {
    await new Promise((resolve) => setTimeout(resolve, 25))
    state = await world.state(execution)
  }
  return state
}

/** What is another in each change, left open: the execution, the digest of its statement, the process and its count of temporary files. */
const opened = (path: string, execution: string) =>
  path
    .replaceAll(execution.replace('/', '.'), '{execution}')
    .replace(new RegExp(`\\.${world.pid}\\.\\d+\\.sekisho$`), '.{temporary}')
    .replace(/(objects\/statement\/\.?)[0-9a-f]{64}/, '$1{statement}')
/** Filled in again. A file that is written by the way (the mark of the clock) moves the count: each that it may be. */
function closed(path: string, execution: string, statement: string): readonly string[] {
  const name = path.replaceAll('{execution}', execution.replace('/', '.')).replace('{statement}', statement)
  return name.includes('{temporary}')
    ? Array.from({ length: TEMPORARIES }, (_, i) =>
        name.replace('{temporary}', `${world.pid}.${i + 1}.sekisho`),
      )
    : [name]
}

function pointsIn(trace: string, execution: string): readonly Point[] {
  const seen = new Map<string, number>()
  return trace.split('\n').flatMap((line) => {
    const found = /^\d+\s+(\w+)\(\d+<([^>]+)>/.exec(line)
    const [, call = '', whole = ''] = found ?? []
    if (!whole.startsWith(`${world.root}/`) || line.includes('resumed>')) return []
    const path = opened(whole.slice(world.root.length + 1), execution)
    const key = call === 'write' ? `${call} ${path}` : call
    const nth = (seen.get(key) ?? 0) + 1
    seen.set(key, nth)
    return [{ call, path, nth }]
  })
}

type Fault = Point & { readonly error: string }
interface Hit {
  readonly order: Order
  readonly seen: string
  readonly before: { readonly told: string; readonly lines: string; readonly state: ExecutionState }
}

/** A change that meets the fault. One that writes a file less than the undisturbed one (the mark of the clock) does not: another is tried. */
async function hitBy(fault: Fault): Promise<Hit> {
  for (let tries = 3; ; tries--) {
    const one = await faulty(fault)
    if (tries === 0 || one.seen.includes('(INJECTED)')) return one
  }
}

async function faulty({ call, path, nth, error }: Fault): Promise<Hit> {
  const { order, statement, run } = await next()
  const names = closed(path, order.execution, statement)
  const only = call === 'write' ? names.flatMap((name) => ['-P', join(world.root, name)]) : []
  const inject = `inject=${call}:error=${error}:when=${nth}`
  let before: Hit['before'] | undefined
  const seen = await traced([...only, '-e', `trace=${call}`, '-e', inject], async () => {
    const told = await run()
    const state = await world.state(order.execution)
    const report = await world.ask({ verb: 'report', execution: order.execution, from: 0 })
    before = { told, state, lines: JSON.stringify(report.result) }
  })
  if (before === undefined) throw new Error('the change was not run')
  return { order, seen, before }
}

test('F4 ENOSPC and EIO at each write and sync of a change: the file is whole, no success is told that is none, and the end says why', async () => {
  // The same life as each of the others: a runner that was just started, on directories that are there.
  expect(await (await next()).run()).toBe('accepted')
  await world.stop('SIGKILL')
  await start()
  const undisturbed = await next()
  const trace = await traced(['-e', `trace=${CALLS}`], async () => {
    expect(await undisturbed.run()).toBe('accepted')
  })
  expect(await world.state(undisturbed.order.execution)).toMatchObject({ outcome: 'kept' })
  const points = pointsIn(trace, undisturbed.order.execution)
  const places = new Set(points.map(({ path }) => path))
  // Positive control: the journal, the target and the record of what to put back are all in it.
  expect(points.length).toBeGreaterThan(20)
  for (const part of ['runner/journal/', 'etc', 'armed']) expect([...places].join('\n')).toContain(part)

  const wrong: string[] = []
  const ends = new Map<string, number>()
  const faults = points.flatMap((point) =>
    (point.call.includes('sync') ? ['EIO'] : ['ENOSPC', 'EIO']).map((error) => ({ ...point, error })),
  )
  const chosen = share(faults, 'F4', 10)
  let hit = 0
  for (const fault of chosen) {
    const { call, path, nth, error } = fault
    const { order, before, seen } = await hitBy(fault)
    if (!seen.includes('(INJECTED)')) {
      console.log(`not met: ${call} ${path}#${nth}`)
      continue
    }
    hit += 1
    const say = (what: string) => wrong.push(`${call} ${path}#${nth} ${error}: ${what}`)
    const early = readFileSync(file(), 'utf8')
    if (before.state.state === 'closed' && before.state.outcome === 'kept' && early !== NEW)
      say(`kept, and the file is ${JSON.stringify(early)}`)
    if (early !== OLD && early !== NEW) say(`neither old nor new: ${JSON.stringify(early)}`)
    // No success after a failed write or sync; and whatever it stopped says which file it was.
    const isSuccess = before.state.state === 'closed' && before.state.outcome === 'kept'
    if (isSuccess && error === 'EIO' && /\.jsonl>.*\(INJECTED\)/.test(seen))
      say('a line that was not synced, and kept')
    const said = `${before.told} ${JSON.stringify(before.state)} ${before.lines} ${world.log}`
    const met = /^\d+\s+\w+\(\d+<([^>]+)>.*\(INJECTED\)/m.exec(seen)?.[1] ?? ''
    // A temporary is told by the name that it was to have.
    const name = basename(met)
      .replace(/^\.(.+)\.\d+\.\d+\.sekisho$/, '$1')
      .replace(/^\.sekisho-[0-9a-f]{16}$/, basename(file()))
    if (!isSuccess && !said.includes(name)) say(`does not name ${met}: ${said.slice(-600)}`)
    // The journal alone must tell the same to the next life of the runner.
    await world.stop('SIGKILL')
    await start()
    const after = await settled(order)
    const content = readFileSync(file(), 'utf8')
    const mode = (statSync(file()).mode & 0o777).toString(8)
    const end = after.state === 'closed' ? after.outcome : after.state
    ends.set(end, (ends.get(end) ?? 0) + 1)
    if (before.state.state === 'closed' && before.state.outcome === 'kept' && end !== 'kept')
      say(`told as kept, and is ${JSON.stringify(after)}`)
    const isNew = content === NEW && mode === '600'
    const isOld = content === OLD && mode === '640'
    switch (end) {
      case 'kept':
        if (!isNew) say(`kept, and the file is ${mode} ${content}`)
        break
      case 'unknown':
        if (before.told === 'accepted') say('accepted, and forgotten')
        else if (!/file\.|runner\./.test(before.told)) say(`refused without a reason: ${before.told}`)
        if (!isOld) say(`not accepted, and the file is ${mode} ${content}`)
        break
      case 'rolled_back':
      case 'nothing_done':
      case 'aborted':
      case 'refused':
        if (!isOld) say(`${end}, and the file is ${mode} ${content}`)
        break
      case 'paused':
      case 'stuck':
        if (!isNew && !isOld) say(`${end}, and the file is ${mode} ${content}`)
        break
      case 'failed':
      case 'awaitingKeep':
      case 'proving':
      case 'running':
        say(`in limbo: ${JSON.stringify(after)}; ${world.log.slice(-500)}`)
    }
    const left = readdirSync(world.files).filter((name) => name !== 'a.conf')
    if (end !== 'stuck' && end !== 'paused' && left.length > 0) say(`left behind: ${left.join(' ')}`)
  }
  console.log(
    `F4: ${points.length} places, ${chosen.length} of ${faults.length} faults tried, ${hit} met: ${JSON.stringify(Object.fromEntries(ends))}`,
  )
  expect(wrong).toEqual([])
  expect(hit).toBeGreaterThanOrEqual(Math.floor(chosen.length * 0.9))
}, 3_600_000)

/** A runner on a small volume of its own. It stands still at the kill point that is ordered until the volume was filled. */
class SmallDisk {
  readonly world: RunnerWorld
  readonly #mount = mkdtempSync(join(tmpdir(), 'sekisho-small-disk-'))
  readonly #beside = mkdtempSync(join(tmpdir(), 'sekisho-points-'))
  readonly #order = join(this.#beside, 'order')
  readonly #trace = join(this.#beside, 'trace')

  constructor() {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m,mode=755', 'tmpfs', this.#mount])
    const usual = process.env['TMPDIR']
    process.env['TMPDIR'] = this.#mount
    this.world = new RunnerWorld([{}])
    if (usual === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = usual
  }

  async start(): Promise<void> {
    this.world.start({ SEKISHO_KILL_ORDER: this.#order, SEKISHO_KILL_TRACE: this.#trace })
    await this.world.ready()
  }

  /** The kill points since the last call, in order: `NAME#2` is the second of this name. */
  points(): readonly string[] {
    const seen = new Map<string, number>()
    const text = readFileSync(this.#trace, { encoding: 'utf8', flag: 'a+' })
    writeFileSync(this.#trace, '')
    return text
      .split('\n')
      .filter((name) => name !== '')
      .map((name) => {
        const nth = (seen.get(name) ?? 0) + 1
        seen.set(name, nth)
        return `${name}#${nth}`
      })
  }

  /** Counted from now on. */
  holdAt(point: string): void {
    writeFileSync(`${this.#order}.next`, `${point} hold`)
    renameSync(`${this.#order}.next`, this.#order)
  }

  isHeld(): boolean {
    return existsSync(this.#order + HIT)
  }

  letGo(): void {
    rmSync(this.#order + HIT)
  }

  /** To the last byte; `all`: what the runner keeps back for itself, too. */
  async fill(all: boolean): Promise<void> {
    if (all) rmSync(join(this.world.data, 'runner', 'journal', 'reserve'), { force: true })
    // A write that the runner began before it stood still gives room back when it is done.
    for (let round = 0; round < 2; round++) {
      for (const size of [1_048_576, 65_536, 4096, 1])
        for (let isRoom = true; isRoom; )
          try {
            appendFileSync(join(this.#mount, 'ballast'), Buffer.alloc(size, 1))
          } catch {
            isRoom = false
          }
      await later(50)
    }
  }

  empty(): void {
    rmSync(join(this.#mount, 'ballast'), { force: true })
  }

  async end(): Promise<void> {
    rmSync(this.#order + HIT, { force: true })
    await this.world.end()
    rmSync(this.#beside, { recursive: true, force: true })
    execFileSync('umount', ['-l', this.#mount])
    rmdirSync(this.#mount)
  }
}

test('a disk that is full from any point of a change on: what is armed is finished from the reserve, and what is not goes on by itself when there is room', async () => {
  const disk = new SmallDisk()
  const { world } = disk
  const file = join(world.files, 'a.conf')
  const ends: Record<string, number> = {}
  const wrong: string[] = []
  let number = 0
  /** Answers where it stood while the disk was full, and how it ended. */
  const change = async (filled?: { readonly at: string; readonly all: boolean }) => {
    world.reset(OLD)
    number += 1
    const order = orderOf(world, number, NEW)
    const { request } = await prepare(world, order)
    const fences = order.plan.targets.map((target) => ({ target, token: number }))
    disk.points()
    if (filled !== undefined) disk.holdAt(filled.at)
    const asking = world.ask({ ...(request as object), fences } as never)
    if (filled !== undefined) {
      await until(`${filled.at} to be reached`, 30_000, () => disk.isHeld())
      await disk.fill(filled.all)
      disk.letGo()
    }
    const told = await asking
    if (!told.ok) {
      disk.empty()
      return { full: `refused ${told.code}`, end: 'refused' }
    }
    const isAtRest = (state: ExecutionState) =>
      'noRoom' in state || ['closed', 'stuck', 'paused'].includes(state.state)
    const full = await world.until(order.execution, isAtRest)
    disk.empty()
    const end = await world.until(order.execution, (state) => isAtRest(state) && !('noRoom' in state))
    return {
      full: 'noRoom' in full ? `waits ${basename(full.noRoom)}` : outcomeOf(full),
      end: outcomeOf(end),
    }
  }
  try {
    await disk.start()
    await change()
    expect(await change()).toEqual({ full: 'kept', end: 'kept' })
    const points = disk.points()
    const places = points.map((point) => point.replace(/#\d+$/, ''))
    const armed = places.indexOf('journal.armed.after')
    expect(armed).toBeGreaterThan(0)
    expect(places.lastIndexOf('journal.armed.before')).toBeGreaterThan(
      places.indexOf('journal.outcome.after'),
    )
    const cases = (all: boolean) => points.map((at, i) => ({ at, i, all }))
    const done = places.lastIndexOf('journal.outcome.after')
    const chosen = IS_WHOLE
      ? [...cases(false), ...cases(true)]
      : [
          ...cases(true).slice(done, done + 1),
          ...one(cases(false), 'F5 with the reserve'),
          ...one(cases(true), 'F5 without it'),
        ]
    for (const { at, i, all } of chosen) {
      const { full, end } = await change({ at, all })
      const now = readFileSync(file, 'utf8')
      const what = `${i}: ${at} ${all ? 'without' : 'with'} the reserve: ${full}, then ${end}, ${JSON.stringify(now)}`
      const key = `${full.split(' ')[0]} → ${end}`
      ends[key] = (ends[key] ?? 0) + 1
      if (!['kept', 'rolled_back', 'nothing_done', 'aborted', 'refused'].includes(end)) wrong.push(what)
      if (now !== (end === 'kept' ? NEW : OLD)) wrong.push(what)
      if (all && i === done && full === 'kept') wrong.push(what)
      if (!all && i >= armed && full.startsWith('waits')) wrong.push(what)
      // The reserve is whole again before the next one.
      if (statSync(join(world.data, 'runner', 'journal', 'reserve'), { throwIfNoEntry: false }) === undefined)
        await world.ask({ verb: 'reconcile' }, 'admin')
    }
    console.log(`F5 points: ${points.length}, ${JSON.stringify(ends)}`)
    expect(wrong).toEqual([])
  } finally {
    await disk.end()
  }
}, 600_000)

function outcomeOf(state: ExecutionState): string {
  return state.state === 'closed' ? state.outcome : `${state.state} ${JSON.stringify(state)}`
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
