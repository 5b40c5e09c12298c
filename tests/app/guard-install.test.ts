// The hook of Claude Code as it is put in, taken out and rewritten by the real command line, and what the installed line does then.
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isObject } from '../../src/base/json.ts'
import { ALIVE } from '../../src/guard/proof.ts'
import { run } from '../../src/sys/process.ts'
import { withEarlierLine } from './earlier-line.ts'

const CHECKOUT = resolve(import.meta.dirname, '../..')
const PROGRAM = join(CHECKOUT, 'bin/sekisho')
const YAML = `lang: en
services:
  backend:
    host: local
    manager: { systemd: backend.service }
    data: [{ dir: /srv/app/backend/data, change: api-only, api: { base: 'https://localhost/api' }, format: json }]
    configs: [{ path: /srv/app/.env, kind: dotenv }]
people:
  ops1: { name: Hanako, roles: [owner], keys: ['KEY'] }
policy: { level: observe }
`

let root: string
let project: string
let data: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sekisho-guard-'))
  await chmod(root, 0o755)
  project = join(root, 'project')
  data = join(root, 'data')
  await mkdir(join(project, '.git'), { recursive: true })
  await mkdir(join(data, 'etc'), { recursive: true })
  const key = join(root, 'key')
  await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key])
  const line = (await readFile(`${key}.pub`, 'utf8')).trim()
  await writeFile(join(data, 'etc/sekisho.yaml'), YAML.replace('KEY', line))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const sekisho = (...words: readonly string[]) =>
  run([PROGRAM, ...words, '--data', data, '--lang', 'en'], {
    cwd: project,
    env: { HOME: root, SEKISHO_SOURCES: '1' },
    timeoutMs: 60_000,
  })
const settings = join('.claude', 'settings.json')
const inProject = (path: string) => join(project, path)
const read = (path: string) => readFile(inProject(path), 'utf8')

/** As the agent does it: the line of the settings through a shell, the call on stdin. */
async function installedLine(): Promise<string> {
  const value: unknown = JSON.parse(await read(settings))
  const found = JSON.stringify(value)
  expect(isObject(value)).toBe(true)
  const line = /"command":("(?:unset|\/)[^"\\]*(?:\\.[^"\\]*)*")/.exec(found)?.[1]
  if (line === undefined) throw new Error(`no hook in ${found}`)
  return JSON.parse(line) as string
}
const call = (command: string) =>
  JSON.stringify({
    session_id: 's1',
    cwd: '/srv/app',
    hook_event_name: 'PreToolUse',
    tool_name: 'Bash',
    tool_input: { command },
  })
async function hook(input: string, line?: string, env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await run(['sh', '-c', line ?? (await installedLine())], {
    input,
    env: { HOME: root, ...env },
  })
  return { code, stdout, stderr }
}

describe('the hook in front of Claude Code', () => {
  const FOREIGN = `{
\t"model": "opus",
\t"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "say done"}]}]},
\t"env": {"A": "1"}
}`
  test('part of N14: config apply writes what the guard reads: for every account, under the version of the runner, and nothing else of it', async () => {
    const applied = await sekisho('config', 'apply', '--offline')
    expect(applied, applied.stderr).toMatchObject({ code: 0 })
    const mode = async (path: string) => ((await stat(path)).mode & 0o7777).toString(8)
    expect(await mode(`${data}-guard`)).toBe('755')
    expect(await mode(`${data}-guard/guard.json`)).toBe('644')
    expect(await mode(`${data}-guard/spool`)).toBe('1733')
    expect(await mode(`${data}-guard/paused`)).toBe('755')
    const version = (text: string) => (JSON.parse(text) as { version: string }).version
    const guard = await readFile(`${data}-guard/guard.json`, 'utf8')
    expect(version(guard)).toBe(version(await readFile(join(data, 'etc/compiled/runner.json'), 'utf8')))
    expect(guard).not.toMatch(/Hanako|ssh-ed25519/)
    expect(await readdir(join(data, 'etc/compiled'))).not.toContain('guard.json')
  })

  test('it shows what it would write and writes nothing without a yes', async () => {
    await mkdir(inProject('.claude'))
    await writeFile(inProject(settings), FOREIGN, { mode: 0o600 })
    const asked = await sekisho('install', 'claude-code')
    expect(asked.code).toBe(3)
    expect(asked.stderr).toContain('+\t\t"PreToolUse": [')
    expect(asked.stderr).toContain('--yes')
    expect(await read(settings)).toBe(FOREIGN)
    const printed = await sekisho('install', 'claude-code', '--print')
    expect(printed.code).toBe(0)
    expect(JSON.parse(printed.stdout)).toMatchObject({ model: 'opus', env: { A: '1' } })
    expect(await read(settings)).toBe(FOREIGN)
  })

  test('it stands once beside what others wrote, in their indentation and order, and twice is once', async () => {
    const done = await sekisho('install', 'claude-code', '--yes')
    expect(done, done.stderr).toMatchObject({ code: 0 })
    const text = await read(settings)
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['model', 'hooks', 'env'])
    expect(text).toMatch(/^\{\n\t"model"/)
    expect(text).toContain('say done')
    expect((await stat(inProject(settings))).mode & 0o777).toBe(0o600)
    expect(await read(`${settings}.sekisho.bak`)).toBe(FOREIGN)
    const again = await sekisho('install', 'claude-code', '--yes')
    expect(again.stdout).toContain('already')
    expect(await read(settings)).toBe(text)
    expect(JSON.parse(await readFile(`${data}-guard/installed.json`, 'utf8'))).toMatchObject({
      hooks: [{ path: inProject(settings), wiring: { level: 'observe', managed: false } }],
    })
  })

  test('at observe nothing is ever stopped, and what would have been refused is in the spool', async () => {
    expect(await hook(call('rm -rf /srv/app/backend/data'))).toMatchObject({ code: 0, stdout: '' })
    expect(await hook('not json')).toMatchObject({ code: 0, stdout: '' })
    const left = (await readdir(`${data}-guard/spool`)).filter((name) => name.endsWith('.json'))
    expect(left).toHaveLength(1)
    const entry = await readFile(join(`${data}-guard/spool`, left[0] ?? ''), 'utf8')
    expect(JSON.parse(entry)).toMatchObject({ verdict: 'deny', rule: 'protect.data', observed: true })
  })

  test('level guard applies and rewrites every hook that was put in: now it refuses', async () => {
    const raised = await sekisho('level', 'guard', '--offline')
    expect(raised, raised.stderr).toMatchObject({ code: 0 })
    expect(raised.stdout).toContain(inProject(settings))
    const answer = await hook(call('rm -rf /srv/app/backend/data'))
    expect(answer.code).toBe(0)
    expect(answer.stdout).toContain('"permissionDecision":"deny"')
    expect(await hook(call('ls /srv/app/backend/data'))).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test('part of N14 and S01: at guard the installed line is closed: broken input, missing program, crash, hang, unreadable rules', async () => {
    const line = await installedLine()
    const closed = async (which: string, input: string, mended = line, env = {}) => {
      const answer = await hook(input, mended, env)
      expect(answer, which).toMatchObject({ code: 2, stdout: '' })
      expect(answer.stderr, which).toMatch(/Sekisho/)
    }
    await closed('not JSON', 'not json')
    await closed('cut off', call('ls').slice(0, -5))
    await closed('empty', '')
    await closed('huge', `{"a":"${'x'.repeat(17 * 1_048_576)}"}`)
    await closed('not there', call('ls'), line.replaceAll(PROGRAM, join(root, 'gone')))
    const crash = join(root, 'crash')
    await writeFile(crash, '#!/bin/sh\nkill -SEGV $$\n', { mode: 0o755 })
    await closed('crash', call('ls'), line.replaceAll(PROGRAM, crash))
    // A file that was emptied or torn by a full disk runs, says nothing, and ends well.
    const torn = join(root, 'torn')
    for (const text of ['', '#!/bin/sh\nhere=$0\n']) {
      await writeFile(torn, text, { mode: 0o755 })
      await closed('torn', call('ls'), line.replaceAll(PROGRAM, torn))
    }
    const hang = join(root, 'hang')
    await writeFile(hang, '#!/bin/sh\nsleep 60\n', { mode: 0o755 })
    await closed(
      'hang',
      call('ls'),
      line.replaceAll(PROGRAM, hang).replace('timeout -k 1 15', 'timeout -k 1 1'),
    )
    const rules = `${data}-guard/guard.json`
    const good = await readFile(rules, 'utf8')
    await writeFile(rules, good.slice(0, -20))
    await closed('rules cut off', call('ls'))
    await rm(rules)
    await mkdir(rules)
    await closed('rules that cannot be read', call('ls'))
    await rm(rules, { recursive: true })
    await writeFile(rules, good)
    expect(await hook(call('ls'))).toMatchObject({ code: 0 })
  })

  test('part of N14: the self-test asks the installed line on this machine, and is red when it answers otherwise', async () => {
    const spool = async () => (await readdir(`${data}-guard/spool`)).filter((name) => name.endsWith('.json'))
    const before = await spool()
    const green = await sekisho('guard', 'self-test', '--json')
    expect(green, green.stdout + green.stderr).toMatchObject({ code: 0 })
    const { hooks } = JSON.parse(green.stdout) as { hooks: { vectors: number; failures: unknown[] }[] }
    expect(hooks).toMatchObject([{ failures: [] }])
    expect(hooks[0]?.vectors).toBeGreaterThan(12)
    // A test is no refusal: it leaves nothing for the record.
    expect(await spool()).toEqual(before)
    const text = await read(settings)
    await writeFile(
      inProject(settings),
      text.replaceAll('/usr/bin/timeout -k', 'true || /usr/bin/timeout -k'),
    )
    const rewired = await sekisho('guard', 'self-test')
    expect(rewired.code).toBe(1)
    expect(rewired.stdout).toContain('expected wired, got other')
    // Settings that cannot be read are one red hook among others.
    await writeFile(inProject(settings), text.slice(0, 40))
    const torn = await sekisho('guard', 'self-test')
    expect(torn).toMatchObject({ code: 1, stderr: '' })
    expect(torn.stdout).toContain('cannot be asked')
    expect(torn.stdout).toContain('settings: expected readable, got unreadable')
    await writeFile(inProject(settings), text)
    // A program that lets everything through, wired as it was: only asking finds it.
    const list = `${data}-guard/installed.json`
    const listed = await readFile(list, 'utf8')
    const nodding = join(root, 'nodding/bin/sekisho')
    await mkdir(join(root, 'nodding/bin'), { recursive: true })
    await writeFile(nodding, '#!/bin/sh\nfor a; do :; done\necho "sekisho $a has looked"\n', { mode: 0o755 })
    await writeFile(inProject(settings), text.replaceAll(PROGRAM, nodding))
    await writeFile(list, listed.replaceAll(PROGRAM, nodding))
    const nods = await sekisho('guard', 'self-test')
    expect(nods.code).toBe(1)
    expect(nods.stdout).toContain('shutdown -h now: expected deny, got free')
    await writeFile(inProject(settings), text)
    await writeFile(list, listed)
    // What these settings give to the hook is looked at too.
    await writeFile(inProject(settings), text.replace('"A": "1"', '"LD_PRELOAD": "/tmp/a.so"'))
    const loaded = await sekisho('guard', 'self-test')
    expect(loaded.code).toBe(1)
    expect(loaded.stdout).toContain('expected no env.LD_PRELOAD')
    for (const [language, said] of [
      ['en', 'a variable loads other code into the guard’s shell (LD_PRELOAD)'],
      ['ja', '（LD_PRELOAD）'],
    ] as const)
      expect((await sekisho('doctor', '--lang', language)).stdout).toContain(said)
    await writeFile(inProject(settings), text)
  })

  test('a program of the agent on PATH, its exit code and its variables let nothing through', async () => {
    const line = await installedLine()
    const own = join(root, 'own-programs')
    await mkdir(own)
    for (const name of ['timeout', 'env', 'sekisho', 'printf', 'node', 'readlink'])
      await writeFile(join(own, name), `#!/bin/sh\nexit ${ALIVE}\n`, { mode: 0o755 })
    const PATH = `${own}:/usr/bin:/bin`
    const refused = await hook(call('rm -rf /srv/app/backend/data'), undefined, { PATH })
    expect(refused.stdout).toContain('"permissionDecision":"deny"')
    expect(await hook(call('ls'), undefined, { PATH })).toEqual({ code: 0, stdout: '', stderr: '' })
    // The program itself: no exit code says that it has looked, nor what it writes for another shell.
    const program = join(own, 'sekisho')
    for (const body of [`exit ${ALIVE}`, 'exit 0', 'echo "sekisho 1 has looked"']) {
      await writeFile(program, `#!/bin/sh\n${body}\n`, { mode: 0o755 })
      const answer = await hook(call('ls'), line.replaceAll(PROGRAM, program))
      expect(answer, body).toMatchObject({ code: 2, stdout: '' })
    }
    // What it is started with: nothing of the agent's variables; those are text in a file that is named to it.
    const seen = join(root, 'seen')
    await writeFile(program, `#!/bin/sh\n/usr/bin/env > ${seen}\n`, { mode: 0o755 })
    await hook(call('ls'), line.replaceAll(PROGRAM, program), {
      LD_LIBRARY_PATH: '/nowhere',
      NODE_OPTIONS: '--require x',
      OWN: '1',
    })
    const names = (await readFile(seen, 'utf8')).split('\n').map((one) => one.split('=')[0])
    expect(names.filter((name) => !['HOME', 'PATH', 'PWD', 'OLDPWD', '_', ''].includes(name ?? ''))).toEqual(
      [],
    )
    expect(
      (await hook(call('rm -rf "$OWN_DATA"'), undefined, { OWN_DATA: '/srv/app/backend/data' })).stdout,
    ).toContain('"permissionDecision":"deny"')
  })

  test('variables of the agent bring no code into its guard', async () => {
    const bad = join(root, 'bad.cjs')
    await writeFile(bad, 'process.exit(0)')
    const answer = await hook(call('rm -rf /srv/app/backend/data'), undefined, {
      NODE_OPTIONS: `--require ${bad}`,
    })
    expect(answer.stdout).toContain('"permissionDecision":"deny"')
  })

  test('broken settings are refused with the place, a link is not followed, and nothing is lost', async () => {
    const good = await read(settings)
    await writeFile(inProject(settings), `${good.slice(0, 40)} oops`)
    const refused = await sekisho('install', 'claude-code', '--yes')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain(inProject(settings))
    expect(refused.stderr).toMatch(/line \d+ column \d+/)
    expect(await read(settings)).toBe(`${good.slice(0, 40)} oops`)
    await rm(inProject(settings))
    const elsewhere = join(root, 'elsewhere.json')
    await writeFile(elsewhere, '{}')
    await symlink(elsewhere, inProject(settings))
    expect((await sekisho('install', 'claude-code', '--yes')).code).not.toBe(0)
    expect(await readFile(elsewhere, 'utf8')).toBe('{}')
    await rm(inProject(settings))
    await writeFile(inProject(settings), good, { mode: 0o600 })
  })

  test('part of N14: over a line of an earlier release it is put in anew, once, beside what others wrote', async () => {
    const good = await read(settings)
    const before = withEarlierLine(good)
    expect(before).not.toBe(good)
    await writeFile(inProject(settings), before)
    const doctor = await sekisho('doctor')
    expect(doctor.stdout).toContain('put in by an earlier release')
    expect(doctor.stdout).toContain('sekisho install claude-code')
    const done = await sekisho('install', 'claude-code', '--yes')
    expect(done, done.stderr).toMatchObject({ code: 0 })
    expect(await read(settings)).toBe(good)
    expect((await sekisho('doctor')).stdout).toMatch(/✓ guard/)
  })

  test('what has another form than the agent reads is left as it is', async () => {
    const good = await read(settings)
    await writeFile(inProject(settings), '{"hooks": {"PreToolUse": "mine"}}')
    const refused = await sekisho('install', 'claude-code', '--yes')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('hooks.PreToolUse')
    expect(await read(settings)).toBe('{"hooks": {"PreToolUse": "mine"}}')
    await writeFile(inProject(settings), '{"hooks": ')
    const doctor = await sekisho('doctor')
    expect(doctor.stdout).toContain('"$EDITOR"')
    await writeFile(inProject(settings), good, { mode: 0o600 })
  })

  test('uninstall leaves the file as it was, byte for byte, and a file that we made is gone', async () => {
    const taken = await sekisho('uninstall', 'claude-code', '--yes')
    expect(taken, taken.stderr).toMatchObject({ code: 0 })
    expect(await read(settings)).toBe(FOREIGN)
    expect(await readdir(inProject('.claude'))).toEqual(['settings.json'])
    expect(JSON.parse(await readFile(`${data}-guard/installed.json`, 'utf8'))).toEqual({ v: 1, hooks: [] })
    await rm(inProject(settings))
    await sekisho('install', 'claude-code', '--yes')
    expect(JSON.parse(await read(settings))).toHaveProperty('hooks')
    await sekisho('uninstall', 'claude-code', '--yes')
    expect(await readdir(inProject('.claude'))).toEqual([])
  })

  test('managed settings start nothing that others than root can change', {
    skip: process.getuid?.() !== 0,
  }, async () => {
    const printed = await sekisho('install', 'claude-code', '--managed', '--print')
    // This checkout lies where only root writes, or it is refused and says which part.
    if (printed.code === 0) expect(JSON.parse(printed.stdout)).toMatchObject({ allowManagedHooksOnly: true })
    else expect(printed.stderr).toContain('install host')
    const packages = join(root, 'node_modules/sekisho')
    await mkdir(join(packages, 'bin'), { recursive: true })
    for (const one of ['src', 'package.json', 'node_modules'])
      await symlink(join(CHECKOUT, one), join(packages, one))
    await writeFile(join(packages, 'bin/sekisho'), await readFile(PROGRAM), { mode: 0o755 })
    const refused = await run(
      [
        process.execPath,
        '--preserve-symlinks',
        '--preserve-symlinks-main',
        join(packages, 'src/cli/main.ts'),
      ].concat(['install', 'claude-code', '--print', '--data', data, '--lang', 'en']),
      { cwd: project, env: { HOME: root } },
    )
    expect(refused.stderr).toContain('node_modules')
  })
})
