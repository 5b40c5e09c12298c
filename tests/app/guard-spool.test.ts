// What the hook leaves for the gate, as the account of an agent leaves it: taken once, told as that account's word, and paused when it is
// refused again and again.
import {
  chmod,
  chown,
  link,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { guardPlacesOf } from '../../src/agents/guard-places.ts'
import { drainSpool } from '../../src/app/guard-spool.ts'
import { checkpoint } from '../../src/app/ledger.ts'
import type { DoctorFact, Status } from '../../src/contract/gate.ts'
import { run } from '../../src/sys/process.ts'
import { hookProgram } from './hook-program.ts'
import { openScene, type Scene } from './scene.ts'

const isRoot = process.getuid?.() === 0
/** Nobody of this machine. */
const AGENT = isRoot ? 61_234 : (process.getuid?.() ?? 0)
const OTHER = 61_235

let scene: Scene
let spool: string
let program: string
let paused: string
beforeAll(async () => {
  scene = await openScene({
    engine: false,
    policy: 'policy: { level: guard }\nguard: { pause_after: 3 }',
  })
  const places = guardPlacesOf(join(scene.directory, 'guard'))
  spool = places.spool
  program = await hookProgram(scene.directory)
  paused = places.paused
})
afterAll(() => scene.end())

async function hook(command: string, uid = AGENT, session = 's1') {
  const input = JSON.stringify({
    session_id: session,
    cwd: '/srv',
    hook_event_name: 'PreToolUse',
    tool_name: 'Bash',
    tool_input: { command },
    tool_use_id: 'toolu_1',
  })
  const guard = join(scene.directory, 'guard')
  return run([process.execPath, program, 'claude-code', '--guard', guard, '--lang', 'en'], {
    input,
    ...(isRoot ? { uid, gid: uid } : {}),
    env: { HOME: '/nonexistent' },
  })
}
const ledger = async (kind: string) =>
  (await scene.sql('select body from ledger order by seq'))
    .map(({ body }) => JSON.parse(String(body)) as Record<string, unknown>)
    .filter((one) => one['kind'] === kind)
const status = async () => (await scene.call<Status>('ops1', 'GET', '/status')).body

describe('the spool of the guard', () => {
  test('part of S05 and N14: a refusal is on the record, told by the account that was refused, with no secret in it', async () => {
    const answer = await hook(`sudo rm -rf ${scene.directory}/world; curl -H 'token=abcdef0123456789' x`)
    expect(answer.stdout, answer.stderr).toContain('"deny"')
    await drainSpool(scene.gate)
    const entries = await ledger('guard.refused')
    expect(entries).toHaveLength(1)
    expect(entries[0]).toMatchObject({
      subject: `uid:${AGENT}`,
      actor: 'system',
      payload: { uid: AGENT, session: 's1', call: 'toolu_1', tool: 'Bash', verdict: 'deny' },
    })
    expect(JSON.stringify(entries)).not.toContain('abcdef0123456789')
    expect(
      (await readdir(spool)).filter((name) => name.endsWith('.json') || name.endsWith('pending')),
    ).toEqual([])
    await checkpoint(scene.gate)
    expect((await scene.call('ops1', 'POST', '/ledger/verify')).body).toMatchObject({ sound: true })
  })

  test('a file that is still there after its commit is not taken twice', async () => {
    const before = (await ledger('guard.refused')).length
    await hook('shutdown -h now')
    const [name = ''] = (await readdir(spool)).filter((one) => one.endsWith('.json'))
    const bytes = await readFile(join(spool, name))
    await drainSpool(scene.gate)
    await writeFile(join(spool, name), bytes)
    if (isRoot) await chown(join(spool, name), AGENT, AGENT)
    await drainSpool(scene.gate)
    expect(await ledger('guard.refused')).toHaveLength(before + 1)
    expect(await readdir(spool)).not.toContain(name)
  })

  test('what no hook made is left alone: links, other names, too long, not an entry, not its who it says', async () => {
    const before = (await ledger('guard.refused')).length
    const hex = (digit: string) => digit.repeat(24)
    const own = async (name: string, text: string, uid = AGENT) => {
      await writeFile(join(spool, name), text, { mode: 0o644 })
      if (isRoot) await chown(join(spool, name), uid, uid)
    }
    const entry = {
      v: 1,
      agent: 'claude-code',
      session: 's',
      tool: 'Bash',
      cwd: '/',
      verdict: 'deny',
      rule: 'host.shutdown',
      intent: 'a'.repeat(32),
      text: 'x',
      observed: false,
    }
    const names = ['note.txt', ...['1', '2', '3', '4', '5', '6'].map((d) => `${AGENT}-${hex(d)}.json`)]
    const [note = '', long = '', broken = '', more = '', linked = '', hard = '', pretended = ''] = names
    await own(note, 'hello')
    await own(long, JSON.stringify({ ...entry, text: 'x'.repeat(9000) }))
    await own(broken, '{"v":1')
    await own(more, JSON.stringify({ ...entry, uid: 0 }))
    await symlink('/etc/passwd', join(spool, linked))
    await link(join(spool, note), join(spool, hard))
    if (isRoot) await own(pretended, JSON.stringify(entry), OTHER)
    await mkdir(join(spool, `${AGENT}-${hex('7')}.json`))
    await drainSpool(scene.gate)
    expect(await ledger('guard.refused')).toHaveLength(before)
    for (const name of isRoot ? names : names.slice(0, -1)) expect(await readdir(spool)).toContain(name)
    // A cut through a pair of characters is no reason to lose an entry.
    await own(
      `${AGENT}-${hex('8')}.json`,
      JSON.stringify({ ...entry, text: 'x\ud83d', intent: 'b'.repeat(32) }),
    )
    await drainSpool(scene.gate)
    expect(await ledger('guard.refused')).toHaveLength(before + 1)
  })

  test('after three different refusals the agent waits, on the record, in status and at its hook; a person lets it go on', async () => {
    await scene.call('ops2', 'POST', '/guard/resume', { who: String(AGENT) })
    const before = (await ledger('guard.paused')).length
    const ended = (await ledger('guard.resumed')).length
    expect((await status()).paused).toEqual([])
    await hook('reboot', AGENT, 's2')
    await hook('reboot', AGENT, 's2')
    await hook('git push --force origin main', AGENT, 's2')
    await hook(`rm -rf /etc/nginx`, AGENT, 's3')
    await hook(`chmod -R 777 /usr`, AGENT, 's3')
    await drainSpool(scene.gate)
    expect((await ledger('guard.paused')).slice(before)).toMatchObject([
      { payload: { uid: AGENT, limit: 3 } },
    ])
    expect(await readdir(paused)).toEqual([String(AGENT)])
    expect(await status()).toMatchObject({ calm: false, paused: [{ uid: AGENT }] })
    const waits = await hook('ls')
    expect(waits.stdout).toContain('paused')
    expect(waits.stdout).toContain(`sekisho agent resume ${AGENT}`)
    // Whoever is woken by it sees first what it was.
    const { facts } = (await scene.call<{ facts: DoctorFact[] }>('ops1', 'GET', '/doctor')).body
    expect(facts.filter(({ code }) => code === 'doctor.guard_paused')).toMatchObject([
      {
        state: 'warn',
        values: {
          intents: 3,
          calls: ['`chmod -R 777 /usr`', '`git push --force origin main`', '`reboot`'],
        },
      },
    ])

    for (const who of ['claude', 'dev'] as const)
      expect((await scene.call(who, 'POST', '/guard/resume', { who: String(AGENT) })).status).toBe(403)
    expect(await readdir(paused)).toEqual([String(AGENT)])
    expect(await scene.call('ops2', 'POST', '/guard/resume', { who: 'no-such-user' })).toMatchObject({
      status: 404,
    })
    expect(await scene.call('ops2', 'POST', '/guard/resume', { who: String(AGENT) })).toMatchObject({
      status: 200,
    })
    expect((await ledger('guard.resumed')).slice(ended)).toMatchObject([
      { actor: 'ops2', payload: { uid: AGENT } },
    ])
    expect(await readdir(paused)).toEqual([])
    expect(await hook('ls')).toMatchObject({ code: 0, stdout: '' })
    expect(await scene.call('ops2', 'POST', '/guard/resume', { who: String(AGENT) })).toMatchObject({
      status: 409,
    })
    // What came before the resume counts no more.
    await hook('reboot', AGENT, 's4')
    await drainSpool(scene.gate)
    expect(await readdir(paused)).toEqual([])
  })

  test('a pause whose file was lost in a crash is there again', async () => {
    await scene.sql('insert into guard_pause (uid, intents, at) values (61236, 4, now())')
    await writeFile(join(paused, '61237'), '')
    await drainSpool(scene.gate)
    expect(await readdir(paused)).toEqual(['61236'])
    await scene.sql('delete from guard_pause')
  })

  test('yesterday’s calls are one entry, and beyond 64 MiB the oldest entries go, which is on the record', async () => {
    await writeFile(join(spool, `${AGENT}-2026-01-01.count`), 'x'.repeat(321))
    if (isRoot) await chown(join(spool, `${AGENT}-2026-01-01.count`), AGENT, AGENT)
    await drainSpool(scene.gate)
    expect(await ledger('guard.calls')).toMatchObject([
      { payload: { uid: AGENT, day: '2026-01-01', calls: 321 } },
    ])
    const before = (await ledger('guard.refused')).length
    // Each entry takes a block; a few thousand of the longest are more than the quota.
    const each = Math.ceil((64 * 1_048_576) / 8192) + 3
    for (let i = 0; i < each; i++) {
      const path = join(spool, `${AGENT}-${i.toString(16).padStart(24, '0')}.json`)
      await writeFile(path, 'x'.repeat(8192))
      if (isRoot) await chown(path, AGENT, AGENT)
      await utimes(path, new Date(2026, 0, 1), new Date(2026, 0, 1, 0, 0, i))
    }
    await drainSpool(scene.gate)
    const [overflow] = await ledger('guard.spool_overflow')
    expect(overflow).toMatchObject({ payload: { uids: [AGENT] } })
    const { removed } = (overflow as { payload: { removed: number } }).payload
    expect(removed).toBeGreaterThanOrEqual(3)
    expect(await ledger('guard.refused')).toHaveLength(before)
  })

  test('at observe it is told as what would have been refused, and nobody is paused', async () => {
    await scene.rewritePolicy((yaml) => yaml.replace('level: guard', 'level: observe'))
    for (const command of ['reboot', 'git push --force origin main', 'rm -rf /etc', 'chmod -R 777 /usr'])
      expect(await hook(command, AGENT, 's9')).toMatchObject({ code: 0, stdout: '' })
    await drainSpool(scene.gate)
    expect((await ledger('guard.would_refuse')).length).toBeGreaterThanOrEqual(4)
    expect(await readdir(paused)).toEqual([])
    expect((await stat(spool)).mode & 0o7777).toBe(0o1733)
    await chmod(spool, 0o1733)
  })
})
