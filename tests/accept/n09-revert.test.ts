// N09: what has not proved itself puts itself back: by a transient timer with runner, gate and network dead, and at the next boot
// before any service starts. Seen from outside: bytes, what is served, the environment of the process, what never ran.
import { beforeEach, expect, test } from 'vitest'
import { BOOT_UNIT, bootUnitText } from '../../src/runner/revert/boot.ts'
import type { JournalBody, JournalLine } from '../../src/seal/journal.ts'
import { describeWith } from '../host/describe.ts'
import { goodSite, MARK, SITE } from '../host/faults.ts'
import { CA_PATH, CHECKOUT_IN_HOST, type Host, MIRAI_UNIT, NODE_IN_HOST, oneHost } from '../host/host.ts'
import { until } from '../until.ts'
import { execute, prepare, siteOrder } from './acts-drive.ts'
import { DATA, type HostOrder, POLICY } from './acts-host.ts'
import { declaration } from './acts-world.ts'

type Body<K extends JournalBody['kind']> = Extract<JournalBody, { readonly kind: K }>

describeWith('host', 'part of N09: the revert that survives', () => {
  let host: Host
  beforeEach(async () => {
    host = await oneHost()
    await prepare(host)
  })

  const lines = async (): Promise<readonly JournalLine[]> =>
    (await host.read(`${DATA}/runner/journal/CHG-2026-0001.1.jsonl`))
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as JournalLine)
  const bodies = async <K extends JournalBody['kind']>(kind: K): Promise<readonly Body<K>[]> =>
    (await lines()).flatMap(({ body }) => (body.kind === kind ? [body as Body<K>] : []))
  const closed = () =>
    until('the execution to be closed', 60_000, async () =>
      (await bodies('closed')).length > 0 ? true : undefined,
    ).catch(async (cause: unknown) => {
      throw new Error(await host.ok(['journalctl', '--no-pager', '-u', 'sekisho-keeper-*']), { cause })
    })
  const serves = async (mark: string) =>
    (await host.ok(['curl', '-sSi', '--cacert', CA_PATH, 'https://localhost/health']))
      .toLowerCase()
      .includes(mark.toLowerCase())

  /** The runner dies at the named place; its process is gone when this returns. */
  async function runUntilKilled(order: HostOrder): Promise<void> {
    await expect(execute(host, order)).rejects.toThrow()
  }
  async function enableBootUnit(): Promise<void> {
    const command = [
      NODE_IN_HOST,
      `${CHECKOUT_IN_HOST}/dist/runner.mjs`,
      'boot',
      '--data',
      DATA,
      '--policy',
      POLICY,
    ]
    const mounts = [DATA, CHECKOUT_IN_HOST, '/etc/nginx', '/etc/systemd/system']
    await host.put(`/etc/systemd/system/${BOOT_UNIT}`, bootUnitText({ command, mounts }))
    await host.ok(['systemctl', 'daemon-reload'])
    await host.ok(['systemctl', 'enable', '--quiet', BOOT_UNIT])
  }

  test('part of N09: runner and network dead after the change: the timer reverts, and the old configuration serves again', async () => {
    const change = await goodSite(host)
    await runUntilKilled(
      siteOrder(change.candidate, { loop: { keepSeconds: 10, kill: 'journal.armed.after#2' } }),
    )
    expect((await host.read(SITE)).toString()).toBe(change.candidate)
    await until('the change to be served', 10_000, async () => ((await serves(MARK)) ? true : undefined))
    const links = (await host.ok(['ls', '/sys/class/net']))
      .split('\n')
      .filter((name) => name !== '' && name !== 'lo')
    for (const link of links) await host.ok(['ip', 'link', 'set', link, 'down'])
    try {
      await closed()
    } finally {
      // The host is another test's next.
      for (const link of links) await host.ok(['ip', 'link', 'set', link, 'up'])
    }
    expect((await host.read(SITE)).equals(change.before)).toBe(true)
    expect(await bodies('claim')).toMatchObject([{ choice: 'revert', by: 'timer', why: 'deadline' }])
    expect(await bodies('closed')).toMatchObject([{ outcome: 'rolled_back' }])
    const armed = (await bodies('armed')).at(-1)
    const fired = (await lines()).find(({ body }) => body.kind === 'claim')?.uptime ?? 0
    expect(fired).toBeGreaterThanOrEqual(armed?.deadlineUptime ?? Number.POSITIVE_INFINITY)
    await until('the old configuration to be served', 10_000, async () =>
      (await serves(MARK)) ? undefined : true,
    )
    expect(await host.ok(['ls', `${DATA}/runner/armed`])).toBe('')
  })

  test('part of N09: killed between two files and the host crashes: the boot unit puts back before nginx starts', async () => {
    await enableBootUnit()
    const change = await goodSite(host)
    await runUntilKilled(
      siteOrder(change.candidate, { loop: { keepSeconds: 600, kill: 'place.rename.after' } }),
    )
    expect((await host.read(SITE)).toString()).toBe(change.candidate)
    await host.crash()
    await host.boot()
    expect((await host.read(SITE)).equals(change.before)).toBe(true)
    expect(await bodies('claim')).toMatchObject([{ choice: 'revert', by: 'boot', why: 'reboot' }])
    expect(await bodies('closed')).toMatchObject([{ outcome: 'rolled_back' }])
    const at = async (unit: string, property: string) =>
      Number((await host.ok(['systemctl', 'show', '--value', '-p', property, unit])).trim())
    expect(await at('nginx.service', 'InactiveExitTimestampMonotonic')).toBeGreaterThan(
      await at(BOOT_UNIT, 'ExecMainExitTimestampMonotonic'),
    )
    expect(await serves(MARK)).toBe(false)
  })

  const DROP_IN = `/etc/systemd/system/${MIRAI_UNIT}.d/planted.conf`
  const EXTRA = '/etc/systemd/system/extra.service'
  const WANTS = '/etc/systemd/system/multi-user.target.wants/extra.service'
  const units: HostOrder = {
    execution: 'CHG-2026-0001/1',
    files: [DROP_IN, EXTRA, WANTS].map((path) => declaration(path, { kind: 'systemd', activation: 'none' })),
    replace: {
      [DROP_IN]: '[Service]\nEnvironment=PLANTED=yes\n',
      [EXTRA]:
        '[Unit]\nDescription=extra\n[Service]\nType=oneshot\nExecStart=/usr/bin/touch /var/lib/extra-ran\n[Install]\nWantedBy=multi-user.target\n',
    },
    links: { [WANTS]: EXTRA },
    undo: [{ kind: 'daemonReload' }],
    then: [{ action: { kind: 'daemonReload' }, undo: [] }],
    proof: [{ kind: 'files' }],
    loop: { keepSeconds: 600, kill: 'journal.armed.after#2' },
  }
  const environment = async () => {
    const pid = (await host.ok(['systemctl', 'show', '--value', '-p', 'MainPID', MIRAI_UNIT])).trim()
    return (await host.read(`/proc/${pid}/environ`)).toString().split('\0')
  }

  test('part of N09: a drop-in and a new unit at boot: the service starts with the old settings, the unit that is no longer wanted never runs', async () => {
    await enableBootUnit()
    await runUntilKilled(units)
    await host.crash()
    await host.boot()
    expect(await bodies('closed')).toMatchObject([{ outcome: 'rolled_back' }])
    for (const path of [DROP_IN, EXTRA, WANTS])
      expect(
        (await host.exec(['test', '-L', path])).code + (await host.exec(['test', '-e', path])).code,
      ).toBe(2)
    expect((await host.exec(['test', '-e', `/etc/systemd/system/${MIRAI_UNIT}.d`])).code).toBe(1)
    expect(await environment()).not.toContain('PLANTED=yes')
    expect((await host.exec(['test', '-e', '/var/lib/extra-ran'])).code).toBe(1)
    expect(await host.ok(['systemctl', 'is-active', MIRAI_UNIT])).toBe('active\n')
  })

  test('part of N09: the control: without the boot unit the same host boots with the new settings and runs the new unit', async () => {
    await runUntilKilled(units)
    await host.crash()
    await host.boot()
    expect(await environment()).toContain('PLANTED=yes')
    expect((await host.exec(['test', '-e', '/var/lib/extra-ran'])).code).toBe(0)
  })
})
