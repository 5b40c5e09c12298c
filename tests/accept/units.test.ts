// An installation under systemd: its units start in one call that returns when the gate answers, the runner has only the powers it needs,
// and with those a configuration is tried, written and taken into effect, and a service restarted.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { goodSite, MARK, SITE } from '../host/faults.ts'
import { CA_PATH, NODE_IN_HOST } from '../host/host.ts'
import { until } from '../until.ts'
import { UP_UNIT, type World, world } from '../world/world.ts'

const SERVICE = 'mirai-knowledge-system'
/** Takes hold of a process as a debugger does, and lets it go. */
const ATTACH = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
pid = int(sys.argv[1])
if libc.ptrace(16, pid, 0, 0) == 0:
    os.waitpid(pid, 0)
    libc.ptrace(17, pid, 0, 0)
    print('attach: done')
else:
    print('attach:', os.strerror(ctypes.get_errno()))
`
/** Numbers of linux/capability.h. */
const REFUSED = { SYS_MODULE: 16, SYS_RAWIO: 17, SYS_BOOT: 22, SYS_TIME: 25, MKNOD: 27, SYSLOG: 34, BPF: 39 }
const KEPT = { DAC_OVERRIDE: 1, SETUID: 7, SYS_PTRACE: 19, SYS_ADMIN: 21 }

/** Answers each question for an address with the one in /run/named. */
const NAMES = `
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('127.0.0.1', 53))
while True:
    asked, whom = server.recvfrom(512)
    end = asked.index(b'\\0', 12) + 5
    address = socket.inet_aton(open('/run/named').read().strip())
    # AAAA: the name is there, and has none.
    answers = 1 if asked[end - 4:end - 2] == b'\\0\\1' else 0
    record = b'\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\1\\0\\4' + address
    server.sendto(asked[:2] + b'\\x81\\x80\\0\\1\\0' + bytes([answers]) + b'\\0\\0\\0\\0' + asked[12:end] + record * answers, whom)
`

describeWith('host', 'an installation', () => {
  let w: World
  beforeAll(async () => {
    w = await world()
    const installed = await w.sekisho('root', ['install', 'host'])
    expect(installed.code, installed.stdout + installed.stderr).toBe(0)
    await w.host.ok(['systemctl', 'stop', UP_UNIT])
  })
  afterAll(async () => {
    await w.host.exec(['/usr/local/bin/sekisho', 'uninstall', 'host'])
  })

  const show = async (unit: string, property: string) =>
    (await w.host.ok(['systemctl', 'show', '--value', '-p', property, unit])).trim()

  test('starts in one call, which returns when the gate answers', async () => {
    await w.host.ok(['systemctl', 'start', 'sekisho-store', 'sekisho-runner', 'sekisho-gate'])
    await w.host.ok(['curl', '-sf', 'http://127.0.0.1:7440/healthz'])
    for (const unit of ['sekisho-store', 'sekisho-runner', 'sekisho-gate'])
      expect([
        unit,
        await show(`${unit}.service`, 'ActiveState'),
        await show(`${unit}.service`, 'NRestarts'),
      ]).toEqual([unit, 'active', '0'])
  })

  test('an account that takes the port first keeps nobody from the gate, and doctor names it', async () => {
    await w.host.ok(['systemctl', 'stop', 'sekisho-gate'])
    const taking = "require('node:net').createServer().listen(7440, '127.0.0.1')"
    const unit = ['systemd-run', '--quiet', '--unit=taker', '--uid=claude', NODE_IN_HOST, '-e', taking]
    await w.host.ok(unit)
    await until('the port to be taken', 10_000, async () =>
      (await w.host.ok(['ss', '-ltnH', 'sport = :7440'])).includes('7440') ? true : undefined,
    )
    await w.host.ok(['systemctl', 'start', 'sekisho-gate'])
    const { facts } = await w.json<{ facts: { code: string; values: object }[] }>('ops1', ['doctor'])
    expect(facts.find(({ code }) => code === 'doctor.port_taken')?.values).toEqual({
      port: 7440,
      holder: 'claude',
    })
    await w.host.ok(['systemctl', 'stop', 'taker'])
    await w.host.ok(['systemctl', 'restart', 'sekisho-gate'])
    await w.host.ok(['curl', '-sf', 'http://127.0.0.1:7440/healthz'])
  })

  test('no part of it may take all of the memory, and doctor names what bounds a trial', async () => {
    // Without a limit it reads `infinity`.
    for (const unit of ['sekisho-store', 'sekisho-runner', 'sekisho-gate'])
      for (const property of ['MemoryMax', 'TasksMax'])
        expect([unit, property, await show(`${unit}.service`, property)]).toEqual([
          unit,
          property,
          expect.stringMatching(/^\d+$/),
        ])
    const { facts } = await w.json<{ facts: { code: string; values: object }[] }>('ops1', ['doctor'])
    expect(facts.find(({ code }) => code === 'doctor.sandbox')?.values).toMatchObject({
      limits: expect.stringMatching(/^(cgroup2|cgroup1|watcher)$/),
    })
    for (const language of ['ja', 'en'] as const)
      expect((await w.sekisho('ops1', ['doctor', '--lang', language])).stdout).toContain(
        language === 'ja' ? '試行の上限: ' : 'limits of a trial: ',
      )
  })

  test('its store runs as an account of its own, which can write its own directory alone', async () => {
    const pid = await show('sekisho-store.service', 'MainPID')
    expect((await w.host.ok(['stat', '-c', '%U', `/proc/${pid}`, '/var/lib/sekisho/pg'])).trim()).toBe(
      'sekisho-db\nsekisho-db',
    )
    const inside = ['nsenter', '-t', pid, '-m', '-S', '0', 'touch']
    expect((await w.host.exec([...inside, '/etc/mine'])).code).not.toBe(0)
    await w.host.ok([...inside, '/var/lib/sekisho/pg/mine'])
    await w.host.ok(['rm', '/var/lib/sekisho/pg/mine'])
  })

  test('its runner has the powers it needs and no other', async () => {
    const pid = await show('sekisho-runner.service', 'MainPID')
    const status = (await w.host.read(`/proc/${pid}/status`)).toString('utf8')
    const bounding = BigInt(`0x${/CapBnd:\s+([0-9a-f]+)/.exec(status)?.[1] ?? '0'}`)
    const has = (bit: number) => ((bounding >> BigInt(bit)) & 1n) === 1n
    for (const [name, bit] of Object.entries(REFUSED)) expect([name, has(bit)]).toEqual([name, false])
    for (const [name, bit] of Object.entries(KEPT)) expect([name, has(bit)]).toEqual([name, true])
    // What it makes for accounts without rights can be passed by them.
    expect(status).toMatch(/Umask:\s+0022/)
    expect(status).toMatch(/NoNewPrivs:\s+1/)
    expect(status).toMatch(/Seccomp:\s+2/)
    const inside = ['nsenter', '-t', pid, '-m', 'touch']
    expect((await w.host.exec([...inside, '/opt/sekisho/dist/mine'])).code).not.toBe(0)
    await w.host.ok([...inside, '/etc/nginx/mine']) // The same call where it must be able to write.
    await w.host.ok(['rm', '/etc/nginx/mine'])
  })

  test('what looks can take hold of no other process, and reaches only addresses that the rules declare', {
    timeout: 300_000,
  }, async () => {
    const unit = (await w.host.read('/etc/systemd/system/sekisho-watch.service')).toString('utf8')
    const limits = unit
      .split('\n')
      .filter((line) => /^(?!Type=|NotifyAccess=|Exec|Restart|Read|Timeout|Environment)[A-Z]\w+=/.test(line))
      .filter((line) => !/^(?:Description|After|WantedBy|StartLimit)/.test(line))
    await w.host.put('/opt/attach.py', ATTACH, 0o755)
    const runner = await show('sekisho-runner.service', 'MainPID')
    const attach = (properties: readonly string[]) =>
      w.host.exec([
        'systemd-run',
        '--quiet',
        '--wait',
        '--pipe',
        ...properties.map((one) => `--property=${one}`),
        'python3',
        '/opt/attach.py',
        runner,
      ])
    // The very same unit without its filter of calls is the control.
    const isFilter = (line: string) => line.startsWith('SystemCallFilter=')
    expect((await attach(limits)).stdout).toBe('attach: Operation not permitted\n')
    expect((await attach(limits.filter((line) => !isFilter(line)))).stdout).toBe('attach: done\n')

    const from = (group: string, address = w.host.address) =>
      w.host.exec([
        'bash',
        '-c',
        `echo $$ > /sys/fs/cgroup${group}/cgroup.procs; exec timeout 3 bash -c ': </dev/tcp/${address}/443'`,
      ])
    const group = await show('sekisho-watch.service', 'ControlGroup')
    const elsewhere = await show('sekisho-gate.service', 'ControlGroup')
    const watch = async () =>
      until('what doctor says of it', 60_000, async () => {
        const { facts } = await w.json<{ facts: { name: string; code: string }[] }>('ops1', ['doctor'])
        return facts.find(({ name, code }) => name === 'watch' && code !== 'doctor.watch')?.code
      })
    expect((await from(elsewhere)).code).toBe(0)
    expect((await from(group)).code).not.toBe(0)
    expect(await watch()).toBe('doctor.watch_limited')
    // An address that is declared is let through at once.
    const source = '/etc/sekisho/sekisho.yaml'
    const before = (await w.host.read(source)).toString('utf8')
    const declare = async (more: string) => {
      await w.host.put(source, `${before}\n${more}`, 0o640)
      const applied = await w.sekisho('root', ['config', 'apply'])
      expect(applied.code, applied.stdout + applied.stderr).toBe(0)
    }
    await declare(
      `checks: { near: { url: 'https://${w.host.address}/health', status: 200, every: 1h }, raid: { argv: [/bin/echo, all well], every: 1h } }\n`,
    )
    expect((await from(group)).code).toBe(0)
    // The sandbox of the owner's own programs starts under the unit.
    expect((await w.sekisho('ops1', ['check', 'run', 'raid'], { language: 'en' })).stdout).toContain(
      'all well',
    )
    await declare('')
    expect((await from(group)).code).not.toBe(0)

    // A name: root asks for it, its addresses alone are let through, and the process has them from a file of its own.
    const [one, other] = ['10.77.0.8', '10.77.0.9']
    for (const address of [one, other])
      await w.host.ok(['ip', 'address', 'add', `${address}/32`, 'dev', 'lo'])
    const named = (address: string) => w.host.put('/run/named', address)
    await named(one)
    await w.host.put('/opt/names.py', NAMES, 0o755)
    await w.host.ok(['systemd-run', '--unit=name-server', 'python3', '/opt/names.py'])
    await until('the name server to answer', 30_000, async () =>
      (await w.host.exec(['getent', 'ahosts', 'partner.example.org'])).code === 0 ? true : undefined,
    )
    const far = (name: string) => `checks: { far: { url: 'https://${name}/', status: 200, every: 1h } }\n`
    await declare(far('partner.example.org'))
    expect((await from(group, one)).code).toBe(0)
    expect((await from(group, other)).code).not.toBe(0)
    expect((await from(group)).code).not.toBe(0)
    const hosts = `/proc/${await show('sekisho-watch.service', 'MainPID')}/root/etc/hosts`
    expect(await w.host.ok(['cat', hosts])).toContain(`${one} partner.example.org`)
    expect(await watch()).toBe('doctor.watch_limited')
    // It has moved: the timer asks again.
    await named(other)
    expect((await w.host.ok(['systemctl', 'is-active', 'sekisho-names.timer'])).trim()).toBe('active')
    await w.host.ok(['systemctl', 'start', 'sekisho-names.service'])
    expect((await from(group, other)).code).toBe(0)
    expect((await from(group, one)).code).not.toBe(0)
    // Nobody answers: what was known is kept. Of a name that never had an address nothing is let through, and doctor names it.
    await w.host.ok(['systemctl', 'stop', 'name-server'])
    await w.host.ok(['systemctl', 'start', 'sekisho-names.service'])
    expect((await from(group, other)).code).toBe(0)
    await declare(far('nobody.example.org'))
    expect((await from(group, other)).code).not.toBe(0)
    for (const language of ['ja', 'en'] as const)
      await until(
        'doctor to name the name',
        90_000,
        async () =>
          (await w.sekisho('ops1', ['doctor'], { language })).stdout.includes('nobody.example.org') ||
          undefined,
      )
    await declare('')
    expect((await w.host.exec(['systemctl', 'is-active', 'sekisho-names.timer'])).code).not.toBe(0)
    expect(await w.host.ok(['cat', hosts])).not.toContain('example.org')
  })

  test('with these powers it tries and applies a site, and restarts a service', async () => {
    const { candidate } = await goodSite(w.host)
    await w.host.put('/tmp/site.conf', candidate)
    const site = [
      'do',
      'config',
      '--service',
      SERVICE,
      '--file',
      `${SITE}=/tmp/site.conf`,
      '--instruction',
      'x',
    ]
    const restart = ['do', 'service', '--service', SERVICE, '--verb', 'restart', '--instruction', 'x']
    for (const wish of [site, restart]) {
      const made = await w.json<ChangeView>('ops1', wish)
      expect(made.state, JSON.stringify(made)).toBe('awaiting_approval')
      const done = await w.json<ChangeView>('ops1', ['change', 'approve', made.id, '--yes'])
      expect(done.execution?.outcome, JSON.stringify(done)).toBe('kept')
    }
    // The copy that was taken before the site was written is young: it stays, and a dry run says so.
    const pruning = await w.sekisho('root', ['runner', 'prune', '--dry-run', '--lang', 'en'])
    expect(pruning.stdout, pruning.stderr).toMatch(/^No copy goes; [1-9]\d* stay/)
    const japanese = await w.sekisho('root', ['runner', 'prune', '--dry-run', '--lang', 'ja'])
    expect(japanese.stdout).toMatch(/^消す写しはありません。残る写し: [1-9]\d* 件/)
    const served = await w.host.ok(['curl', '-sSi', '--cacert', CA_PATH, 'https://localhost/health'])
    expect(served.toLowerCase()).toContain(MARK.toLowerCase())
  })
})
