// A day on an idle host: the clocks of the installed parts are moved through 24 hours, every check is looked at in its time, and each timer of
// the host is started once. Nobody finds anything and nobody is told anything. The first and the last hour go in steps of 50 seconds, in which
// nothing may be late; the hours between in steps of five minutes, which the gate takes for a machine that was suspended. An ordinary run takes
// a quarter of an hour.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CheckLine } from '../../src/contract/check.ts'
import type { NoticeView } from '../../src/contract/notice.ts'
import { IS_WHOLE } from '../crash/share.ts'
import { type BlockDisk, openBlockDisk } from '../host/block-disk.ts'
import { describeWith } from '../host/describe.ts'
import { MIRAI_UNIT, NODE_IN_HOST } from '../host/host.ts'
import { miraiPolicy, settleDisks } from '../host/mirai.ts'
import { CHECKOUT } from '../host/place.ts'
import { until } from '../until.ts'
import { KEY, UP_UNIT, type World, world } from '../world/world.ts'
import type { Day } from './idle-day-drive.ts'

const SERVICE = 'mirai-knowledge-system'
const DATA = '/var/lib/mirai/data'
const GATE = 'http://127.0.0.1:7440'
const CALM_MEMORY = `awk '/^MemTotal/ { total = $2 } /^MemAvailable/ { $2 = int(total / 2) } { print }' /proc/meminfo > /opt/meminfo`
const ARTICLE = {
  id: 'a1',
  title: 't',
  body: 'b',
  tags: [],
  author: 'u1',
  changedAt: '2026-11-25T00:00:00.000Z',
}
/** Where each part reads how far its clock is ahead. */
const CLOCKS = '/opt/stepped'
const MINUTE = 60_000
/** Shorter than what makes the gate believe that nobody could look meanwhile. */
const SHORT = 50_000
const PARTS: readonly { readonly stepMs: number; readonly steps: number }[] = IS_WHOLE
  ? [
      { stepMs: SHORT, steps: 72 },
      { stepMs: 5 * MINUTE, steps: 264 },
      { stepMs: SHORT, steps: 72 },
    ]
  : [{ stepMs: SHORT, steps: 18 }]
const WHOLE_MS = PARTS.reduce((sum, { stepMs, steps }) => sum + stepMs * steps, 0)

/** Takes every mail, and keeps none. */
const MAIL_SERVER = `
require('node:net').createServer((socket) => {
  let isText = false
  let rest = ''
  socket.on('error', () => {})
  socket.write('220 mail\\r\\n')
  socket.on('data', (chunk) => {
    const lines = (rest + chunk).split('\\r\\n')
    rest = lines.pop()
    for (const line of lines) {
      if (isText && line !== '.') continue
      const word = line.slice(0, 4).toUpperCase()
      isText = !isText && word === 'DATA'
      socket.write(isText ? '354 go on\\r\\n' : word === 'QUIT' ? '221 bye\\r\\n' : '250 taken\\r\\n')
      if (word === 'QUIT') socket.end()
    }
  })
}).listen(2525, '127.0.0.1')
`

describeWith('disks', 'an idle host', () => {
  let w: World
  let disks: readonly BlockDisk[]
  beforeAll(async () => {
    // Disks of their own, without which no copy counts.
    disks = [await openBlockDisk(128), await openBlockDisk(128)]
    const [data, copies] = disks as [BlockDisk, BlockDisk]
    w = await world({
      binds: [
        { from: data.path, to: '/var/lib/mirai', access: 'rw' },
        { from: copies.path, to: '/backup', access: 'rw' },
      ],
      // Whatever is found would be told: the channel is there, and takes mail.
      policy: async (host) =>
        `${await miraiPolicy(host)}\nnotify: { channels: { duty: { kind: mail, server: 127.0.0.1, port: 2525, tls: none, private: true, from: sekisho@example.org, to: [duty@example.org] } }, routes: [{ to: [duty], severity: [red, warning] }] }\n`,
      prepare: async (host) => {
        await host.ok(['chown', 'mirai:mirai', '/var/log/mirai'])
        await host.exec(['systemctl', 'reset-failed', MIRAI_UNIT])
        await settleDisks(host)
        await host.put('/opt/mail.cjs', MAIL_SERVER)
        await host.ok(['systemd-run', '--unit=mail', '--service-type=exec', NODE_IN_HOST, '/opt/mail.cjs'])
        // Good from the beginning: live data is looked at once a day.
        await host.put(`${DATA}/articles.json`, `${JSON.stringify([ARTICLE])}\n`)
      },
    })
    const { host } = w
    await host.ok(['install', '-d', '-m', '755', '/backup/mirai', CLOCKS])
    // A machine without lists of packages: what is offered to this one is none of this test's.
    await host.ok(['mount', '-t', 'tmpfs', 'tmpfs', '/var/lib/apt/lists'])
    // Nor is what else runs on the machine beneath: to this host half of its memory is free.
    await host.ok(['sh', '-c', CALM_MEMORY])
    await host.ok(['mount', '--bind', '/opt/meminfo', '/proc/meminfo'])
    const must = async (who: 'root' | 'ops1', argv: readonly string[]) => {
      const done = await w.sekisho(who, argv)
      expect(done.code, `${argv.join(' ')}\n${done.stdout}${done.stderr}`).toBe(0)
    }
    await must('root', ['install', 'host'])
    await host.ok(['systemctl', 'stop', UP_UNIT])
    await host.put(`${CLOCKS}/clock.ts`, readFileSync(join(CHECKOUT, 'tests/accept/stepped-clock.ts')), 0o644)
    for (const part of ['watch', 'runner', 'gate']) {
      await host.put(`${CLOCKS}/${part}`, '0', 0o644)
      await host.ok(['install', '-d', `/etc/systemd/system/sekisho-${part}.service.d`])
      await host.put(
        `/etc/systemd/system/sekisho-${part}.service.d/clock.conf`,
        `[Service]\nEnvironment=NODE_OPTIONS=--import=${CLOCKS}/clock.ts SEKISHO_TEST_SHIFT=${CLOCKS}/${part}\n`,
        0o644,
      )
    }
    await host.ok(['systemctl', 'daemon-reload'])
    await host.ok(['systemctl', 'start', 'sekisho-store', 'sekisho-runner', 'sekisho-gate', 'sekisho-watch'])
    await must('ops1', ['standing', 'sign', SERVICE, 'backup', '--yes'])
    await must('ops1', ['backup', 'run', '--service', SERVICE])
    await must('ops1', ['backup', 'drill', '--service', SERVICE])
  }, 400_000)
  afterAll(async () => {
    const { host } = w as World
    await host.exec(['/usr/local/bin/sekisho', 'uninstall', 'host'])
    await host.exec([
      'rm',
      '-rf',
      ...['watch', 'runner', 'gate'].map((part) => `/etc/systemd/system/sekisho-${part}.service.d`),
    ])
    await host.crash()
    for (const disk of disks) await disk.close()
  })

  const list = async () => (await w.json<{ checks: CheckLine[] }>('ops1', ['check', 'list'])).checks
  const open = async () =>
    (await list())
      .filter(({ finding }) => finding !== undefined)
      .map(({ check, state, code, values }) => `${check} ${state} ${code} ${JSON.stringify(values)}`)
  const notices = async () =>
    (await w.json<{ notices: NoticeView[] }>('ops1', ['notify', 'list'])).notices.map(
      ({ id, at, title, lines }) => `${id} ${at} ${title.en} ${lines.en.join(' ')}`,
    )
  const drive = async (
    from: number,
    stepMs: number,
    steps: number,
    units: readonly string[],
  ): Promise<Day> => {
    const script = '/opt/sekisho-checkout/tests/accept/idle-day-drive.ts'
    const given = [`${GATE}/api/v1`, w.token, CLOCKS, String(from), String(stepMs), String(steps)]
    const done = await w.host.exec([NODE_IN_HOST, script, ...given, ...units], { timeoutMs: 3_000_000 })
    expect(done.code, done.stdout + done.stderr).toBe(0)
    return JSON.parse(done.stdout) as Day
  }

  test(`${WHOLE_MS / MINUTE} minutes by the clock, each timer started once: no finding and no notice; what breaks afterwards is found and told`, {
    timeout: 3_600_000,
  }, async () => {
    let last: readonly string[] = []
    await until(
      () => `a calm host: ${last.join('; ')}`,
      240_000,
      async () => {
        last = await open()
        return last.length === 0 || undefined
      },
    )
    const before = await notices()
    const files = await w.host.ok(['systemctl', 'list-unit-files', '--type=timer', '--no-legend', '--plain'])
    const timers = [...files.matchAll(/^([^\s@]+\.timer)\s/gm)].map(([, name = '']) => name)
    expect(timers.length).toBeGreaterThan(0)
    const units: string[] = []
    for (const timer of timers)
      units.push((await w.host.ok(['systemctl', 'show', '-p', 'Unit', '--value', timer])).trim())

    let from = 0
    for (const [i, { stepMs, steps }] of PARTS.entries()) {
      const some = units.splice(0, i === PARTS.length - 1 ? units.length : Math.ceil(units.length / 3))
      const day = await drive(from, stepMs, steps, some)
      expect(day.found).toEqual([])
      expect(day.late).toEqual([])
      expect(day.units).toBe(some.length)
      // It was looked at all the time: the service at each step, and each check at least once.
      expect(day.looks[`${SERVICE}/service`]).toBe(steps)
      expect(day.looks[`${SERVICE}/restored`]).toBeGreaterThanOrEqual((stepMs * steps) / 3_600_000 - 1)
      expect(Object.keys(day.looks)).toHaveLength(day.checks)
      from += stepMs * steps
    }
    // A login of a person ends within the day.
    const again = await w.sekisho('ops1', ['login', 'ops1', '--key', KEY])
    expect(again.code, again.stdout + again.stderr).toBe(0)
    expect(await notices()).toEqual(before)

    await w.host.ok(['systemctl', 'stop', 'nginx'])
    const broken = await drive(from, SHORT, 4, [])
    expect(broken.found.join('\n')).toContain(`${SERVICE}/api red`)
    await until('a notice of it', 60_000, async () => (await notices()).length > before.length || undefined)
  })
})
