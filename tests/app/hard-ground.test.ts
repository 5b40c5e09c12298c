// What the command line says where the ground gives way: a full disk, no permission, a store that is not there, a taken port, a second `up`,
// code that others can write. In both languages one message, its exit code, and nothing half-done: what is free again goes on by itself.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { codeHere } from '../../src/install/up/code.ts'
import { copyCode } from '../../src/install/up/own-copy.ts'
import { COPIES } from '../../src/install/up/supervise.ts'
import { freshDatabase } from '../db/database.ts'
import {
  asNobody,
  begin,
  changes,
  data,
  end,
  fill,
  flat,
  freePort,
  inhabited,
  type Language,
  LIMIT_MS,
  listening,
  pidOf,
  quiet,
  ROOT,
  refused,
  scratch,
  served,
  typed,
  up,
  volume,
} from './ground.ts'
import { eventually } from './scene.ts'

beforeEach(begin)
afterEach(end)

test('a second up, or a store beside it: exit 75, and the first goes on', { timeout: LIMIT_MS }, async () => {
  const port = await freePort()
  await up(port)
  const pid = pidOf('up.json')
  await refused(['up', '--port', String(port)], 75, {
    en: `✗ Sekisho is already up in ${data()} why process ${pid} holds it next sekisho status sekisho down`,
    ja: `✗ この場所では関所がもう動いています: ${data()} 理由 プロセス ${pid} が使っています 次に sekisho status sekisho down`,
  })
  const postgres = pidOf('pg/cluster/postmaster.pid')
  const { uid, gid } = statSync(join(data(), 'pg'))
  const beside = served(['store'], {}, { uid, gid })
  expect(await beside.ended()).toEqual({ code: 75, signal: null })
  expect(flat(beside.err().split('\n').slice(1).join('\n'))).toBe(
    `Another process serves the store of ${data()} its PostgreSQL (process ${postgres}) was left running as it is sekisho status`,
  )
  expect(pidOf('pg/cluster/postmaster.pid')).toBe(postgres)
  process.kill(postgres, 0)
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

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
}

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

  test('a gate without one answers 503 and says so once, and serves when it is there', {
    timeout: LIMIT_MS,
  }, async () => {
    const empty = await freshDatabase()
    const url = new URL(empty.ownerUrl)
    const socket = url.searchParams.get('host') ?? ''
    url.searchParams.set('host', join(scratch, 'pg'))
    mkdirSync(data())
    const port = await freePort()
    const gate = served(['gate', '--port', String(port)], { DATABASE_URL: url.toString() })
    const asked = () =>
      fetch(`http://127.0.0.1:${port}/api/v1/status`, { headers: { 'accept-language': 'en' } })
    await gate.until('503', async () => (await asked().catch(() => undefined))?.headers.has('retry-after'))
    const { code, title } = (await (await asked()).json()) as Record<string, unknown>
    expect([code, title]).toEqual(['store.unavailable', 'The store cannot be reached'])
    await sleep(1500)
    expect(gate.end()).toBeUndefined()
    expect(gate.err().trim().split('\n')).toHaveLength(1)
    symlinkSync(socket, join(scratch, 'pg'))
    await gate.until('the gate', async () => (await asked()).status === 401)
    gate.child.kill('SIGTERM')
    expect(await gate.ended()).toEqual({ code: 0, signal: null })
    await empty.drop()
  })

  test('the gate’s own, that hangs or is gone: exit 75, and it goes on where it was', {
    timeout: 240_000,
  }, async () => {
    const port = await freePort()
    const all = await up(port)
    const { change } = await inhabited()
    const postgres = pidOf('pg/cluster/postmaster.pid')
    // A connection that is open already would still be answered by its own process.
    const servers = [postgres, ...childrenOf(postgres)]
    for (const pid of servers) process.kill(pid, 'SIGSTOP')
    // The gate loses its slot and is started again; then it tells what it waits for.
    await eventually(async () => (await typed('en', ['status'])).stderr.includes('store cannot be reached'))
    for (const [language, what] of [
      ['en', '✗ The store cannot be reached why '],
      ['ja', '✗ データベースにつながりません 理由 '],
    ] as const) {
      const { code, stdout, stderr } = await typed(language, ['status'])
      expect([code, stdout, flat(stderr).slice(0, what.length)]).toEqual([75, '', what])
    }
    for (const pid of servers) process.kill(pid, 'SIGCONT')
    await eventually(async () => (await typed('en', ['change', 'list'])).code === 0)
    // Gone, and nobody there to start it again.
    all.child.kill('SIGSTOP')
    process.kill(pidOf('pg/cluster/postmaster.pid'), 'SIGQUIT')
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
    fill(data())
    await refused(
      ['secret', 'put', 'app', 'TOKEN'],
      75,
      {
        en: `✗ Not enough space on the volume of ${secret}/1 why nothing half-written was left next df -h ${secret}/1`,
        ja: `✗ 空き容量が足りません: ${secret}/1 理由 書きかけは残していません 次に df -h ${secret}/1`,
      },
      { input: 'value-of-the-tests' },
    )
    fill(data())
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
        en: `✗ No permission for ${data()} why the present user has no permission next ls -ld ${data()}`,
        ja: `✗ 権限がありません: ${data()} 理由 いまの利用者には権限がありません 次に ls -ld ${data()}`,
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
        en: `✗ A root runner does not use what others can change: ${COPIES} why others may write to it next ls -ld ${COPIES} chmod go-w ${COPIES}`,
        ja: `✗ ほかの利用者が書き換えられる場所なので、root では使いません: ${COPIES} 理由 ほかの利用者も書き込めます 次に ls -ld ${COPIES} chmod go-w ${COPIES}`,
      },
      { program: ['unshare', '-m', 'sh', '-c', open, join(code, 'bin/sekisho')] },
    )
    await quiet()
    expect(existsSync(join(data(), 'pg'))).toBe(false)
    expect(existsSync(join(data(), 'runner'))).toBe(false)
    expect(existsSync(join(data(), 'log/runner.log'))).toBe(false)
  })
})
