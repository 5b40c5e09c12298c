import {
  appendFileSync,
  chmodSync,
  chownSync,
  lchownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeWith } from '../../tests/host/describe.ts'
import { linesSince, markLog, readLast, readSince, severeLines } from './error-log.ts'

let directory: string
let log: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sekisho-log-'))
  log = join(directory, 'error.log')
  writeFileSync(log, 'before\n')
})
afterEach(() => rmSync(directory, { recursive: true }))

test('only what was written since the mark', async () => {
  const mark = await markLog(log)
  expect((await readSince(mark)).lines).toEqual([])
  appendFileSync(log, 'one\ntwo\n')
  expect(await readSince(mark)).toMatchObject({
    lines: ['one', 'two'],
    rotated: 'no',
    skipped: 0,
    present: true,
  })
})

test('a rotation by renaming is followed: the rest of the old file and all of the new one', async () => {
  const mark = await markLog(log)
  appendFileSync(log, 'last of the old\n')
  renameSync(log, `${log}.1`)
  writeFileSync(log, 'first of the new\n')
  expect(await readSince(mark)).toMatchObject({
    lines: ['last of the old', 'first of the new'],
    rotated: 'followed',
  })
  rmSync(`${log}.1`)
  expect(await readSince(mark)).toMatchObject({ lines: ['first of the new'], rotated: 'lost' })
})

test('a log that was cut is read from its beginning, and that is said', async () => {
  writeFileSync(log, 'a long line that is gone\n')
  const mark = await markLog(log)
  truncateSync(log)
  appendFileSync(log, 'new\n')
  expect(await readSince(mark)).toMatchObject({ lines: ['new'], rotated: 'cut' })
})

test('a log that comes into being is read whole; one that never is says so', async () => {
  const other = join(directory, 'other.log')
  const mark = await markLog(other)
  expect(await readSince(mark)).toMatchObject({ present: false, lines: [] })
  writeFileSync(other, 'hello\n')
  expect(await readSince(mark)).toMatchObject({ present: true, lines: ['hello'], rotated: 'no' })
})

test('of a flood the newest megabyte is kept, and what was skipped is counted', async () => {
  const mark = await markLog(log)
  appendFileSync(log, `${`${'x'.repeat(99)}\n`.repeat(20_000)}the last\n`)
  const window = await readSince(mark)
  expect(window.skipped).toBe(2_000_009 - 1_048_576)
  expect(window.lines.at(-1)).toBe('the last')
})

test('control characters of others do not reach a terminal, and a line has a limit', async () => {
  const mark = await markLog(log)
  appendFileSync(log, `\u001b[31mred\u0007\n${'y'.repeat(5000)}\n`)
  const { lines } = await readSince(mark)
  expect(lines[0]).toBe('\ufffd[31mred\ufffd')
  expect(lines[1]).toHaveLength(2000)
})

test('the last minutes by their stamps; a line without one belongs to the line before', () => {
  const lines = [
    'no stamp, before all',
    '2026/11/25 14:00:00 [error] old',
    '  of the old one',
    '2026/11/25 14:02:11 [emerg] new',
    '  of the new one',
  ]
  const from = new Date(2026, 10, 25, 14, 1).getTime()
  expect(linesSince(lines, from)).toEqual(lines.slice(3))
  expect(linesSince(['a', 'b'], from)).toEqual(['a', 'b'])
})

test('reading the last minutes of a missing log is an answer', async () => {
  expect(await readLast(join(directory, 'none'), 1000, Date.now())).toMatchObject({
    present: false,
    lines: [],
  })
})

test('[emerg] and [alert] are severe, [error] and words in a request are not', () => {
  const lines = ['x [emerg] a', 'x [alert] b', 'x [error] c', 'x [crit] d', 'GET /emerg']
  expect(severeLines(lines)).toEqual(['x [emerg] a', 'x [alert] b'])
})

test('a log that is a link, or a second name of another file, is not read', async () => {
  const other = join(directory, 'shadow')
  writeFileSync(other, 'root:$y$secret\n')
  const link = join(directory, 'link.log')
  symlinkSync(other, link)
  const name = join(directory, 'name.log')
  linkSync(other, name)
  for (const path of [link, name]) {
    expect(await readLast(path, 60_000, Date.now())).toMatchObject({ present: false, lines: [] })
    const mark = await markLog(path)
    expect(mark.inode).toBe('')
    expect(await readSince({ ...mark, size: 0 })).toMatchObject({ present: false, lines: [] })
  }
  // Swapped for a link after the mark: neither what it leads to is read, nor taken for the log itself.
  const mark = await markLog(log)
  rmSync(log)
  rmSync(name)
  symlinkSync(other, log)
  expect(await readSince({ ...mark, size: 0 })).toMatchObject({ lines: [] })
})

describeWith('root', 'as root', () => {
  test('a directory that somebody else made a link of is not followed; a link of root is', async () => {
    const real = join(directory, 'real')
    mkdirSync(real)
    writeFileSync(join(real, 'error.log'), 'line\n')
    const link = join(directory, 'logs')
    symlinkSync('real', link)
    expect((await readLast(join(link, 'error.log'), 60_000, Date.now())).lines).toEqual(['line'])
    lchownSync(link, 65_534, 65_534)
    expect(await readLast(join(link, 'error.log'), 60_000, Date.now())).toMatchObject({ present: false })
  })
})

describeWith('root', 'as root', () => {
  test('a log may be of another user where root rules; elsewhere of root or of the user whose directory it is', async () => {
    const app = 65_533
    const third = 65_534
    const reads = async () => (await readLast(log, 60_000, Date.now())).present
    chmodSync(directory, 0o755)
    chownSync(log, third, third)
    expect(await reads()).toBe(true)
    chownSync(directory, app, app)
    expect(await reads()).toBe(false)
    chownSync(log, app, app)
    expect(await reads()).toBe(true)
    chownSync(log, 0, 0)
    expect(await reads()).toBe(true)
    chownSync(directory, 0, 0)
    chmodSync(directory, 0o777)
    chownSync(log, third, third)
    expect(await reads()).toBe(false)
  })
})
