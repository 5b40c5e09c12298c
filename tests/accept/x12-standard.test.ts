// A standard change from five clean runs to its end, typed at the command line on a host with systemd: signed once within limits, run without
// asking, asked for outside of them, and demoted by one wrong end.
import { beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import type { StandingList } from '../../src/contract/gate.ts'
import { describeWith } from '../host/describe.ts'
import { operatorKey } from '../host/mirai.ts'
import { until } from '../until.ts'
import { type World, world } from '../world/world.ts'

const ENV = '/srv/levels/.env'
const SERVER = `import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
createServer((request, response) => {
  const level = process.env.LOG_LEVEL
  const ill = readFileSync('/srv/levels/ill', 'utf8')
  response.end(JSON.stringify({ status: level === ill ? 'ill' : 'ok', level }))
}).listen(9200, '127.0.0.1')
`
const UNIT = `[Unit]
Description=Levels
[Service]
User=levels
WorkingDirectory=/srv/levels
EnvironmentFile=${ENV}
ExecStartPre=+/bin/sh -c 'if [ -e /srv/levels/take ]; then mv "$(cat /srv/levels/take)" "$(cat /srv/levels/take).away"; rm /srv/levels/take; fi'
ExecStart=/usr/bin/node server.mjs
ExecReload=/bin/true
[Install]
WantedBy=multi-user.target
`
const PROBE = "{ url: 'http://127.0.0.1:9200/health', json: { status: ok }, good: 1, of: 2, every: 100ms }"
const EXPLAINED = ['--impact', 'more lines in the log', '--risk', 'none', '--by', 'ops1']

describeWith('host', 'a standard change', () => {
  let here: World
  beforeAll(async () => {
    here = await world({
      policy: async (host) => `lang: en
name: levels
services:
  levels:
    manager: { systemd: levels.service }
    health: ${PROBE}
    configs: [{ path: ${ENV}, kind: dotenv, probe: ${PROBE} }]
people:
  ops1: { name: Hanako, keys: ['${await operatorKey(host)}'] }
agents:
  claude: { name: Claude, model: opus, sponsor: ops1 }
policy: { keep: 60s, standing: { per_hour: 100 } }
`,
      prepare: async (host) => {
        await host.ok(['mkdir', '-p', '/srv/levels'])
        await host.put('/srv/levels/server.mjs', SERVER, 0o644)
        await host.put('/srv/levels/ill', 'broken', 0o644)
        await host.put(ENV, 'LOG_LEVEL=warn\nPORT=80\n', 0o600)
        await host.put('/etc/systemd/system/levels.service', UNIT)
        await host.ok([
          'bash',
          '-ec',
          'useradd --system --no-create-home levels && systemctl daemon-reload && systemctl enable -q --now levels',
        ])
      },
    })
  })

  const propose = (set: readonly string[], more: readonly string[] = []) =>
    here.json<ChangeView>('claude', [
      'do',
      'config',
      '--service',
      'levels',
      '--instruction',
      'change the log',
      ...EXPLAINED,
      ...set.flatMap((one) => ['--set', one]),
      ...more,
    ])
  const approved = async (value: string) => {
    const { id } = await propose([`LOG_LEVEL=${value}`])
    await here.json('ops1', ['change', 'approve', id, '--yes'])
    return here.json<ChangeView>('ops1', ['change', 'show', id])
  }
  const listed = () => here.json<StandingList>('ops1', ['standing', 'list'])
  const sign = () =>
    here.sekisho('ops1', ['standing', 'sign', 'levels', 'keys', ENV, 'LOG_LEVEL', '--yes'], {
      together: true,
    })
  const level = async () =>
    (JSON.parse(await here.host.ok(['curl', '-s', 'http://127.0.0.1:9200/health'])) as { level: string })
      .level
  const ran = (one: ChangeView) => [one.state, one.execution?.outcome, one.class]
  const keys = async () => (await listed()).standing.find(({ verb }) => verb === 'keys')

  test('X12 five clean runs allow a proposal; inside the limits it runs with the decision cited, outside people are asked; one void demotes it', async () => {
    // Restart is signed by the owner and needs no five.
    expect((await here.sekisho('ops1', ['standing', 'sign', 'levels', 'restart', '--yes'])).code).toBe(0)
    for (const value of ['info', 'debug', 'info', 'debug'])
      expect(ran(await approved(value)), value).toEqual(['closed', 'kept', 'normal'])
    expect((await listed()).proposed).toMatchObject([{ service: 'levels', clean: 4, needed: 5 }])
    const early = await sign()
    expect([early.code, early.stdout]).toEqual([2, expect.stringContaining('4 of 5')])
    await approved('info')
    const list = await here.sekisho('ops1', ['standing', 'list'])
    expect(list.stdout).toContain(`sekisho standing sign levels keys ${ENV} LOG_LEVEL`)
    const signed = await sign()
    expect(signed.code, signed.stdout).toBe(0)

    // Inside: nobody is asked.
    const inside = await propose(['LOG_LEVEL=debug'])
    expect(ran(inside), JSON.stringify(inside)).toEqual(['closed', 'kept', 'standard'])
    expect(await level()).toBe('debug')
    const record = await here.sekisho('ops1', ['record', 'show', inside.id])
    expect(record.stdout).toMatch(/Hanako {2}\S+ \S+ UTC \(standing\)/)

    // One parameter outside: another value, another variable, one variable more.
    for (const outside of [['LOG_LEVEL=trace'], ['PORT=81'], ['LOG_LEVEL=info', 'PORT=81']]) {
      const waits = await propose(outside)
      expect([waits.state, waits.class, waits.exit], outside.join(' ')).toEqual([
        'awaiting_approval',
        'normal',
        3,
      ])
      await here.sekisho('claude', ['change', 'withdraw', waits.id])
    }

    // One void: it waits for its window, and somebody writes by hand meanwhile.
    const at = Date.now()
    const [from = '', to = ''] = [at + 20_000, at + 3_600_000].map((one) => new Date(one).toISOString())
    const waits = await propose(['LOG_LEVEL=info'], ['--from', from, '--until', to, '--no-wait'])
    expect([waits.state, waits.class]).toEqual(['approved', 'standard'])
    await here.host.ok(['sh', '-c', `echo BY_HAND=1 >> ${ENV}`])
    await until('the change to be void', 90_000, async () =>
      (await here.json<ChangeView>('ops1', ['change', 'show', waits.id])).state === 'void' ? true : undefined,
    )
    expect(await keys()).toMatchObject({ state: 'demoted', why: 'void' })
    const again = await propose(['LOG_LEVEL=info'])
    expect([again.state, again.class]).toEqual(['awaiting_approval', 'normal'])
    await here.sekisho('claude', ['change', 'withdraw', again.id])
  }, 300_000)

  /** The copies of the runner are gone when the undo wants them: it is stuck, and a person goes on by hand. */
  const stuck = async () => {
    const copies = (
      await here.host.ok(['find', '/var/lib/sekisho', '-xdev', '-type', 'd', '-name', 'copies'])
    ).trim()
    expect(copies.split('\n')).toHaveLength(1)
    await here.host.put('/srv/levels/take', copies)
    const change = await propose(['LOG_LEVEL=info'], ['--no-wait'])
    await until('the change to be stuck', 90_000, async () =>
      (await here.json<ChangeView>('ops1', ['change', 'show', change.id])).state === 'stuck'
        ? true
        : undefined,
    )
    await here.host.ok(['sh', '-c', `rm -rf ${copies}; mv ${copies}.away ${copies}`])
    expect(change.class).toBe('standard')
    await here.sekisho('ops1', ['change', 'continue', change.id, 'retry', '--yes'])
    await until('the change to end', 90_000, async () =>
      (await here.json<ChangeView>('ops1', ['change', 'show', change.id])).execution?.outcome ===
      'rolled_back'
        ? true
        : undefined,
    )
  }
  const ill = (value: string) => here.host.put('/srv/levels/ill', value, 0o644)
  const fiveRuns = async () => {
    for (const value of ['info', 'debug', 'info', 'debug', 'info'])
      expect(ran(await approved(value)), value).toEqual(['closed', 'kept', 'normal'])
    expect((await listed()).proposed).toMatchObject([{ service: 'levels', clean: 5, needed: 5 }])
  }
  const signedAgain = async () => {
    const signed = await sign()
    expect(signed.code, signed.stdout).toBe(0)
    // To another value than the one that is there, and to debug in the end.
    for (const value of (await level()) === 'debug' ? ['info', 'debug'] : ['debug']) {
      const inside = await propose([`LOG_LEVEL=${value}`])
      expect(ran(inside), JSON.stringify(inside)).toEqual(['closed', 'kept', 'standard'])
    }
  }

  test('N18 five clean runs allow a proposal; void, a red proof and a stuck undo each demote at once; restart and reload need no five', async () => {
    for (const verb of ['restart', 'reload'])
      expect((await here.sekisho('ops1', ['standing', 'sign', 'levels', verb, '--yes'])).code, verb).toBe(0)
    // Void has demoted it above; what ran clean before still counts, and the owner signs again.
    expect(await keys()).toMatchObject({ state: 'demoted', why: 'void' })
    await signedAgain()

    // The application fails where it did not before: the same parameters, a red proof.
    await ill('info')
    const red = await propose(['LOG_LEVEL=info'])
    expect([red.execution?.outcome, red.class]).toEqual(['rolled_back', 'standard'])
    expect(await keys()).toMatchObject({ state: 'demoted', why: 'red_proof' })
    const early = await sign()
    expect([early.code, early.stdout]).toEqual([2, expect.stringContaining('0 of 5')])
    const asked = await propose(['LOG_LEVEL=info'])
    expect([asked.state, asked.class]).toEqual(['awaiting_approval', 'normal'])
    await here.sekisho('claude', ['change', 'withdraw', asked.id])
    await ill('broken')
    await fiveRuns()
    await signedAgain()

    await ill('info')
    await stuck()
    await ill('broken')
    expect((await keys())?.state).toBe('demoted')
    const late = await sign()
    expect([late.code, late.stdout]).toEqual([2, expect.stringContaining('0 of 5')])
  }, 600_000)
})
