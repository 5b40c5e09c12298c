// S31, S33: unit files and services. A drop-in is in effect only when PID 1 says so key by key; a hung service is given its own stop
// time-out; a restart loop is red; and what is read before a change is complete. In a real host.
import { beforeEach, expect, test } from 'vitest'
import { describeWith } from '../host/describe.ts'
import { endFaults, hungService, SITE } from '../host/faults.ts'
import { type Host, MIRAI_UNIT, oneHost } from '../host/host.ts'
import { execute, prepare, read, SITE_FILE } from './acts-drive.ts'
import type { HostOrder } from './acts-host.ts'
import { declaration } from './acts-world.ts'

const DROP_IN = `/etc/systemd/system/${MIRAI_UNIT}.d/limits.conf`
const restart = { kind: 'unit', verb: 'restart', unit: MIRAI_UNIT } as const

function dropIn(text: string, more: Partial<HostOrder> = {}): HostOrder {
  return {
    execution: 'CHG-2026-0031/1',
    files: [
      declaration(`/etc/systemd/system/${MIRAI_UNIT}.d/*.conf`, {
        kind: 'systemd',
        activation: 'restart',
        unit: MIRAI_UNIT,
      }),
    ],
    unit: MIRAI_UNIT,
    replace: { [DROP_IN]: text },
    undo: [{ kind: 'daemonReload' }, restart],
    then: [
      { action: { kind: 'daemonReload' }, undo: [] },
      { action: restart, undo: [] },
    ],
    proof: [{ kind: 'files' }, { kind: 'unit', unit: MIRAI_UNIT, restarted: true, stableMs: 1000 }],
    ...more,
  }
}

function service(more: Partial<HostOrder> = {}): HostOrder {
  const running = { kind: 'running', unit: MIRAI_UNIT, active: true, newer: true, stableMs: 1000 } as const
  return {
    execution: 'CHG-2026-0031/1',
    files: [],
    unit: MIRAI_UNIT,
    replace: {},
    then: [{ action: restart, undo: [] }],
    proof: [running],
    ...more,
  }
}

describeWith('host', 'part of S31: units', () => {
  let host: Host
  beforeEach(async () => {
    host = await oneHost()
    await prepare(host)
  })
  const shown = async (property: string) =>
    (await host.ok(['systemctl', 'show', '--value', '-p', property, MIRAI_UNIT])).trim()

  test('part of S31: a drop-in with several keys is read back key by key, and a newer invocation runs', async () => {
    const before = await shown('InvocationID')
    const report = await execute(
      host,
      dropIn('[Service]\nTimeoutStopSec=7\nLimitNOFILE=2048\nRestartSec=2\nEnvironment=A=1\n'),
    )
    expect(report.applied.map((one) => one.result)).toEqual(['applied', 'applied', 'applied'])
    expect(report.probed).toEqual(['applied', 'applied', 'applied'])
    expect(report.proofs.at(-1)).toMatchObject({
      verdict: 'green',
      facts: {
        different: [],
        notReadBack: [],
        same: ['Service.Environment', 'Service.LimitNOFILE', 'Service.RestartSec', 'Service.TimeoutStopSec'],
      },
    })
    expect(JSON.stringify(report)).not.toContain('A=1')
    expect(await shown('TimeoutStopUSec')).toBe('7s')
    expect(await shown('InvocationID')).not.toBe(before)
  })

  test.each([
    ['an unknown key', '[Service]\nTimeoutStopSec=7\nMemroyMax=1G\n'],
    ['a bad value', '[Service]\nTimeoutStopSec=soon\n'],
  ])('part of S31: %s, on which systemd exits 0, is red and undone', async (_, text) => {
    const report = await execute(host, dropIn(text))
    expect(report.applied.map((one) => one.result)).toEqual(['applied', 'applied', 'applied'])
    expect(report.proofs.at(-1)).toMatchObject({
      verdict: 'red',
      facts: { why: 'warnings', line: expect.stringContaining(DROP_IN) },
    })
    expect(report.undone?.every((one) => one.result === 'applied')).toBe(true)
    expect((await host.exec(['test', '-e', DROP_IN])).code).toBe(1)
    expect(await shown('TimeoutStopUSec')).toBe('5s')
    expect(await shown('NeedDaemonReload')).toBe('no')
  })

  test('part of S31: without daemon-reload the new settings are not in force: red', async () => {
    const report = await execute(
      host,
      dropIn('[Service]\nTimeoutStopSec=7\n', { then: [{ action: restart, undo: [] }] }),
    )
    expect(report.proofs.at(-1)?.verdict).toBe('red')
    expect(['daemon_reload_owed', 'settings_differ']).toContain(report.proofs.at(-1)?.facts['why'])
  })

  test('part of S33: a restart that is not in the plan is not made; one that is has a newer invocation', async () => {
    const before = await shown('InvocationID')
    const none = await execute(host, service({ then: [] }))
    expect(none.proofs.at(-1)).toMatchObject({ verdict: 'red', facts: { why: 'not_restarted' } })
    expect(await shown('InvocationID')).toBe(before)
    const report = await execute(host, service({ execution: 'CHG-2026-0031/2' }))
    expect(report.proofs.at(-1)?.verdict).toBe('green')
    expect(await shown('InvocationID')).not.toBe(before)
  })

  test('part of S33: a hung service is restarted within its own stop time-out', async () => {
    await hungService(host)
    const before = await shown('InvocationID')
    const report = await execute(host, service())
    expect(report.applied).toMatchObject([{ result: 'applied', detail: { exit: 0, active: 'active' } }])
    // TimeoutStopSec=5 of the unit: not sooner, for the service is given its time.
    expect(Number(report.applied[0]?.detail['milliseconds'])).toBeGreaterThanOrEqual(4900)
    expect(report.probed).toEqual(['applied'])
    expect(report.proofs.at(-1)?.verdict).toBe('green')
    expect(await shown('InvocationID')).not.toBe(before)
    await endFaults(host)
  })

  test('part of S33: a service that starts and ends again and again is red', async () => {
    const report = await execute(
      host,
      dropIn(
        '[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=exec\nExecStart=\nExecStart=/bin/sh -c "sleep 0.3; exit 1"\nRestartSec=100ms\n',
        {
          proof: [{ kind: 'running', unit: MIRAI_UNIT, active: true, newer: true, stableMs: 3000 }],
        },
      ),
    )
    expect(report.proofs.at(-1)).toMatchObject({ verdict: 'red', facts: { why: 'restart_loop' } })
    expect(await shown('ActiveState')).toBe('active')
  })

  test('part of S39: status, journal, process, error log and health are read before a service is touched, even when it is dead', async () => {
    await host.ok(['systemctl', 'stop', MIRAI_UNIT])
    const service = { unit: MIRAI_UNIT, logs: { error: '/var/log/nginx/error.log' } }
    const found = (await read(host, { diagnose: service })) as {
      items: { name: string; size: number }[]
      gaps: string[]
      milliseconds: number
    }
    expect(found.items.map(({ name }) => name)).toEqual(['errorLog', 'journal', 'process', 'status'])
    expect(found.gaps).toEqual([])
    expect(found.milliseconds).toBeLessThan(20_000)
  })

  test('part of S31: the impact of a site is its names, addresses and units; of a drop-in the sockets of the service', async () => {
    const site = await read(host, { impact: SITE, files: [SITE_FILE] })
    expect(site).toEqual({
      serverNames: ['admin.example.jp', 'localhost', 'mirai.example.jp'],
      listeners: ['*:443'],
      units: ['nginx.service'],
    })
    const unit = await read(host, { impact: DROP_IN, files: dropIn('').files })
    expect(unit).toMatchObject({ listeners: ['127.0.0.1:8080'], units: [MIRAI_UNIT] })
  })

  test('the facts of targets do not change on a quiet host, and do when a file of theirs does', async () => {
    const facts = async (target: string) => read(host, { target, files: [SITE_FILE] })
    for (const target of [`h1/file:${SITE}`, 'h1/nginx', 'h1/unit:nginx.service']) {
      const before = await facts(target)
      await host.ok(['systemctl', 'reload', 'nginx'])
      await host.ok(['touch', SITE])
      expect(await facts(target), target).toEqual(before)
    }
    const before = await facts('h1/nginx')
    await host.ok(['sh', '-c', `echo '# one line' >>${SITE}`])
    expect(await facts('h1/nginx')).not.toEqual(before)
  })

  test('part of S33: the probe tells what was not done: reload, restart and daemon-reload without an effect are not applied', async () => {
    const unit = 'nginx.service'
    for (const verb of ['reload', 'restart'] as const)
      expect(await read(host, { probe: { kind: 'unit', verb, unit } }), verb).toMatchObject({
        found: 'not_applied',
      })
    expect(await read(host, { probe: { kind: 'daemonReload' } })).toMatchObject({ found: 'not_applied' })
    expect(await read(host, { probe: { kind: 'unit', verb: 'start', unit } })).toMatchObject({
      found: 'applied',
    })
    expect(await read(host, { probe: { kind: 'unit', verb: 'stop', unit } })).toMatchObject({
      found: 'not_applied',
    })
    await host.ok(['systemctl', 'stop', unit])
    expect(await read(host, { probe: { kind: 'unit', verb: 'stop', unit } })).toMatchObject({
      found: 'applied',
    })
  })

  test('part of S33: sshd is proven by its answer on each port, and one that dies of its file is started again', async () => {
    await host.ok(['systemctl', 'unmask', 'ssh.service'])
    await host.ok(['systemctl', 'start', 'ssh.service'])
    const ssh = { kind: 'unit', unit: 'ssh.service' } as const
    const path = '/etc/ssh/sshd_config.d/10-shop.conf'
    const order = (text: string, run: number): HostOrder => ({
      execution: `CHG-2026-0031/${run}`,
      files: [declaration(path, { kind: 'sshd', activation: 'reload', unit: 'ssh.service' })],
      unit: MIRAI_UNIT,
      replace: { [path]: text },
      undo: [{ ...ssh, verb: 'restart' }],
      then: [{ action: { ...ssh, verb: 'reload' }, undo: [] }],
      proof: [
        { kind: 'files' },
        { kind: 'answers', unit: 'ssh.service', greeting: 'SSH-2.0-', stableMs: 1000 },
      ],
    })
    const good = await execute(host, order('Port 22\nPort 2222\n', 1))
    expect(good.proofs.at(-1)).toMatchObject({
      verdict: 'green',
      facts: { reloaded: true, listeners: ['0.0.0.0:22', '0.0.0.0:2222', '[::]:22', '[::]:2222'] },
    })
    // `sshd -t` takes the address; the server that cannot have it ends.
    const bad = await execute(host, order('ListenAddress 192.0.2.9\n', 2))
    expect(bad.proofs.at(-1)).toMatchObject({ verdict: 'red', facts: { unit: 'ssh.service' } })
    expect(bad.undone?.every((one) => one.result === 'applied')).toBe(true)
    expect(await host.ok(['ss', '-Hltn', 'sport = :2222'])).toContain('0.0.0.0:2222')
  })
})
