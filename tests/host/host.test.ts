// Test hosts themselves: what they promise to the tests that stand on them.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { run } from '../../src/sys/process.ts'
import { until } from '../until.ts'
import { describeWith } from './describe.ts'
import {
  CA_PATH,
  CHECKOUT_IN_HOST,
  type Host,
  hosts,
  inControlNetwork,
  MIRAI_UNIT,
  NODE_IN_HOST,
  oneHost,
  SERVER_NAMES,
} from './host.ts'
import { hostPlace, placeOf, startOf, unifiedCgroup } from './place.ts'
import { down, sweep } from './set.ts'

describeWith('host', 'a test host', () => {
  let host: Host
  beforeAll(async () => {
    host = await oneHost()
  })

  test('boots with no failed unit, nginx and the reference service active', async () => {
    expect(await host.ok(['systemctl', 'is-system-running'])).toBe('running\n')
    expect(await host.ok(['systemctl', 'is-active', 'nginx', MIRAI_UNIT])).toBe('active\nactive\n')
  })

  test('answers by TLS for each server name, with a certificate of the pinned authority only', async () => {
    for (const name of SERVER_NAMES.slice(0, 2)) {
      const body: unknown = JSON.parse(
        await host.ok(['curl', '-sS', '--cacert', CA_PATH, `https://${name}/health`]),
      )
      expect(body).toMatchObject({ status: 'healthy' })
    }
    const admin = await host.ok(['curl', '-sS', '--cacert', CA_PATH, 'https://admin.example.jp/metrics'])
    expect(admin).toContain('mirai_requests_total')
    expect((await host.exec(['curl', '-sS', 'https://mirai.example.jp/health'])).code).toBe(60)
  })

  test('hands input, exit code and both streams through, as the user that was asked for', async () => {
    const result = await host.exec(['sh', '-c', 'cat; id -un; pwd; echo no >&2; exit 7'], {
      user: 'ops1',
      input: 'in\n',
    })
    expect(result).toEqual({ code: 7, stdout: 'in\nops1\n/\n', stderr: 'no\n' })
    expect(await host.exec(['sleep', '60'], { timeoutMs: 200 })).toMatchObject({ code: -1 })
  })

  test('has the checkout read-only and our node', async () => {
    expect(await host.ok([NODE_IN_HOST, '--version'])).toBe(`${process.version}\n`)
    expect((await host.exec(['touch', `${CHECKOUT_IN_HOST}/x`])).stderr).toContain('Read-only file system')
  })

  test('put writes through: owner, mode and link stay', async () => {
    await host.put('/etc/nginx/sites-enabled/mirai', await host.read('/etc/nginx/sites-available/mirai'))
    expect(await host.ok(['stat', '-c', '%F', '/etc/nginx/sites-enabled/mirai'])).toBe('symbolic link\n')
    await host.put('/srv/mirai/.env', await host.read('/srv/mirai/.env'))
    expect(await host.ok(['stat', '-c', '%U:%G %a', '/srv/mirai/.env'])).toBe('root:mirai 640\n')
    await host.put('/root/new', 'x', 0o600)
    expect(await host.ok(['stat', '-c', '%a', '/root/new'])).toBe('600\n')
  })

  test('ops1 has a key of his own, the agent has none of it', async () => {
    expect(await host.ok(['ssh-keygen', '-y', '-f', '/home/ops1/.ssh/id_ed25519'], { user: 'ops1' })).toMatch(
      /^ssh-ed25519 /,
    )
    expect((await host.exec(['cat', '/home/ops1/.ssh/id_ed25519'], { user: 'claude' })).code).toBe(1)
  })

  test('a transient timer fires', async () => {
    await host.ok([
      'systemd-run',
      '--on-active=200ms',
      '--timer-property=AccuracySec=50ms',
      'touch',
      '/root/fired',
    ])
    await until('the timer to fire', 10_000, async () =>
      (await host.exec(['test', '-e', '/root/fired'])).code === 0 ? true : undefined,
    )
  })

  test('a reboot keeps the disk, takes what was in /run, and is a boot of its own in the journal', async () => {
    await host.ok(['touch', '/home/ops1/kept', '/run/gone'])
    const before = await host.ok(['cat', '/proc/sys/kernel/random/boot_id'])
    await host.reboot()
    expect((await host.exec(['test', '-e', '/home/ops1/kept'])).code).toBe(0)
    expect((await host.exec(['test', '-e', '/run/gone'])).code).toBe(1)
    expect(await host.ok(['cat', '/proc/sys/kernel/random/boot_id'])).not.toBe(before)
    expect(
      (await host.ok(['journalctl', '--list-boots', '-q', '--no-pager'])).trim().split('\n').length,
    ).toBe(2)
  })

  test('a crash ends everything in it, and it boots again on the same disk', async () => {
    await host.ok(['touch', '/root/kept'])
    const pid = host.pid
    await host.crash()
    expect(startOf(pid)).toBeUndefined()
    await host.boot()
    expect((await host.exec(['test', '-e', '/root/kept'])).code).toBe(0)
  })

  test('reset forgets what was written', async () => {
    await host.ok(['sh', '-c', 'echo x >/root/kept; echo rubbish >/etc/nginx/sites-available/mirai'])
    await host.reset()
    expect((await host.exec(['test', '-e', '/root/kept'])).code).toBe(1)
    expect(await host.ok(['systemctl', 'is-active', 'nginx'])).toBe('active\n')
  })

  test('the machine keeps its settings, whatever a host writes', async () => {
    const before = readFileSync('/proc/sys/kernel/panic', 'utf8')
    const result = await host.exec(['sh', '-c', 'echo 77 >/proc/sys/kernel/panic'])
    expect(result.code).not.toBe(0)
    expect(readFileSync('/proc/sys/kernel/panic', 'utf8')).toBe(before)
  })

  test('a user namespace may be made and mounts its own proc', async () => {
    const argv = [
      'unshare',
      '--user',
      '--map-root-user',
      '--pid',
      '--fork',
      '--mount-proc',
      'cat',
      '/proc/self/status',
    ]
    expect(await host.ok(argv)).toContain('Name:\tcat')
  })
})

describeWith('host', 'several test hosts', () => {
  test('reach each other and are reached from the control network by TLS, the machine sees none of them', async () => {
    const all = await hosts(2)
    const [first, second] = all
    if (first === undefined || second === undefined) throw new Error('two were asked for')
    const url = `https://${second.address}/health`
    expect(await first.ok(['curl', '-sS', '--cacert', CA_PATH, url])).toContain('healthy')
    expect((await inControlNetwork(['curl', '-sSk', url])).stdout).toContain('healthy')
    expect((await run(['curl', '-sSk', '--max-time', '1', url])).stdout).not.toContain('healthy')
    expect((await run(['ip', '-o', 'address'])).stdout).not.toContain('10.88.0.')
  })
})

describeWith('loop', 'disks of a test host', () => {
  test('a power cut on an XFS disk loses what was not synced, and keeps what was', async () => {
    const host = await oneHost({ disks: [{ at: '/data', size: '320M', kind: 'xfs' }] })
    await host.ok([
      'sh',
      '-c',
      'echo old >/data/f; sync /data/f; sync /data; echo new >/data/g; echo new >/data/t; mv /data/t /data/f',
    ])
    await host.powerCut('/data')
    await host.boot()
    expect((await host.read('/data/f')).toString()).toBe('old\n')
    expect((await host.exec(['test', '-e', '/data/g'])).code).toBe(1)
  })

  test('an ext4 disk keeps its data over a crash and is full when it is full; tmpfs is empty after it', async () => {
    const host = await oneHost({
      disks: [
        { at: '/small', size: '16M', kind: 'ext4' },
        { at: '/scratch', size: '8M', kind: 'tmpfs' },
      ],
    })
    await host.ok(['sh', '-c', 'echo kept >/small/f; echo lost >/scratch/f'])
    expect((await host.exec(['dd', 'if=/dev/zero', 'of=/small/big', 'bs=1M', 'count=32'])).stderr).toContain(
      'No space left',
    )
    await host.crash()
    await host.boot()
    expect((await host.read('/small/f')).toString()).toBe('kept\n')
    expect((await host.exec(['test', '-e', '/scratch/f'])).code).toBe(1)
  })
})

describeWith('loop', 'the end of a set', () => {
  const set = `end-${process.pid}`
  const disks = [{ at: '/data', size: '320M', kind: 'xfs' }] as const

  afterEach(() => down(set))

  /** Everything on the machine that could be left, looked for by the set's name and by its processes. */
  async function traces(pids: readonly number[]): Promise<string[]> {
    const place = placeOf(set)
    const found: string[] = []
    if (existsSync(place.directory)) found.push(place.directory)
    if (readFileSync('/proc/mounts', 'utf8').includes(place.directory)) found.push('mount')
    for (const name of [place.control, hostPlace(place, 1).netns])
      if (existsSync(`/run/netns/${name}`)) found.push(`netns ${name}`)
    const cgroups = await run(['find', unifiedCgroup() ?? '', '-maxdepth', '1', '-name', `*${set}*`])
    if (cgroups.stdout !== '') found.push(cgroups.stdout)
    if ((await run(['losetup', '--list', '--noheadings', '-O', 'BACK-FILE'])).stdout.includes(set))
      found.push('loop device')
    for (const pid of pids) if (startOf(pid) !== undefined) found.push(`process ${pid}`)
    for (const entry of readdirSync('/proc'))
      if (/^\d+$/.test(entry) && commandLine(entry).includes(place.directory)) found.push(`process ${entry}`)
    return found
  }

  function commandLine(pid: string): string {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    } catch {
      return '' // it has ended
    }
  }

  async function processesOf(host: Host): Promise<number[]> {
    const inside = await run([
      'sh',
      '-c',
      'for p in /proc/[0-9]*; do [ "$(readlink "$p/ns/pid")" = "$(readlink "/proc/$1/ns/pid")" ] && echo "${p#/proc/}"; done',
      'sh',
      String(host.pid),
    ])
    return inside.stdout.trim().split('\n').map(Number)
  }

  test('down leaves no process, mount, network namespace, cgroup, loop device or file', async () => {
    const host = await oneHost({ set, disks })
    const pids = await processesOf(host)
    expect(pids.length).toBeGreaterThan(5)
    expect((await traces(pids)).length).toBeGreaterThan(5) // positive control: the look finds them while they are there
    await down(set)
    expect(await traces(pids)).toEqual([])
  })

  test('it goes down by itself when its owner is killed', async () => {
    const owner = await run(['sh', '-c', 'sleep 300 >/dev/null 2>&1 </dev/null & echo $!'])
    const ownerPid = Number(owner.stdout)
    const host = await oneHost({ set, disks, owner: ownerPid })
    const pids = await processesOf(host)
    process.kill(ownerPid, 'SIGKILL')
    await until('the set to be gone', 20_000, async () =>
      (await traces(pids)).length === 0 ? true : undefined,
    )
  })

  test('a set whose owner and watcher were both killed is swept', async () => {
    const owner = await run(['sh', '-c', 'sleep 300 >/dev/null 2>&1 </dev/null & echo $!'])
    const ownerPid = Number(owner.stdout)
    const host = await oneHost({ set, owner: ownerPid })
    const pids = await processesOf(host)
    const watcher: unknown = JSON.parse(readFileSync(`${placeOf(set).directory}/watcher.json`, 'utf8'))
    if (typeof watcher !== 'object' || watcher === null || !('pid' in watcher)) throw new Error('no watcher')
    process.kill(-Number(watcher.pid), 'SIGKILL')
    process.kill(ownerPid, 'SIGKILL')
    for (const pid of [ownerPid, watcher.pid])
      await until('both to be dead', 10_000, () => (startOf(Number(pid)) === undefined ? true : undefined))
    expect(await sweep()).toContain(set)
    expect(await traces(pids)).toEqual([])
  })
})
