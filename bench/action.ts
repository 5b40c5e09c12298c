// What the runner puts around one action (judge, journal with fsync, copies, armed record, keep), beside the bare action in the same run:
// a copy, a new file, fsync, rename, fsync of the directory. node bench/action.ts [changes]
import { constants } from 'node:fs'
import { copyFile, mkdtemp, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { JournalLine } from '../src/seal/journal.ts'
import { syncDirectory } from '../src/sys/files.ts'
import { openScene } from '../tests/app/scene.ts'

const count = Number(process.argv[2] ?? 20)
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const scene = await openScene()
const parts = new Map<string, number[]>()
const bare: number[] = []
const all: number[] = []
try {
  for (let i = 0; i < count; i++) {
    bare.push(await bareAction(scene.file, `setting ${i}\n`))
    const sealed = await scene.sealed('claude', `limit = ${100 + i}\n`)
    await scene.approve('ops1', sealed.id)
    await scene.until(sealed.id, 'closed', 'succeeded')
    const { body } = await scene.call<{ lines: string[] }>('ops1', 'GET', `/changes/${sealed.id}/lines`)
    take(body.lines.map((line) => JSON.parse(line) as JournalLine))
  }
  print()
} finally {
  await scene.end()
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
  console.log(`median of ${count} changes of one file, fsync on`)
  for (const [name, values] of parts) row(`  to ${name}`, median(values))
  row('everything', median(all))
  row('the bare action (floor)', median(bare))
  row('over the floor (bar ≤ 40 ms)', median(all.map((one, i) => one - (bare[i] ?? 0))))
}
