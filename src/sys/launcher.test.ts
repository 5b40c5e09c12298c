// The standing shell keeps the promises of `run` on the same programs, and what happens when somebody dies in the middle.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { systemRandom } from './clock.ts'
import { type Launcher, openLauncher } from './launcher.ts'
import { run } from './process.ts'

const PATIENCE = { timeout: 20_000, interval: 10 }
const HOSTILE = [
  '-rf',
  'a b',
  "it's",
  '"',
  '$(touch x)',
  '`x`',
  'line\nfeed',
  '\\',
  '; exit 3',
  '日本',
  '\u0001\u0081\u0088ÿ',
  '*',
  '',
]

let directory: string
let launcher: Launcher
const children: ChildProcess[] = []
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'launcher-'))
  const programs = new Set(['sh', 'printf', 'cp', 'lsattr', 'sleep', 'nothing-of-this-name', '/dev/null'])
  launcher = openLauncher({ random: systemRandom, programs })
})
afterEach(() => {
  launcher.close()
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(directory, { recursive: true })
})

const shellPid = () => launcher.pids()[0] ?? 0
const isAlive = (pid: number) => {
  try {
    // A zombie has ended.
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter((one) => one !== '')
    .map(Number)

describe('the same answer as run', () => {
  const cases: readonly (readonly string[])[] = [
    ['sh', '-c', 'exit 0'],
    ['sh', '-c', 'exit 42'],
    ['sh', '-c', 'printf out; printf err >&2; exit 1'],
    ['sh', '-c', 'printf "no line feed at the end"'],
    ['sh', '-c', 'kill -TERM $$'],
    ['sh', '-c', 'kill -KILL $$'],
    ['sh', '-c', 'printf x | cat'],
    ['sh', '-c', 'pwd; echo "$PATH $LC_ALL"; umask'],
    ['sh', '-c', 'cat'],
    ['sh', '-c', "printf '\\377\\200\\000\\n'"],
    ['printf', '%s|', ...HOSTILE],
    ['nothing-of-this-name'],
    ['/dev/null'],
  ]
  test.each(cases)('%s %s %s', async (...argv) => {
    const [ours, theirs] = [await launcher.run(argv), await run(argv, { cwd: '/' })]
    expect(shellPid()).toBeGreaterThan(0)
    expect({ ...ours, stderr: '', milliseconds: 0 }).toEqual({ ...theirs, stderr: '', milliseconds: 0 })
    // Of what a signal ended the shell says a word of its own.
    if (theirs.code !== undefined) expect(ours.stderr).toBe(theirs.stderr)
  })

  test('every text without a NUL comes to the program as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 }), async (texts) => {
        const words = texts.map((text) => text.replaceAll('\0', '').toWellFormed())
        const { stdoutBytes } = await launcher.run(['printf', '%s\\0', ...words])
        expect(stdoutBytes.toString()).toBe([...words, ''].join('\0') || '\0')
      }),
      { numRuns: 300 },
    )
    expect(readdirSync(directory)).toEqual([])
  })

  test('each byte from 1 to 255 stands in a quoted text, and none of them is taken by the shell', async () => {
    const text = Array.from({ length: 0x7ff }, (_, i) => String.fromCodePoint(i + 1)).join('')
    expect((await launcher.run(['printf', '%s', text])).stdout).toBe(text)
  })

  test('1 MiB of output is kept whole, more is counted and dropped', async () => {
    const mebibyte = ['sh', '-c', 'head -c 1048576 /dev/urandom | tee "$0"', join(directory, 'all')]
    const whole = await launcher.run(mebibyte, { maxOutput: 1_048_576 })
    expect(whole.overflowed).toBe(false)
    expect(Buffer.compare(whole.stdoutBytes, readFileSync(join(directory, 'all')))).toBe(0)
    const part = await launcher.run(mebibyte, { maxOutput: 1000 })
    expect(part).toMatchObject({ overflowed: true, code: 0 })
    expect(Buffer.compare(part.stdoutBytes, readFileSync(join(directory, 'all')).subarray(0, 1000))).toBe(0)
    expect((await launcher.run(['printf', 'next'])).stdout).toBe('next')
  })

  test('descriptors are handed on from 3 upwards: a directory by its descriptor, whatever its name', async () => {
    const name = Buffer.concat([
      Buffer.from(`${directory}/`),
      Buffer.from([0x2d, 0xff, 0x81, 0x0a, 0x27, 0x22]),
    ])
    mkdirSync(name)
    const handle = await open(name, 'r')
    await using target = await open(directory, 'r')
    for (const file of HOSTILE.filter((one) => one !== '')) {
      writeFileSync(`/proc/self/fd/${handle.fd}/${file}`, file)
      const copied = await launcher.run(
        [
          'cp',
          '--preserve=all',
          '--no-dereference',
          '--',
          `/proc/self/fd/3/${file}`,
          `/proc/self/fd/4/${file}`,
        ],
        { descriptors: [handle.fd, target.fd] },
      )
      expect(copied).toMatchObject({ code: 0, stderr: '' })
      expect(readFileSync(join(directory, file), 'utf8')).toBe(file)
    }
    await handle.close()
    expect(readdirSync(directory)).not.toContain('x')
  })

  test('a descriptor that is closed meanwhile is a failure of that call and no other', async () => {
    expect((await launcher.run(['printf', 'x'], { descriptors: [999] })).code).not.toBe(0)
    expect((await launcher.run(['printf', 'x'])).stdout).toBe('x')
  })
})

test('no program keeps the commands open, and none reads them', async () => {
  const seen = await launcher.run(['sh', '-c', 'for one in /proc/self/fd/*; do readlink "$one"; done'])
  expect(seen.stdout.split('\n')[0]).toBe('/dev/null')
  expect(seen.stdout.match(/socket/g)).toHaveLength(2) // what it says, and not the commands
})

test('what it does not promise is forked by ourselves', async () => {
  expect((await launcher.run(['sh', '-c', 'cat'], { input: 'x' })).stdout).toBe('x')
  expect((await launcher.run(['pwd'])).code).toBe(0)
  expect(launcher.pids()).toEqual([])
})

test('what comes while a shell works gets another one, to a bound; afterwards they are used again', async () => {
  const parent = async () => Number((await launcher.run(['sh', '-c', 'echo $PPID; sleep 0.3'])).stdout)
  const parents = await Promise.all([1, 2, 3, 4, 5, 6].map(parent))
  const standing = launcher.pids()
  expect(standing).toHaveLength(4)
  expect(new Set(parents.slice(0, 4))).toEqual(new Set(standing))
  expect(parents.slice(4)).toEqual([process.pid, process.pid])
  expect(standing).toContain(await parent())
  expect(launcher.pids()).toEqual(standing)
})

test('a limit of time ends the program and all that it started, and the next call has a new shell', async () => {
  const note = join(directory, 'pids')
  const argv = ['sh', '-c', 'sleep 1000 & echo $$ $! >"$0"; wait', note]
  const late = await launcher.run(argv, { timeoutMs: 2000 })
  expect(late).toMatchObject({ timedOut: true, signal: 'SIGKILL' })
  expect(late.code).toBeUndefined()
  for (const pid of readFileSync(note, 'utf8').trim().split(' ')) expect(isAlive(Number(pid))).toBe(false)
  expect((await launcher.run(['printf', 'again'])).stdout).toBe('again')
})

test('a call that is called off is ended like that', async () => {
  const stop = new AbortController()
  const call = launcher.run(['sleep', '1000'], { signal: stop.signal })
  await vi.waitFor(() => expect(childrenOf(shellPid())).toHaveLength(1), PATIENCE)
  stop.abort()
  expect(await call).toMatchObject({ signal: 'SIGKILL', timedOut: false })
})

test('whoever tells all of them to end, as systemd does, ends the program and not the shell', async () => {
  await launcher.run(['printf', 'x'])
  const pid = shellPid()
  const call = launcher.run(['sleep', '1000'])
  await vi.waitFor(() => expect(childrenOf(pid)).toHaveLength(1), PATIENCE)
  const [program = 0] = childrenOf(pid)
  await vi.waitFor(() => expect(readFileSync(`/proc/${program}/cmdline`, 'utf8')).toMatch(/^sleep/), PATIENCE)
  process.kill(-pid, 'SIGTERM')
  expect(await call).toMatchObject({ signal: 'SIGTERM' })
  const next = await launcher.run(['sh', '-c', 'echo $PPID'])
  expect(Number(next.stdout)).toBe(pid)
})

test('L3 a shell that is killed under a call: the call is lost, its program is ended, the next one is well', async () => {
  const call = launcher.run(['sleep', '1000'])
  await vi.waitFor(() => expect(childrenOf(shellPid())).toHaveLength(1), PATIENCE)
  const [program = 0] = childrenOf(shellPid())
  process.kill(shellPid(), 'SIGKILL')
  const lost = await call
  expect(lost).toMatchObject({ notStarted: 'LOST', timedOut: false })
  expect(lost.code).toBeUndefined()
  // The signal is sent; on a busy machine its end comes a moment later.
  await vi.waitFor(() => expect(isAlive(program)).toBe(false), PATIENCE)
  expect((await launcher.run(['printf', 'again'])).stdout).toBe('again')
})

test('L3 a shell that is killed between calls is found dead or answers as lost, and never hangs', async () => {
  for (let i = 0; i < 20; i++) {
    await launcher.run(['printf', 'x'])
    process.kill(shellPid(), 'SIGKILL')
    const next = await launcher.run(['printf', 'x'])
    expect(next.notStarted === 'LOST' || next.stdout === 'x').toBe(true)
    await vi.waitFor(async () => expect((await launcher.run(['printf', 'x'])).stdout).toBe('x'), PATIENCE)
  }
})

test('L1 a lock is taken by a fork of our own: no shell holds it, and none that is killed frees it', async () => {
  const real = openLauncher({ random: systemRandom })
  const path = join(directory, 'lock')
  const tryLock = (handle: FileHandle) =>
    real.run(['/usr/bin/flock', '-x', '-n', '3'], { descriptors: [handle.fd] })
  await real.run(['lsattr', directory])
  const holder = await open(path, 'a')
  expect(await tryLock(holder)).toMatchObject({ code: 0 })
  const [pid = 0] = real.pids()
  process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), PATIENCE)
  const other = await open(path, 'a')
  expect(await tryLock(other)).toMatchObject({ code: 1 })
  await holder.close()
  expect(await tryLock(other)).toMatchObject({ code: 0 })
  await other.close()
  real.close()
})

test('L2 an owner that is killed takes the shell with it, as soon as its program has ended', async () => {
  const owner = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { openLauncher } from ${JSON.stringify(join(import.meta.dirname, 'launcher.ts'))}
       import { systemRandom } from ${JSON.stringify(join(import.meta.dirname, 'clock.ts'))}
       const launcher = openLauncher({ random: systemRandom, programs: new Set(['sh']) })
       void launcher.run(['sh', '-c', 'until [ -e "$0" ]; do sleep 0.05; done; echo ended >"$0.said"', ${JSON.stringify(join(directory, 'go'))}])
       console.log(launcher.pids()[0])
       setInterval(() => {}, 1000)`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  children.push(owner)
  const pid = Number(
    await new Promise((resolve) => owner.stdout?.once('data', (chunk) => resolve(String(chunk).trim()))),
  )
  await vi.waitFor(() => expect(childrenOf(pid)).toHaveLength(1), PATIENCE)
  const ended = new Promise((resolve) => owner.once('exit', resolve))
  owner.kill('SIGKILL')
  await ended
  expect(isAlive(pid)).toBe(true)
  writeFileSync(join(directory, 'go'), '')
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), PATIENCE)
  expect(readFileSync(join(directory, 'go.said'), 'utf8')).toBe('ended\n')
})

test('L2 half a command runs nothing', async () => {
  const whole = `(trap - TERM; exec </dev/null; cd /; exec 'sh' '-c' 'echo x >"$0"' '${join(directory, 'made')}')\n`
  for (let size = 1; size < whole.length - 1; size += 1) {
    if (whole.slice(0, size).endsWith(')')) continue
    const fd = openSync(join(directory, 'half'), 'w+')
    writeFileSync(fd, whole.slice(0, size))
    await run(['/bin/sh', '/proc/self/fd/3'], { descriptors: [fd] })
  }
  expect(readdirSync(directory)).toEqual(['half'])
})

test('a program that is started apart has a session of its own and outlives the shell', async () => {
  const note = join(directory, 'note')
  await launcher.startApart(['/bin/sh', '-c', 'echo $$ >"$0"; exec sleep 1000', note])
  await vi.waitFor(() => expect(readFileSync(note, 'utf8')).toMatch(/^\d+\n$/), PATIENCE)
  const pid = Number(readFileSync(note, 'utf8'))
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    expect(stat[3]).toBe(String(pid)) // its session
    const shell = shellPid()
    launcher.close()
    await vi.waitFor(() => expect(isAlive(shell)).toBe(false), PATIENCE)
    expect(isAlive(pid)).toBe(true)
  } finally {
    process.kill(pid, 'SIGKILL')
  }
})
