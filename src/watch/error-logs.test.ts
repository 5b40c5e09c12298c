import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isErrorLine, stampOf } from '../checks/log-line.ts'
import { watchPlacesOf } from '../checks/watch-places.ts'
import { systemClock } from '../sys/clock.ts'
import { countErrors as countNow } from './error-logs.ts'

let directory: string
let log: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sekisho-errors-'))
  log = join(directory, 'error.log')
  mkdirSync(join(directory, 'watch', 'state'), { recursive: true })
})
afterEach(() => rmSync(directory, { recursive: true }))

const NOW = Date.UTC(2026, 10, 25, 12)
const DAY = 86_400_000
const SINCE = NOW - DAY
const countErrors = (path: string, now = NOW) =>
  countNow(path, {
    clock: { ...systemClock, now: () => now },
    places: watchPlacesOf(join(directory, 'watch')),
    signal: new AbortController().signal,
    self: [process.execPath, join(import.meta.dirname, 'main.ts')],
  })
const iso = (before: number) => new Date(NOW - before).toISOString()
const two = (n: number) => String(n).padStart(2, '0')
/** Local time of the host, as most programs write it. */
const local = (before: number, between = ' ') => {
  const d = new Date(NOW - before)
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}${between}${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`
}

/** The guide's daily check 4, word for word but for the directory. */
const guideCounts = () =>
  execFileSync(
    'sh',
    [
      '-c',
      `ERROR_COUNT=$(find ${directory}/ -name "error.log" -mtime -1 -exec grep -c "ERROR" {} \\; | awk '{sum+=$1} END {print sum}')
echo "Errors (24h): $ERROR_COUNT"`,
    ],
    { encoding: 'utf8' },
  ).trim()

test('logs that xz, bzip2, lz4 and zstd have compressed are read; damaged ones make the count at least', async () => {
  writeFileSync(log, `${iso(1000)} INFO a\n`)
  for (const [i, tool] of ['xz', 'bzip2', 'lz4', 'zstd'].entries()) {
    const lines = `${iso(2000 + i)} ERROR ${tool}\n`.repeat(2000) + `${iso(3 * DAY)} ERROR old\n`
    const packed = execFileSync(tool, ['-c'], { input: lines })
    const name = `${log}.${i + 1}.${{ xz: 'xz', bzip2: 'bz2', lz4: 'lz4', zstd: 'zst' }[tool]}`
    writeFileSync(name, packed)
    utimesSync(name, new Date(NOW), new Date(NOW))
  }
  utimesSync(log, new Date(NOW), new Date(NOW))
  expect(await countErrors(log)).toMatchObject({ state: 'counted', errors: 8000, whole: true })
  // What was counted is not read again.
  expect(await countErrors(log)).toMatchObject({ errors: 8000, whole: true })
  const cut = readFileSync(`${log}.1.xz`)
  writeFileSync(`${log}.5.xz`, cut.subarray(0, cut.length - 20))
  utimesSync(`${log}.5.xz`, new Date(NOW), new Date(NOW))
  expect(await countErrors(log)).toMatchObject({ whole: false })
})

describe('what was counted and is gone', () => {
  const errors = (count: number, mark = '') => `${iso(3_600_000)} ERROR ${mark}\n`.repeat(count)
  const INFO = `${iso(1000)} INFO a\n`
  beforeEach(async () => {
    writeFileSync(log, errors(500, 'first'))
    utimesSync(log, new Date(NOW), new Date(NOW))
    expect(await countErrors(log)).toMatchObject({ errors: 500, whole: true })
  })
  const rest = () => countErrors(log)

  test('a log that is emptied keeps its errors of the day, and the count is at least', async () => {
    writeFileSync(log, INFO)
    expect(await rest()).toMatchObject({ errors: 500, whole: false })
    expect(await rest()).toMatchObject({ errors: 500, whole: false })
  })

  test('so does one that is moved elsewhere, one that is deleted, and one that is written anew with the same beginning', async () => {
    mkdirSync(join(directory, 'old'))
    renameSync(log, join(directory, 'old', 'error.log.1'))
    writeFileSync(log, INFO)
    expect(await rest()).toMatchObject({ errors: 500, whole: false })
    writeFileSync(log, errors(400, 'second'))
    rmSync(log)
    writeFileSync(log, errors(3, 'third'))
    expect(await rest()).toMatchObject({ errors: 503, whole: false })
    writeFileSync(log, errors(1, 'third'))
    expect(await rest()).toMatchObject({ errors: 504, whole: false })
  })

  test('one that is rotated beside it is whole, and a day later all of it is over', async () => {
    renameSync(log, `${log}.1`)
    writeFileSync(log, INFO)
    utimesSync(log, new Date(NOW), new Date(NOW))
    expect(await rest()).toMatchObject({ errors: 500, whole: true })
    rmSync(`${log}.1`)
    expect(await rest()).toMatchObject({ errors: 500, whole: false })
    const later = NOW + DAY + 3_600_000
    writeFileSync(log, `${new Date(later - 1000).toISOString()} INFO b\n`)
    utimesSync(log, new Date(later), new Date(later))
    expect(await countErrors(log, later)).toMatchObject({ errors: 0, whole: true })
  })
})

describe('lines whose level stands elsewhere', () => {
  let logs = 0
  const count = async (lines: readonly string[]) => {
    log = join(directory, `${++logs}-error.log`)
    writeFileSync(log, `${lines.join('\n')}\n`)
    utimesSync(log, new Date(NOW), new Date(NOW))
    return countErrors(log)
  }
  const INFO = `${iso(3_600_000)} INFO a`
  const many = (line: string) => [INFO, ...Array.from({ length: 300 }, () => line)]

  test('the line of a program inside the line of a container engine, and a nested level, are counted', async () => {
    const docker = JSON.stringify({ log: 'x ERROR y\n', stream: 'stderr', time: iso(1000) })
    expect(await count(many(docker))).toMatchObject({ errors: 300, whole: true })
    const nested = JSON.stringify({ '@timestamp': iso(1000), log: { level: 'error' }, message: 'no' })
    expect(await count(many(nested))).toMatchObject({ errors: 300, whole: true })
    const quiet = JSON.stringify({ '@timestamp': iso(1000), log: { level: 'info' }, message: 'ERROR no' })
    expect(await count(many(quiet))).toMatchObject({ errors: 0, whole: true })
  })

  test('an error without a time of its own has the time of the entry before it, and a trace is no second error', async () => {
    expect(await count([INFO, 'ERROR:root:no', 'ERROR:root:no'])).toMatchObject({ errors: 2, whole: true })
    expect(await count([`${iso(1000)} ERROR a`, 'ERROR: caused by b', '  at c'])).toMatchObject({ errors: 1 })
    expect(await count([INFO, 'text that names an ERROR'])).toMatchObject({ errors: 0, whole: true })
  })

  test('what cannot be judged makes the count at least, until a day is over', async () => {
    const long = `{"time":"${iso(1000)}","text":"${'ERROR '.repeat(12_000)}","level":"error"}`
    expect(await count([INFO, long])).toMatchObject({ errors: 0, whole: false })
    expect(await countErrors(log)).toMatchObject({ errors: 0, whole: false })
    const without = JSON.stringify({ time: iso(1000), path: '/ERROR' })
    expect(await count([INFO, without])).toMatchObject({ errors: 0, whole: false })
    expect(await count(['ERROR:root:no', INFO])).toMatchObject({ whole: false })
  })
})

describe('E6 errors of 24 h', () => {
  test('the guide’s way counts the whole file of a log that was touched, ours the lines of the day', async () => {
    const old = Array.from(
      { length: 500 },
      (_, i) => `${local(3 * DAY + i * 60_000)},123 ERROR worker: no answer`,
    )
    writeFileSync(log, [...old, `${local(3_600_000)},004 ERROR worker: no answer`, ''].join('\n'))
    expect(guideCounts()).toBe('Errors (24h): 501')
    expect(await countErrors(log)).toMatchObject({ state: 'counted', errors: 1, whole: true })
  })

  test('without a log the guide’s way shows a blank; ours says that there is none', async () => {
    expect(guideCounts()).toBe('Errors (24h):')
    expect(await countErrors(log)).toEqual({ state: 'absent' })
  })

  test('a log without times cannot be counted, and no number is made of it', async () => {
    writeFileSync(log, 'ERROR something\nERROR something else\n')
    expect(await countErrors(log)).toEqual({ state: 'unstamped' })
  })

  test('a link to another file is no log', async () => {
    writeFileSync(join(directory, 'other'), `${iso(1000)} ERROR x\n`)
    symlinkSync(join(directory, 'other'), log)
    expect(await countErrors(log)).toEqual({ state: 'unread', why: 'ELOOP' })
  })

  test('what was rotated away within the day counts too, compressed or not; other names do not', async () => {
    writeFileSync(log, `${iso(1000)} ERROR a\n`)
    writeFileSync(`${log}.1`, `${iso(2 * DAY)} ERROR old\n${iso(2000)} ERROR b\n`)
    writeFileSync(`${log}-20261125.gz`, gzipSync(`${iso(3000)} ERROR c\n${iso(3 * DAY)} ERROR old\n`))
    writeFileSync(join(directory, 'error.log.bak'), `${iso(1000)} ERROR d\n`)
    writeFileSync(`${log}.2`, `${iso(2500)} ERROR too old a file\n`)
    utimesSync(`${log}.2`, new Date(SINCE - 1000), new Date(SINCE - 1000))
    for (const name of ['', '.1', '-20261125.gz']) utimesSync(`${log}${name}`, new Date(NOW), new Date(NOW))
    expect(await countErrors(log)).toEqual({
      state: 'counted',
      errors: 3,
      whole: true,
      newest: NOW - 1000,
    })
  })

  test('a compressed log that was cut off is counted as far as it goes, and said to be at least that', async () => {
    writeFileSync(log, `${iso(1000)} ERROR a\n`)
    const lines = Array.from({ length: 5000 }, (_, i) => `${iso(2000 + i)} ERROR ${i * 7919}`).join('\n')
    const whole = gzipSync(lines)
    writeFileSync(`${log}.1.gz`, whole.subarray(0, whole.length / 2))
    const found = await countErrors(log)
    expect(found).toMatchObject({ state: 'counted', whole: false })
    expect('errors' in found && found.errors > 1 && found.errors < 5001).toBe(true)
  })

  test('errors at the end of a large compressed log are counted beside an empty log', async () => {
    writeFileSync(log, '')
    const old = `${iso(3 * DAY)} INFO ${'x'.repeat(8000)}\n`.repeat(9000)
    const errors = Array.from({ length: 9148 }, (_, i) => `${iso(2000 + i)} ERROR ${i}\n`).join('')
    writeFileSync(`${log}.1.gz`, gzipSync(old + errors, { level: 1 }))
    expect(await countErrors(log)).toMatchObject({ errors: 9148, whole: true })
  })

  test('a rotated log of the window that must not be opened leaves the count not whole', async () => {
    writeFileSync(log, '')
    writeFileSync(join(directory, 'elsewhere'), `${iso(1000)} ERROR x\n`)
    symlinkSync(join(directory, 'elsewhere'), `${log}.1`)
    expect(await countErrors(log)).toEqual({ state: 'counted', errors: 0, whole: false })
  })

  test('the next count reads only what is new, over a rotation, a compression and a copy that was cut', async () => {
    const kept = () => JSON.parse(readFileSync(stateFile(), 'utf8')) as { generations: { offset: number }[] }
    const stateFile = () =>
      join(directory, 'watch', 'state', readdirSync(join(directory, 'watch', 'state'))[0] ?? '')
    const first = `${iso(9000)} INFO first of this log\n${iso(8000)} ERROR a\n`
    writeFileSync(log, first)
    expect(await countErrors(log)).toMatchObject({ errors: 1 })
    expect(kept().generations[0]?.offset).toBe(first.length)
    // A line that is being written is counted, and counted again when it is whole.
    appendFileSync(log, `${iso(7000)} ERROR b`)
    expect(await countErrors(log)).toMatchObject({ errors: 2 })
    appendFileSync(log, ' to the end\n')
    expect(await countErrors(log)).toMatchObject({ errors: 2 })
    renameSync(log, `${log}.1`)
    writeFileSync(log, `${iso(6000)} ERROR c\n`)
    appendFileSync(`${log}.1`, `${iso(6500)} ERROR late in the old one\n`)
    expect(await countErrors(log)).toMatchObject({ errors: 4 })
    writeFileSync(`${log}.2.gz`, gzipSync(readFileSync(`${log}.1`)))
    rmSync(`${log}.1`)
    expect(await countErrors(log)).toMatchObject({ errors: 4, whole: true })
    // copytruncate: the copy begins as what was counted, and the log begins anew.
    writeFileSync(`${log}.1`, readFileSync(log))
    writeFileSync(log, '')
    expect(await countErrors(log)).toMatchObject({ errors: 4, whole: true })
    appendFileSync(log, `${iso(500)} ERROR d\n`)
    expect(await countErrors(log)).toMatchObject({ errors: 5 })
    // A day later nothing of it is left in the window.
    expect(await countErrors(log, NOW + DAY)).toMatchObject({ state: 'counted', errors: 0 })
  })

  test('a damaged memory of the count is no memory: it is counted from the beginning', async () => {
    writeFileSync(log, `${iso(1000)} ERROR a\n`)
    await countErrors(log)
    const state = join(directory, 'watch', 'state')
    for (const name of readdirSync(state)) writeFileSync(join(state, name), '{"v":1,"counts":[[1,99999]]')
    expect(await countErrors(log)).toMatchObject({ errors: 1 })
  })

  test('binary bytes and a line without an end are read past', async () => {
    writeFileSync(
      log,
      Buffer.concat([
        Buffer.from(`${iso(5000)} ERROR a\n`),
        Buffer.alloc(3_000_000, 1),
        Buffer.from(`\n${iso(4000)} ERROR b\n`),
      ]),
    )
    expect(await countErrors(log)).toMatchObject({ errors: 2, whole: true })
    writeFileSync(log, Buffer.alloc(3_000_000, 0))
    expect((await countErrors(log)).state).not.toBe('good')
  })

  test('an error with its trace is one, and belongs to the time of its first line', async () => {
    writeFileSync(
      log,
      [
        `${iso(2 * DAY)} ERROR old`,
        '  File "app.py", line 3, ERROR in here',
        `${iso(1000)} ERROR new`,
        'Traceback: ERROR',
        '',
      ].join('\n'),
    )
    expect(await countErrors(log)).toMatchObject({ errors: 1 })
  })
})

test('times are read in the forms that logs are written in', () => {
  const at = NOW - 3_600_000
  const d = new Date(at)
  const month = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][
    d.getMonth()
  ]
  const clock = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`
  const forms = [
    `${new Date(at).toISOString()} ERROR x`,
    `[${new Date(at).toISOString()}] ERROR x`,
    '2026-11-25T20:00:00+09:00 ERROR x',
    '2026-11-25 20:00:00.000 +0900 ERROR x',
    `${local(3_600_000)},000 ERROR x`,
    `${local(3_600_000, 'T')} ERROR x`,
    `${local(3_600_000).replaceAll('-', '/')} [error] 12#12: x`,
    '10.0.0.1 - - [25/Nov/2026:20:00:00 +0900] "GET / HTTP/1.1" 500 2',
    `${month} ${String(d.getDate()).padStart(2, ' ')} ${clock} web1 app[1]: ERROR x`,
    `[Wed ${month} ${d.getDate()} ${clock}.123456 2026] [core:error] x`,
    `{"level":50,"time":${at},"msg":"x"}`,
    `{"severity":"ERROR","ts":${at / 1000},"msg":"x"}`,
    `{"level":"error","@timestamp":"${new Date(at).toISOString()}"}`,
  ]
  for (const line of forms) expect(Math.floor((stampOf(line, SINCE) ?? 0) / 1000), line).toBe(at / 1000)
  for (const line of ['no time', '2026-99-99 99:99', '{"level":50}', '{broken', '', '12:00:00 ERROR'])
    expect(stampOf(line, SINCE), line).toBeUndefined()
})

test('a time without a year lies nearest to the window, over the turn of a year too', () => {
  const january = new Date(2027, 0, 1, 0, 30).getTime()
  expect(new Date(stampOf('Dec 31 23:59:00 web1 app: ERROR', january) ?? 0).getFullYear()).toBe(2026)
  const december = new Date(2026, 11, 31, 23, 30).getTime()
  expect(new Date(stampOf('Jan  1 00:10:00 web1 app: ERROR', december) ?? 0).getFullYear()).toBe(2027)
})

test('an error is what the line’s own level says, not a word in its text', () => {
  const errors = [
    '2026-11-25 10:00:00,123 ERROR x',
    '2026/11/25 10:00:00 [crit] 1#1: x',
    '2026/11/25 10:00:00 [emerg] 1#1: x',
    '[Wed Nov 25 10:00:00 2026] [core:error] x',
    'Nov 25 10:00:00 web1 app[1]: CRITICAL x',
    'time=2026-11-25T10:00:00Z level=error msg=x',
    '{"level":60,"msg":"x"}',
    '{"levelname":"CRITICAL"}',
  ]
  const others = [
    '2026-11-25 10:00:00,123 INFO no ERROR seen',
    '2026-11-25 10:00:00,123 WARNING almost an ERROR',
    '2026/11/25 10:00:00 [warn] 1#1: ERROR page missing',
    'ERROR_COUNT=0',
    'an error in small letters is a word',
    '{"level":30,"msg":"ERROR"}',
    '{"msg":"ERROR"}',
    'level=info msg="ERROR"',
    '',
  ]
  for (const line of errors) expect(isErrorLine(line), line).toBe(true)
  for (const line of others) expect(isErrorLine(line), line).not.toBe(true)
})
