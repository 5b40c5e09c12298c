// script/setup and bin/sekisho on machines that are not ready: what they say, what they leave.
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../src/sys/process.ts'
import { describeWith } from './describe.ts'
import { CHECKOUT_IN_HOST, type Host, oneHost } from './host.ts'
import { CHECKOUT } from './place.ts'

describeWith('host', 'script/setup', () => {
  let host: Host
  const setup = [`${CHECKOUT_IN_HOST}/script/setup`]
  /** A package that is really removed; apt-get has no network here, so a stand-in tells what it was asked and what holds. */
  beforeEach(async () => {
    host = await oneHost()
    await host.ok(['dpkg', '--remove', '--force-depends', 'xfsprogs'])
    const stub =
      '#!/bin/sh\necho "$*" >>/root/asked\n[ ! -x /usr/sbin/policy-rc.d ] || { /usr/sbin/policy-rc.d ssh start; echo "policy $?" >>/root/asked; }\n'
    await host.put('/usr/local/bin/apt-get', stub, 0o755)
  })
  const asked = async () => (await host.read('/root/asked')).toString()

  test('installs what is missing with starting forbidden, and takes its rule away again', async () => {
    await host.ok(['rm', '-f', '/usr/sbin/policy-rc.d'])
    await host.ok(setup)
    expect(await asked()).toBe(
      'update -qq\npolicy 101\ninstall -y -qq --no-install-recommends xfsprogs\npolicy 101\n',
    )
    expect((await host.exec(['test', '-e', '/usr/sbin/policy-rc.d'])).code).toBe(1)
  })

  test('takes its rule away also when apt-get fails, and fails', async () => {
    await host.ok(['rm', '-f', '/usr/sbin/policy-rc.d'])
    await host.put('/usr/local/bin/apt-get', '#!/bin/sh\necho no network >&2\nexit 100\n', 0o755)
    const result = await host.exec(setup)
    expect(result.code).toBe(100)
    expect(result.stderr).toContain('no network')
    expect((await host.exec(['test', '-e', '/usr/sbin/policy-rc.d'])).code).toBe(1)
  })

  test("leaves the machine's own rule as it is", async () => {
    await host.put('/usr/sbin/policy-rc.d', '#!/bin/sh\nexit 104\n', 0o755)
    await host.ok(setup)
    expect(await asked()).toContain('policy 104')
    expect((await host.read('/usr/sbin/policy-rc.d')).toString()).toContain('exit 104')
  })

  test('without root it says what to install and installs nothing', async () => {
    const result = await host.exec(setup, { user: 'ops1' })
    expect(result.code).toBe(0)
    expect(result.stderr).toContain('apt-get install --no-install-recommends xfsprogs')
    expect((await host.exec(['test', '-e', '/root/asked'])).code).toBe(1)
  })

  test('where dist/ cannot be written it says so in one sentence, and goes on', async () => {
    // Another source than the bundles know: they are to be made anew, into a checkout that is read-only here.
    const source = `${CHECKOUT_IN_HOST}/src/serve.ts`
    await host.put('/root/serve.ts', Buffer.concat([await host.read(source), Buffer.from('// new\n')]))
    await host.ok(['mount', '--bind', '/root/serve.ts', source])
    await host.ok(['rm', '-f', '/usr/sbin/policy-rc.d'])
    const { code, stderr } = await host.exec(setup)
    await host.ok(['umount', source])
    expect(code).toBe(0)
    expect(stderr).toMatch(
      /^The bundles in dist\/ could not be made \(EROFS: [^\n]*\): the sources run instead/m,
    )
    expect(stderr).not.toContain('    at ')
  })

  test('an old node is refused with a sentence', async () => {
    await host.put('/root/node', '#!/bin/sh\necho v20.20.2\n', 0o755)
    const script = '. "$1"; export PATH=/root:$PATH; require_node'
    const result = await host.exec(
      ['/bin/bash', '-c', script, 'bash', `${CHECKOUT_IN_HOST}/script/common.sh`],
      { env: { PATH: '/usr/bin:/bin' } },
    )
    expect(result.code).toBe(1)
    expect(result.stderr).toContain('Sekisho needs node 24 or newer, found: 20.20.2.')
  })
})

test('script/setup is quiet and quick to see that nothing is missing', async () => {
  expect(await run([join(CHECKOUT, 'script/setup')], { env: { HOME: tmpdir() } })).toMatchObject({
    code: 0,
    stderr: '',
    stdout: '',
  })
})

test('script/test refuses what is no id', async () => {
  expect(await run([join(CHECKOUT, 'script/test'), '--all'])).toMatchObject({ code: 64 })
})

/** A tree with bin/sekisho and, where node would be, a program that prints what it was given. */
describe('bin/sekisho', () => {
  let root: string
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'sekisho-bin-'))
    await mkdir(join(root, 'bin'))
    await cp(join(CHECKOUT, 'bin/sekisho'), join(root, 'bin/sekisho'))
  })
  afterEach(() => rm(root, { recursive: true }))

  async function file(path: string, text: string, mode = 0o644): Promise<void> {
    await mkdir(join(root, path, '..'), { recursive: true })
    await writeFile(join(root, path), text)
    await chmod(join(root, path), mode)
  }
  const echo = (name: string) => `#!/bin/sh\necho ${name} "$@"\n`

  test('runs the sources of a checkout under its own node, words unchanged', async () => {
    await file('node_modules/node/bin/node', echo('checkout'), 0o755)
    await file('src/cli/main.ts', '')
    const { stdout } = await run([join(root, 'bin/sekisho'), 'do', 'a b', '*'])
    expect(stdout).toBe(`checkout ${root}/bin/../src/cli/main.ts do a b *\n`)
  })

  test('runs the bundle of a checkout that was built, and its sources where they are asked for', async () => {
    await file('node_modules/node/bin/node', echo('checkout'), 0o755)
    await file('src/cli/main.ts', '')
    await file('dist/cli.mjs', '')
    const command = [join(root, 'bin/sekisho'), 'status']
    expect((await run(command)).stdout).toBe(`checkout ${root}/bin/../dist/cli.mjs status\n`)
    const asked = await run(command, { env: { SEKISHO_SOURCES: '1' } })
    expect(asked.stdout).toBe(`checkout ${root}/bin/../src/cli/main.ts status\n`)
  })

  test('runs the bundle of an installation under the node beside it, through a chain of links', async () => {
    await file('bin/node', echo('bundle'), 0o755)
    await file('dist/cli.mjs', '')
    await symlink(join(root, 'bin/sekisho'), join(root, 'first'))
    await symlink('first', join(root, 'second'))
    const { stdout } = await run(['./second', 'status'], { cwd: root })
    expect(stdout).toBe(`bundle ${root}/bin/../dist/cli.mjs status\n`)
  })

  test('says what to do where node is missing', async () => {
    const { code, stderr } = await run([join(root, 'bin/sekisho')])
    expect(code).toBe(1)
    expect(stderr).toContain('script/setup')
  })

  test('says what to do where its program is missing', async () => {
    await file('bin/node', echo('bundle'), 0o755)
    const { code, stdout, stderr } = await run([join(root, 'bin/sekisho'), 'status'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`${root}/bin/../dist/cli.mjs is missing`)
    expect(stderr).toContain('bin/sekisho install host')
  })

  test('of root it makes nothing that others can write, whatever umask says: what it compiles is code', async () => {
    await file('bin/node', '#!/bin/sh\numask\n', 0o755)
    await file('dist/cli.mjs', '')
    const under = async (umask: string) =>
      (await run(['sh', '-c', `umask ${umask}; exec "$0"`, join(root, 'bin/sekisho')])).stdout.trim()
    // Everybody else writes at home, as they please.
    const isRoot = process.getuid?.() === 0
    expect(await under('000')).toBe(isRoot ? '0022' : '0000')
    expect(await under('002')).toBe(isRoot ? '0022' : '0002')
    expect(await under('077')).toBe('0077')
  })

  describeWith('host', 'traced', () => {
    test('starts no process on its way', async () => {
      await file('bin/node', echo('bundle'), 0o755)
      await file('dist/cli.mjs', '')
      const { stderr } = await run([
        'strace',
        '-f',
        '-e',
        'trace=fork,vfork,clone,clone3,execve',
        join(root, 'bin/sekisho'),
      ])
      expect(stderr.match(/execve\(/g)?.length).toBe(2) // itself, then node
      expect(stderr).not.toMatch(/clone|fork/)
    })
  })
})
