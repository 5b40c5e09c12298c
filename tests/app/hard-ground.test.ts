// What the command line says where the ground gives way: a full disk, no permission, a store that is not there, a taken port, a second `up`,
// code that others can write. In both languages one message, its exit code, and nothing half-done: what is free again goes on by itself.
import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { codeHere } from '../../src/app/up/code.ts'
import { copyCode } from '../../src/app/up/own-copy.ts'
import { COPIES } from '../../src/app/up/supervise.ts'
import { run } from '../../src/sys/process.ts'
import { type Heard, hear } from '../heard.ts'
import { eventually } from './scene.ts'

const SEKISHO = fileURLToPath(new URL('../../bin/sekisho', import.meta.url))
const ROOT = process.getuid?.() === 0
const NOBODY = 65_534
const LIMIT_MS = 120_000

type Language = 'en' | 'ja'
type Said = Readonly<Record<Language, string>>

let scratch: string
let mounted: string[] = []
let running: Heard[] = []
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'sk-hard-'))
  chmodSync(scratch, 0o755)
  mkdirSync(join(scratch, 'home'))
})
afterEach(async () => {
  for (const one of running) {
    if (one.end() !== undefined) continue
    one.child.kill('SIGCONT')
    one.child.kill('SIGTERM')
    await one.ended(LIMIT_MS)
  }
  running = []
  for (const path of mounted) execFileSync('umount', ['-l', path])
  mounted = []
  rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
})

const data = () => join(scratch, 'd')
const home = () => ({ HOME: join(scratch, 'home'), XDG_CONFIG_HOME: join(scratch, 'home') })

/** A volume of its own, with so many bytes. */
function volume(path: string, size: string): void {
  mkdirSync(path, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', path])
  mounted.push(path)
}
/** To the last byte. Gives it back. */
function fill(path: string): () => void {
  const ballast = join(path, 'ballast')
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k'], { stdio: 'ignore' })
  } catch {
    // dd ends where the volume does.
  }
  return () => rmSync(ballast)
}

async function freePort(): Promise<number> {
  const { server, port } = await listening()
  await new Promise((resolve) => server.close(resolve))
  return port
}
async function listening(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 }
}

interface Ways {
  readonly env?: Readonly<Record<string, string>>
  readonly uid?: number
  readonly input?: string
  readonly program?: readonly string[]
}
async function typed(language: Language, words: readonly string[], ways: Ways = {}) {
  const argv = [...(ways.program ?? [SEKISHO]), ...words, '--data', data(), '--lang', language]
  return run(argv, {
    timeoutMs: LIMIT_MS,
    env: { PATH: process.env['PATH'] ?? '', ...home(), ...ways.env },
    input: ways.input ?? '',
    ...(ways.uid === undefined ? {} : { uid: ways.uid, gid: ways.uid }),
  })
}

/** The message without the breaks of its lines: what, why, what to type. */
const flat = (text: string) => text.replaceAll(/\s+/g, ' ').trim()

/** In both languages: this message whole and nothing else, this exit code. */
async function refused(words: readonly string[], exit: number, said: Said, ways: Ways = {}): Promise<void> {
  for (const language of ['en', 'ja'] as const) {
    const { code, stdout, stderr } = await typed(language, words, ways)
    expect({ code, said: flat(stderr), stdout }).toEqual({ code: exit, said: said[language], stdout: '' })
  }
}

async function up(port: number): Promise<Heard> {
  const heard = hear(
    spawn(SEKISHO, ['up', '--data', data(), '--port', String(port), '--lang', 'en'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', ...home() },
      detached: true,
    }),
  )
  running.push(heard)
  await heard.until('the gate to be told', () => /http:\/\//.test(heard.out() + heard.err()), LIMIT_MS)
  return heard
}
const pidOf = (path: string) => Number(/\d+/.exec(readFileSync(join(data(), path), 'utf8'))?.[0])

/** No process of this directory is left. */
async function quiet(): Promise<void> {
  const left = () =>
    readdirSync('/proc').filter((pid) => {
      if (!/^\d+$/.test(pid)) return false
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
        return argv.some((one) => one === data() || one.startsWith(`${data()}/`))
      } catch {
        return false
      }
    })
  await eventually(
    async () => left().length === 0,
    () => `left: ${left().join(' ')}`,
  )
}

/** Somebody who may read what is everybody's, with a home of their own. */
function asNobody(): Ways {
  const own = join(scratch, 'nobody')
  mkdirSync(own, { recursive: true })
  chownSync(own, NOBODY, NOBODY)
  return { uid: NOBODY, env: { HOME: own, XDG_CONFIG_HOME: own } }
}

/** Rules with one person who is logged in, and a file to change. */
async function inhabited(): Promise<{ readonly file: string; readonly change: readonly string[] }> {
  const [file, fresh, key] = ['app.conf', 'new', 'key'].map((name) => join(scratch, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(file, 'limit = 10\n')
  writeFileSync(fresh, 'limit = 20\n')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  writeFileSync(
    join(data(), 'etc/sekisho.yaml'),
    `name: t\nservices:\n  app: { configs: [{ path: ${file}, kind: file, activation: none }] }\n`,
  )
  for (const words of [
    ['person', 'add', 'hanako', '--role', 'owner', '--key', `${key}.pub`],
    ['login', 'hanako', '--key', key],
  ]) {
    const { code, stderr } = await typed('en', words)
    expect(code, stderr).toBe(0)
  }
  const change = [
    'do',
    'config',
    '--service',
    'app',
    '--instruction',
    'more',
    '--file',
    `${file}=${fresh}`,
    '--no-wait',
  ]
  return { file, change }
}
const changes = async () =>
  (await typed('en', ['change', 'list', '--all'])).stdout.match(/CHG-/g)?.length ?? 0

test('a second up: exit 75, and the first goes on', { timeout: LIMIT_MS }, async () => {
  const port = await freePort()
  await up(port)
  const pid = pidOf('up.json')
  await refused(['up', '--port', String(port)], 75, {
    en: `✗ Sekisho is already up in ${data()} why process ${pid} holds it next sekisho status sekisho down`,
    ja: `✗ この場所では関所がもう動いています: ${data()} 理由 プロセス ${pid} が使っています 次に sekisho status sekisho down`,
  })
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).ok).toBe(true)
})

test('a busy port: exit 75, nothing is left running, and another port does', {
  timeout: LIMIT_MS,
}, async () => {
  const { server, port } = await listening()
  const who = userInfo().username
  await refused(['up', '--port', String(port)], 75, {
    en: `✗ Port ${port} is in use why a program of the user ${who} listens there next ss -ltnp 'sport = :${port}' sekisho up --port 7441`,
    ja: `✗ ポート ${port} は使われています 理由 待ち受けているのは利用者 ${who} のプログラムです 次に ss -ltnp 'sport = :${port}' sekisho up --port 7441`,
  })
  await quiet()
  server.close()
  await up(await freePort())
})

describe('a stopped PostgreSQL', () => {
  test('one that DATABASE_URL names: exit 75, nothing is left running', { timeout: LIMIT_MS }, async () => {
    const port = await freePort()
    const next = {
      en: 'next see that PostgreSQL runs and that DATABASE_URL is right',
      ja: '次に PostgreSQL が動いているか、DATABASE_URL が正しいかを確かめる',
    }
    await refused(
      ['up', '--port', String(port)],
      75,
      {
        en: `✗ The store cannot be reached why nobody listens there ${next.en}`,
        ja: `✗ データベースにつながりません 理由 そこで待っているものがありません ${next.ja}`,
      },
      { env: { DATABASE_URL: `postgres://a:b@127.0.0.1:${await freePort()}/c` } },
    )
    await refused(
      ['up', '--port', String(port)],
      75,
      {
        en: `✗ The store cannot be reached why its socket is not there ${next.en}`,
        ja: `✗ データベースにつながりません 理由 ソケットがありません ${next.ja}`,
      },
      { env: { DATABASE_URL: `postgres:///c?host=${scratch}/none` } },
    )
    await quiet()
  })

  test('the gate’s own, that hangs or is gone: exit 75, and it goes on where it was', {
    timeout: 240_000,
  }, async () => {
    const port = await freePort()
    const all = await up(port)
    const { change } = await inhabited()
    const postgres = pidOf('pg/cluster/postmaster.pid')
    process.kill(postgres, 'SIGSTOP')
    await refused(['status'], 75, {
      en: '✗ The store cannot be reached why no answer in time next sekisho doctor start it with sekisho up',
      ja: '✗ データベースにつながりません 理由 時間内に応答がありません 次に sekisho doctor sekisho up で始める',
    })
    process.kill(postgres, 'SIGCONT')
    // Gone, and nobody there to start it again.
    all.child.kill('SIGSTOP')
    process.kill(postgres, 'SIGQUIT')
    const silent = {
      en: `✗ The gate does not answer: http://127.0.0.1:${port} why it is not running, or it runs elsewhere next sekisho up sekisho status --data DIR`,
      ja: `✗ 関所が応答しません: http://127.0.0.1:${port} 理由 動いていないか、別の場所で動いています 次に sekisho up sekisho status --data DIR`,
    }
    await eventually(async () => (await typed('en', ['status'])).stderr.includes('does not answer'))
    await refused(['status'], 75, silent)
    await refused(change, 75, silent)
    const doctor = await typed('en', ['doctor'])
    expect([doctor.code, flat(doctor.stdout)]).toEqual([
      1,
      `✗ gate the gate does not answer (http://127.0.0.1:${port}) mend sekisho up`,
    ])
    all.child.kill('SIGCONT')
    await eventually(async () => (await typed('en', ['change', 'list'])).code === 0)
    expect(await changes()).toBe(0)
    expect((await typed('en', change)).code).toBe(3)
  })
})

describe.runIf(ROOT)('as root', () => {
  test('a full disk at the start: exit 75, nothing is left running, and with space it comes up', {
    timeout: LIMIT_MS,
  }, async () => {
    const port = String(await freePort())
    volume(data(), '400m')
    const free = fill(data())
    const path = join(data(), 'up.json')
    await refused(['up', '--port', port], 75, {
      en: `✗ Not enough space on the volume of ${path} why nothing half-written was left next df -h ${path}`,
      ja: `✗ 空き容量が足りません: ${path} 理由 書きかけは残していません 次に df -h ${path}`,
    })
    await quiet()
    free()
    await up(Number(port))
  })

  test('a disk that fills up: exit 75, no rule, secret or change is half-written', {
    timeout: LIMIT_MS,
  }, async () => {
    volume(data(), '400m')
    await up(await freePort())
    const { change } = await inhabited()
    const rules = join(data(), 'etc/sekisho.yaml')
    const before = readFileSync(rules, 'utf8')
    const free = fill(data())
    await refused(['person', 'add', 'jiro', '--role', 'viewer'], 75, {
      en: `✗ Not enough space on the volume of ${rules} why nothing half-written was left next df -h ${rules}`,
      ja: `✗ 空き容量が足りません: ${rules} 理由 書きかけは残していません 次に df -h ${rules}`,
    })
    const secret = join(data(), 'runner/secrets/app/TOKEN')
    await refused(
      ['secret', 'put', 'app', 'TOKEN'],
      75,
      {
        en: `✗ Not enough space on the volume of ${secret}/1 why nothing half-written was left next df -h ${secret}/1`,
        ja: `✗ 空き容量が足りません: ${secret}/1 理由 書きかけは残していません 次に df -h ${secret}/1`,
      },
      { input: 'value-of-the-tests' },
    )
    await refused(change, 75, {
      en: '✗ No space left where the store lies: PostgreSQL why nothing is half-written; it goes on by itself when there is space next look with df -h and free some space',
      ja: '✗ データベースの置き場所に空きがありません: PostgreSQL 理由 途中まで書いたものはありません。空きができれば自分で続けます 次に df -h で確かめ、空きを作る',
    })
    expect(readFileSync(rules, 'utf8')).toBe(before)
    expect(readdirSync(join(data(), 'etc'))).toEqual(['compiled', 'sekisho.yaml'])
    expect(readdirSync(secret)).toEqual([])
    expect(await changes()).toBe(0)
    free()
    expect((await typed('en', change)).code).toBe(3)
    expect((await typed('en', ['ledger', 'verify'])).code).toBe(0)
  })

  test('no permission: one message each, and nothing is touched', { timeout: LIMIT_MS }, async () => {
    await up(await freePort())
    const rules = join(data(), 'etc/sekisho.yaml')
    await inhabited()
    const before = readFileSync(rules, 'utf8')
    const nobody = asNobody()
    const forRoot = (words: readonly string[], language: Language) =>
      ['sudo', 'sekisho', ...words, '--data', data(), '--lang', language].join(' ')
    for (const words of [
      ['config', 'apply'],
      ['person', 'add', 'jiro', '--role', 'viewer'],
      ['secret', 'put', 'app', 'TOKEN'],
      ['secret', 'list', 'app'],
      ['runner', 'reconcile'],
    ])
      await refused(
        words,
        2,
        {
          en: `✗ This is for root why the gate here is root’s; its rules are in ${rules} next ${forRoot(words, 'en')}`,
          ja: `✗ これは root がすることです 理由 この関所は root のもので、規則は ${rules} にあります 次に ${forRoot(words, 'ja')}`,
        },
        { ...nobody, input: 'value-of-the-tests' },
      )
    await refused(
      ['down'],
      1,
      {
        en: `✗ No permission for ${data()} why the present user is not permitted next ls -ld ${data()}`,
        ja: `✗ 権限がありません: ${data()} 理由 いまの利用者には許されていません 次に ls -ld ${data()}`,
      },
      nobody,
    )
    expect(readFileSync(rules, 'utf8')).toBe(before)
    expect(existsSync(join(data(), 'runner/secrets/app'))).toBe(false)
    expect((await typed('en', ['status'])).code).toBe(0)
  })

  test('a place where this user may not write: exit 1, and nothing is made', {
    timeout: LIMIT_MS,
  }, async () => {
    // `scratch` is root's, and others only read it.
    await refused(
      ['up'],
      1,
      {
        en: `✗ No permission for ${data()} why the present user has no permission next ls -ld ${data()}`,
        ja: `✗ 権限がありません: ${data()} 理由 いまの利用者には権限がありません 次に ls -ld ${data()}`,
      },
      asNobody(),
    )
    expect(readdirSync(scratch).sort()).toEqual(['home', 'nobody'])
  })

  test('code that others can write: exit 2 before it runs, nothing is made', {
    timeout: 240_000,
  }, async () => {
    const code = join(scratch, 'code')
    await copyCode(codeHere(), code)
    chmodSync(join(code, 'dist/runner.mjs'), 0o666)
    // The place of root's own copies, open to others, as a process sees it that has its own mounts.
    const open = `mount --make-rprivate / && mkdir -p ${COPIES} && mount -t tmpfs -o mode=777 tmpfs ${COPIES} && exec "$0" "$@"`
    await refused(
      ['up', '--port', String(await freePort())],
      2,
      {
        en: `✗ A root runner does not start on what others can change: ${COPIES} why others may write to it next ls -ld ${COPIES} chmod go-w ${COPIES}`,
        ja: `✗ ほかの利用者が書き換えられる場所なので、root では動きません: ${COPIES} 理由 ほかの利用者も書き込めます 次に ls -ld ${COPIES} chmod go-w ${COPIES}`,
      },
      { program: ['unshare', '-m', 'sh', '-c', open, join(code, 'bin/sekisho')] },
    )
    await quiet()
    expect(existsSync(join(data(), 'pg'))).toBe(false)
    expect(existsSync(join(data(), 'runner'))).toBe(false)
    expect(existsSync(join(data(), 'log/runner.log'))).toBe(false)
  })
})
