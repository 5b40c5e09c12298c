// Seventy-two hours of break-glass on an installed host that is rebooted meanwhile, once in order and once by a loss of power: the review stays owed, the
// next break-glass waits for it, and after 72 hours no change of that person runs. A clock that is put back does not help. The clocks of gate, runner
// and command line are moved by the test; they go on while the host is off.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { MIRAI_UNIT } from '../host/host.ts'
import { CHECKOUT } from '../host/place.ts'
import { until } from '../until.ts'
import { KEY, ready, UP_UNIT, type Who, type World, world } from '../world/world.ts'

const SERVICE = 'mirai-knowledge-system'
const CLOCKS = '/opt/stepped'
const HOUR = 3_600_000
const SOON = 120_000
const STEPPED = { NODE_OPTIONS: `--import=${CLOCKS}/clock.ts`, SEKISHO_TEST_SHIFT: `${CLOCKS}/ahead` }
const RESTART = [
  'do',
  'service',
  '--service',
  SERVICE,
  '--verb',
  'restart',
  '--instruction',
  'restart it',
  '--no-wait',
]

describeWith('host', 'a review that is owed over reboots', () => {
  let w: World
  const sekisho = (who: Who, argv: readonly string[]) =>
    w.sekisho(who, argv, { env: STEPPED, timeoutMs: SOON })
  async function json<T>(who: Who, argv: readonly string[]): Promise<T> {
    const said = await sekisho(who, [...argv, '--json'])
    return JSON.parse(said.stdout.trim().split('\n').at(-1) ?? '') as T
  }
  const glass = (reason: string) =>
    sekisho('root', ['glass', 'run', 'restart', '--service', SERVICE, '--reason', reason, '--key', KEY])
  /** Which start of the unit is running, as PID 1 tells it. */
  const invocation = async () =>
    (await w.host.ok(['systemctl', 'show', '--value', '-p', 'InvocationID', MIRAI_UNIT])).trim()
  const bootId = async () => (await w.host.ok(['cat', '/proc/sys/kernel/random/boot_id'])).trim()
  async function must(who: Who, argv: readonly string[]): Promise<void> {
    const said = await sekisho(who, argv)
    expect(said.code, `${argv.join(' ')}\n${said.stdout}${said.stderr}`).toBe(0)
  }

  /** The clock goes on to so long after the act while the host is off. Whoever was logged in is logged out by the time. */
  async function bootedAt(hours: number, how: 'reboot' | 'crash'): Promise<void> {
    const before = await bootId()
    await w.host.ok(['systemctl', 'stop', 'sekisho-gate', 'sekisho-runner'])
    await w.host.put(`${CLOCKS}/ahead`, String(Math.round(hours * HOUR)), 0o644)
    if (how === 'reboot') await w.host.reboot()
    else {
      await w.host.crash()
      await w.host.boot()
    }
    expect(await bootId()).not.toBe(before)
    await ready(w.host)
    await until('the service to answer', SOON, async () =>
      (await w.host.exec(['curl', '-sf', '-o', '/dev/null', 'http://127.0.0.1:8080/health'])).code === 0
        ? true
        : undefined,
    )
    await must('ops1', ['login', 'ops1', '--key', KEY])
  }

  beforeAll(async () => {
    w = await world()
    const { host } = w
    await host.ok(['install', '-d', '-m', '755', CLOCKS])
    await host.put(`${CLOCKS}/clock.ts`, readFileSync(join(CHECKOUT, 'tests/accept/stepped-clock.ts')), 0o644)
    await host.put(`${CLOCKS}/ahead`, '0', 0o644)
    const installed = await w.sekisho('root', ['install', 'host'])
    expect(installed.code, installed.stdout + installed.stderr).toBe(0)
    await host.ok(['systemctl', 'stop', UP_UNIT])
    for (const part of ['runner', 'gate']) {
      await host.ok(['install', '-d', `/etc/systemd/system/sekisho-${part}.service.d`])
      const lines = Object.entries(STEPPED).map(([name, value]) => `Environment=${name}=${value}\n`)
      await host.put(
        `/etc/systemd/system/sekisho-${part}.service.d/clock.conf`,
        `[Service]\n${lines.join('')}`,
      )
    }
    await host.ok(['systemctl', 'daemon-reload'])
    await host.ok(['systemctl', 'start', 'sekisho-store', 'sekisho-runner', 'sekisho-gate'])
    await ready(host)
  }, 240_000)
  afterAll(async () => {
    const { host } = w as World
    await host.exec(['/usr/local/bin/sekisho', 'uninstall', 'host'])
    await host.exec([
      'rm',
      '-rf',
      CLOCKS,
      ...['runner', 'gate'].map((part) => `/etc/systemd/system/sekisho-${part}.service.d`),
    ])
  })

  test('part of X13: the review is owed over reboots, and after 72 hours that person changes nothing', {
    timeout: 900_000,
  }, async () => {
    const first = await glass('it hangs at night')
    expect(first.code, first.stdout + first.stderr).toBe(0)
    const owed = async () =>
      (await json<{ glasses: { glass: string; reviewed?: object }[] }>('root', ['glass', 'list'])).glasses
    expect(await owed()).toHaveLength(1)

    await bootedAt(71, 'reboot')
    const second = await glass('once more')
    expect([second.code, second.stderr]).toEqual([2, expect.stringMatching(/review/)])
    // Not overdue yet: what they ask for is made, and waits for its approval.
    const waiting = await json<ChangeView>('ops1', RESTART)
    expect(waiting.state, JSON.stringify(waiting)).toBe('awaiting_approval')

    await bootedAt(72.1, 'crash')
    const before = await invocation()
    const third = await glass('and again')
    expect([third.code, third.stderr]).toEqual([2, expect.stringMatching(/review/)])
    const asked = await sekisho('ops1', RESTART)
    expect(asked.code, asked.stdout).toBe(2)
    expect(asked.stderr).toMatch(/not reviewed within 72 hours/)
    // What was asked for in time is not done either.
    const approved = await sekisho('ops1', ['change', 'approve', waiting.id, '--yes'])
    expect(approved.code, approved.stdout + approved.stderr).not.toBe(0)
    expect(approved.stdout + approved.stderr).toMatch(/not reviewed within 72 hours/)
    expect(await invocation()).toBe(before)

    // The clock is put back by a day while it is off.
    await bootedAt(48, 'crash')
    const back = await invocation()
    const fourth = await glass('a day before')
    expect(fourth.code, fourth.stdout).toBe(2)
    expect(fourth.stderr).toMatch(/review|clock/)
    const earlier = await json<ChangeView>('ops1', RESTART)
    const done = await sekisho('ops1', ['change', 'approve', earlier.id, '--yes'])
    expect(done.code, done.stdout + done.stderr).not.toBe(0)
    expect(done.stdout + done.stderr).toMatch(/The clock is not sound, so nothing starts/)
    expect(await invocation()).toBe(back)

    await bootedAt(73, 'reboot')
    const [due] = await owed()
    expect(due?.reviewed).toBeUndefined()
    await must('root', [
      'glass',
      'review',
      due?.glass.slice(0, 12) ?? '',
      '--text',
      'the unit hung; restart was right',
      '--key',
      KEY,
    ])
    const now = await invocation()
    const change = await until('the review to be joined', SOON, async () => {
      const view = await json<ChangeView>('ops1', RESTART).catch(() => undefined)
      return view?.state === 'awaiting_approval' ? view : undefined
    })
    await must('ops1', ['change', 'approve', change.id, '--yes'])
    expect(await invocation()).not.toBe(now)
    const last = await glass('the next night')
    expect(last.code, last.stdout + last.stderr).toBe(0)
  })
})
