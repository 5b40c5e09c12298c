// What the runner puts around one action (journal with fsync, copies, armed record, proof, keep), beside the bare action in the same run:
// a copy, a new file, fsync, rename, fsync of the directory. The runner is the bundle that an installation runs, made here from these
// sources; it is waited for as a person at a terminal waits, without asking over and over. node bench/action.ts [changes]
import { constants, readdirSync, readFileSync } from 'node:fs'
import { copyFile, mkdtemp, open, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ChangeView } from '../src/contract/change.ts'
import type { JournalLine } from '../src/seal/journal.ts'
import { syncDirectory } from '../src/sys/files.ts'
import { run } from '../src/sys/process.ts'
import { openScene } from '../tests/app/scene.ts'

const count = Number(process.argv[2] ?? 20)
const bundles = await mkdtemp(join(tmpdir(), 'sekisho-bench-'))
const built = await run([process.execPath, join(import.meta.dirname, '../build.ts'), '--out', bundles])
if (built.code !== 0) throw new Error(built.stderr)
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const scene = await openScene({ runner: join(bundles, 'runner.mjs') })
const parts = new Map<string, number[]>()
const bare: number[] = []
const all: number[] = []
let ticks = 0
try {
  for (let i = 0; i < count; i++) {
    bare.push(await bareAction(scene.file, `setting ${i}\n`))
    const sealed = await scene.sealed('claude', `limit = ${100 + i}\n`)
    const decision = await scene.signedApproval('ops1', sealed.id)
    const before = ticksOf(scene.runnerPid())
    await scene.call('ops1', 'POST', `/changes/${sealed.id}/decision`, decision)
    await ended(sealed.id)
    ticks += ticksOf(scene.runnerPid()) - before
    const { body } = await scene.call<{ lines: string[] }>('ops1', 'GET', `/changes/${sealed.id}/lines`)
    take(body.lines.map((line) => JSON.parse(line) as JournalLine))
  }
  print()
} finally {
  await scene.end()
  await rm(bundles, { recursive: true })
}

/** As `sekisho change show --follow` does: one question that is answered when there is something new. */
async function ended(id: string): Promise<void> {
  for (let seen = ''; ; ) {
    const { body } = await scene.call<ChangeView>('ops1', 'GET', `/changes/${id}/wait?seconds=5${seen}`)
    if (body.state === 'succeeded' || body.state === 'closed') return
    if (body.state === 'failed' || body.state === 'void') throw new Error(`${id} is ${body.state}`)
    seen = body.version === undefined ? '' : `&seen=${body.version}`
  }
}

/** User and system time of a process, of what it has started and of what that has started, in hundredths of a second. */
function ticksOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const own = [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0)
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
    )
    return children.reduce((sum, child) => sum + ticksOf(Number(child)), own)
  } catch {
    return 0 // It has ended.
  }
}

/** Time from each line of the journal to the next, by what the later one says; of a proof only what lies around its watching. */
function take(lines: readonly JournalLine[]): void {
  let around = 0
  let isArmed = false
  for (const [i, line] of lines.entries()) {
    const before = lines[i - 1]
    if (before === undefined) continue
    const watched = line.body.kind === 'proof' ? line.body.milliseconds : 0
    const ms = Date.parse(line.at) - Date.parse(before.at) - watched
    const name = nameOf(line, isArmed)
    isArmed ||= line.body.kind === 'armed'
    parts.set(name, [...(parts.get(name) ?? []), ms])
    around += ms
  }
  all.push(around)
}

function nameOf({ body }: JournalLine, isArmed: boolean): string {
  if (body.kind === 'outcome') return 'the action itself'
  if (body.kind === 'armed' && isArmed) return 'armed for the proof'
  return body.kind === 'proof' ? 'proof, but for its watching' : body.kind
}

async function bareAction(file: string, text: string): Promise<number> {
  const directory = await mkdtemp(join(dirname(file), 'bench-'))
  const target = join(directory, 'file')
  const first = await open(target, 'w')
  await first.writeFile('before\n')
  await first.sync()
  await first.close()
  const start = performance.now()
  await copyFile(target, join(directory, 'copy'))
  const copied = await open(join(directory, 'copy'), constants.O_RDONLY)
  await copied.sync()
  await copied.close()
  const handle = await open(join(directory, '.new'), 'w')
  await handle.writeFile(text)
  await handle.sync()
  await handle.close()
  await rename(join(directory, '.new'), target)
  await syncDirectory(directory)
  const took = performance.now() - start
  await rm(directory, { recursive: true })
  return took
}

function print(): void {
  const row = (name: string, ms: number) => console.log(`${name.padEnd(32)} ${ms.toFixed(1).padStart(8)} ms`)
  console.log(`median of ${count} changes of one file, fsync on, the bundled runner`)
  for (const [name, values] of parts) row(`  to ${name}`, median(values))
  row('everything', median(all))
  row('the bare action (floor)', median(bare))
  row('over the floor (bar ≤ 40 ms)', median(all.map((one, i) => one - (bare[i] ?? 0))))
  row('everything, least disturbed', Math.min(...all))
  row('user + sys from the approval on', (ticks * 10) / count)
}
