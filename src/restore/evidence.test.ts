// Evidence is known again by everything that can be seen of it, whatever it is and however damaged.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SekishoError } from '../base/error.ts'
import { noEvidence, seeEvidence } from './evidence.ts'
import type { RestorePorts } from './ports.ts'

const parts = { keys: { keyed: new Uint8Array(32).fill(5) } } as unknown as RestorePorts
const context = { parts, signal: new AbortController().signal }
const see = async (path: string) => (await seeEvidence(path, context)).digest

test('whatever is changed in it makes another digest, put back or not', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'evidence-'))
  const tree = join(directory, 'tree')
  const file = join(tree, 'a', 'file')
  const then = new Date(1_700_000_000_000)
  const put = (path: string, text: string) => {
    writeFileSync(path, text)
    utimesSync(path, then, then)
  }
  mkdirSync(join(tree, 'a'), { recursive: true })
  put(file, 'text')
  symlinkSync('a/file', join(tree, 'link'))
  const first = await seeEvidence(tree, context)
  expect(first).toMatchObject({ entries: 4, bytes: 4 })
  const changes: readonly (readonly [string, () => void, () => void])[] = [
    ['bytes', () => put(file, 'tex!'), () => put(file, 'text')],
    ['a time', () => utimesSync(file, new Date(), new Date()), () => utimesSync(file, then, then)],
    ['a mode', () => chmodSync(file, 0o600), () => chmodSync(file, 0o644)],
    ['a name', () => renameSync(file, `${file}2`), () => renameSync(`${file}2`, file)],
    [
      'one more',
      () => mkdirSync(join(tree, 'a', 'b')),
      () => rmSync(join(tree, 'a', 'b'), { recursive: true }),
    ],
    [
      'where a link goes',
      () => {
        rmSync(join(tree, 'link'))
        symlinkSync('a', join(tree, 'link'))
      },
      () => {
        rmSync(join(tree, 'link'))
        symlinkSync('a/file', join(tree, 'link'))
      },
    ],
  ]
  for (const [what, change, back] of changes) {
    const before = await see(tree)
    change()
    expect(await see(tree), what).not.toBe(before)
    back()
    // Whoever puts it back cannot put back when it was last changed.
    expect(await see(tree), `${what}, put back`).not.toBe(before)
  }
  // Looked at twice, and where it has changed places as a whole: the same.
  const stands = await see(tree)
  renameSync(tree, `${tree}2`)
  expect(await see(`${tree}2`)).toBe(stands)
  renameSync(`${tree}2`, tree)
  // A file alone, a link alone, and nothing: each its own; by another key another one.
  const all = [stands, await see(file), await see(join(tree, 'link')), noEvidence(context).digest]
  expect(new Set(all).size).toBe(4)
  const other = { parts: { keys: { keyed: new Uint8Array(32) } } as unknown as RestorePorts }
  expect((await seeEvidence(tree, { ...context, ...other })).digest).not.toBe(stands)
  rmSync(directory, { recursive: true })
})

/** A program that does something with the file until it is told to end. */
async function withProgram(script: string, file: string, work: () => Promise<void>): Promise<void> {
  const child = spawn('perl', ['-e', script, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await once(child.stdout, 'data')
    await work()
  } finally {
    child.kill('SIGKILL')
  }
}

test('whoever keeps a file from being read, or writes while it is read, is not believed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'evidence-'))
  mkdirSync(join(directory, 'tree'))
  const file = join(directory, 'tree', 'file')
  writeFileSync(file, 'text')
  // fcntl(2): F_SETLEASE, F_WRLCK. Whoever opens it without waiting is told to come again.
  const lease =
    '$| = 1; $SIG{IO} = "IGNORE"; open(F, "+<", $ARGV[0]); fcntl(F, 1024, 1) or die; print "held"; sleep 60'
  await withProgram(lease, file, async () => {
    await expect(see(join(directory, 'tree'))).rejects.toMatchObject({
      code: 'restore.evidence_busy',
      detail: { path: file, why: 'EAGAIN' },
    })
  })
  truncateSync(file, 200_000_000)
  const writing =
    '$| = 1; open(F, "+<", $ARGV[0]); print "begun"; for (;;) { truncate(F, 4096); truncate(F, 200000000); }'
  await withProgram(writing, file, async () => {
    // On a busy machine it may get no turn during one reading.
    const look = () => see(join(directory, 'tree')).catch((error: SekishoError) => error.code)
    await expect.poll(look, { timeout: 30_000 }).toBe('restore.evidence_busy')
  })
  rmSync(directory, { recursive: true })
})
