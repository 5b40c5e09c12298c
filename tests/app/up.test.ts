import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { down } from '../../src/install/up/down.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { run } from '../../src/sys/process.ts'
import { hear } from '../heard.ts'
import { eventually } from './scene.ts'

/** As it is delivered. */
const SERVE = fileURLToPath(new URL('../../dist/server.mjs', import.meta.url))

let data: string
let children: Up[] = []
beforeEach(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sk-up-'))
  await chmod(directory, 0o755)
  data = join(directory, 'd')
})
afterEach(async () => {
  for (const one of children) await one.end()
  children = []
  // A part that just ended may still be writing what it compiled.
  await rm(join(data, '..'), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
})

interface Up {
  output(): string
  /** Its exit code, at its end; a death by signal is told with what it said. */
  code(): Promise<number>
  ready(): Promise<number>
  end(): Promise<void>
}

const LIMIT_MS = 120_000

function start(port: number): Up {
  const heard = hear(
    spawn(process.execPath, [SERVE, 'up', '--data', data, '--port', String(port), '--lang', 'en'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    }),
  )
  const { child } = heard
  const output = () => heard.out() + heard.err()
  const up: Up = {
    output,
    code: async () => {
      const { code, signal } = await heard.ended(LIMIT_MS)
      if (code === null) throw new Error(`up was ended by ${signal ?? 'nobody'}: ${output()}`)
      return code
    },
    ready: async () => {
      const address = /gate {4}http:\/\/127\.0\.0\.1:(\d+)/
      return Number(await heard.until('the gate to be told', () => address.exec(output())?.[1], LIMIT_MS))
    },
    end: async () => {
      if (heard.end() !== undefined) return
      child.kill('SIGTERM')
      await heard.ended(LIMIT_MS)
    },
  }
  children.push(up)
  return up
}

const healthy = (port: number) =>
  fetch(`http://127.0.0.1:${port}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  )

const bySocket = (path: string) => run(['curl', '-sf', '--unix-socket', path, 'http://localhost/healthz'])

/** Pids of our own parts, from what `up` and the store wrote down themselves. */
async function partPids(): Promise<{ up: number; runner: number; gate: number; postgres: number }> {
  const json = async (path: string) =>
    JSON.parse(await readFile(join(data, path), 'utf8')) as Record<string, number>
  const [holder, gate] = [await json('up.json'), await json('gate.json')]
  const [postgres] = (await readFile(join(data, 'pg/cluster/postmaster.pid'), 'utf8')).split('\n')
  return {
    up: holder['pid'] ?? 0,
    runner: holder['runner'] ?? 0,
    gate: gate['pid'] ?? 0,
    postgres: Number(postgres),
  }
}

/** Who has no command line any more does nothing any more, though the kernel may show it a moment longer. */
const isAlive = async (pid: number) => (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) !== ''

test('a second up is refused with a sentence, a dead part comes back, down ends all in order', {
  timeout: 180_000,
}, async () => {
  const first = start(0)
  const port = await first.ready()
  expect(await healthy(port)).toBe(true)
  const socket = await stat(join(data, 'gate/gate.sock'))
  const around = await stat(join(data, 'gate'))
  expect([socket.mode & 0o777, around.mode & 0o777]).toEqual([0o666, 0o755])
  expect(around.uid).toBe(socket.uid)
  const asked = await bySocket(join(data, 'gate/gate.sock'))
  expect(asked.code).toBe(0)
  expect(asked.stdout).toContain('"ok":true')

  // D2: of the store nothing runs as root, neither the server nor the process that loads a package for it.
  const owner = (await stat(join(data, 'pg'))).uid
  if (process.getuid?.() === 0) {
    expect(owner).not.toBe(0)
    const { stdout } = await run(['ps', '-eo', 'uid=,args='])
    const ofStore = stdout.split('\n').filter((line) => line.includes(`store --data ${data}`))
    expect(ofStore.map((line) => Number(line.trim().split(' ')[0]))).toEqual([owner])
  }
  const { postgres } = await partPids()
  expect((await stat(`/proc/${postgres}`)).uid).toBe(owner)

  // D5: without a key nobody gets in, but who may knock could take all connections.
  const database = join(data, 'pg/socket/.s.PGSQL.5432')
  const { mode, gid } = await stat(database)
  expect([mode & 0o777, gid]).toEqual([0o770, (await stat(join(data, 'gate'))).gid])
  if (process.getuid?.() === 0) {
    const knock = ['curl', '-s', '-m', '5', '--unix-socket', database, 'http://localhost/']
    const CANNOT_CONNECT = 7
    expect((await run(knock, { uid: 65_534, gid: 65_534 })).code).toBe(CANNOT_CONNECT)
    expect((await run(knock, { uid: around.uid, gid: around.gid })).code).not.toBe(CANNOT_CONNECT)
  }

  const second = start(0)
  expect(await second.code(), second.output()).toBe(75)
  expect(second.output()).toContain('already up')

  // A gate that is started beside it, on whatever port, leaves it its socket.
  const beside = await run([process.execPath, SERVE, 'gate', '--data', data, '--port', '0', '--lang', 'en'])
  expect(beside.code, beside.stderr).toBe(75)
  expect(beside.stderr).toContain(`already up in ${data}`)
  expect((await bySocket(join(data, 'gate/gate.sock'))).stdout).toContain('"ok":true')

  for (const part of ['gate', 'runner', 'postgres'] as const) {
    const before = await partPids()
    process.kill(before[part], 'SIGKILL')
    await eventually(
      async () => {
        const now = await partPids().catch(() => undefined)
        if (now === undefined || now[part] === before[part]) return false
        return (await isAlive(now[part])) && (await isAlive(now.gate)) && (await healthy(await portNow()))
      },
      () => `${part} did not come back: ${first.output()}`,
      60_000,
    )
  }

  const last = await partPids()
  await down(data, systemClock)
  for (const [part, pid] of Object.entries(last)) expect(await isAlive(pid), part).toBe(false)
  expect(await first.code(), first.output()).toBe(0)
  expect(first.output()).toContain('stopped')
})

const portNow = async () =>
  (JSON.parse(await readFile(join(data, 'gate.json'), 'utf8')) as { port: number }).port

test('kill -9 of everything, then up again', { timeout: 180_000 }, async () => {
  const first = start(0)
  await first.ready()
  const rules = join(data, 'etc/sekisho.yaml')
  await eventually(async () => first.output().includes(`rules   none yet (${rules}). Next: sekisho init`))
  await writeFile(rules, '')
  const pids = await partPids()
  for (const pid of Object.values(pids)) process.kill(pid, 'SIGKILL')
  const second = start(0)
  expect(await healthy(await second.ready())).toBe(true)
  // Rules that are there and not in force are another thing than none.
  await eventually(async () =>
    second.output().includes(`rules   ${rules} is not applied yet. Next: sekisho config apply`),
  )
})

test('kill -9 of up alone leaves no second runner behind', { timeout: 180_000 }, async () => {
  const first = start(0)
  await first.ready()
  const { up, runner } = await partPids()
  process.kill(up, 'SIGKILL')
  const second = start(0)
  expect(await healthy(await second.ready())).toBe(true)
  expect(await isAlive(runner)).toBe(false)
})

test('a busy port is one sentence, exit 75, and nothing is left running', { timeout: 180_000 }, async () => {
  const taken: Server = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const up = start(port)
  expect(await up.code(), up.output()).toBe(75)
  expect(up.output()).toContain(`Port ${port} is in use`)
  expect(up.output()).toContain(`a program of the user ${userInfo().username} listens there`)
  const { runner } = JSON.parse(await readFile(join(data, 'up.json'), 'utf8')) as { runner: number }
  expect(await isAlive(runner)).toBe(false)
  await expect(readFile(join(data, 'pg/cluster/postmaster.pid'), 'utf8')).rejects.toThrow(/ENOENT/)
  taken.close()
})

test('rules that others can change keep a root runner from starting, in one sentence', {
  timeout: 180_000,
}, async () => {
  const first = start(0)
  await first.ready()
  await first.end()
  const rules = join(data, 'etc/compiled/runner.json')
  await writeFile(rules, '{}')
  await chmod(rules, 0o666)
  const second = start(0)
  if (process.getuid?.() !== 0) {
    // Who is not root trusts what is theirs: the rules are refused for what they say, and the gate comes up without.
    await second.ready()
    return
  }
  expect(await second.code(), second.output()).toBe(2)
  expect(second.output()).toContain(rules)
})
