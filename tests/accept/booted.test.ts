// The level *booted* of a backup on a real host: said when the service was started on the copy and was well, taken back when it was not, never said otherwise.
import { beforeAll, expect, test } from 'vitest'
import type { BackupsView } from '../../src/contract/backup.ts'
import { describeWith } from '../host/describe.ts'
import { limitTree } from '../host/limit-tree.ts'
import { operatorKey } from '../host/mirai.ts'
import { type World, world } from '../world/world.ts'

const ROOT = '/srv/levels'
/** It reads its state when it starts; of a state that it does not know it ends. */
const SERVER = `import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
const { version } = JSON.parse(readFileSync('${ROOT}/data/state.json', 'utf8'))
const users = JSON.parse(readFileSync('${ROOT}/data/users.json', 'utf8'))
if (version !== 1 || users.length !== 1) process.exit(3)
createServer((request, response) => response.end(JSON.stringify({ status: 'ok' }))).listen(9300, '127.0.0.1')
`
const UNIT = `[Unit]
Description=Levels
[Service]
User=levels
WorkingDirectory=${ROOT}/app
ExecStart=/usr/bin/node server.mjs
[Install]
WantedBy=multi-user.target
`

describeWith('host', 'a backup that its service was started on', () => {
  let here: World
  const must = async (argv: readonly string[]) => {
    const said = await here.sekisho('ops1', argv, { together: true, timeoutMs: 300_000 })
    expect(said.code, `${argv.join(' ')}\n${said.stdout}`).toBe(0)
    return said.stdout
  }
  const newest = async () => {
    const { copies } = await here.json<BackupsView>('ops1', ['backup', 'list', '--service', 'levels'])
    const [one] = copies
    if (one === undefined) throw new Error('no copy')
    return one
  }

  beforeAll(async () => {
    here = await world({
      binds: limitTree(),
      policy: async (host) => `lang: en
name: levels
services:
  levels:
    manager: { systemd: levels.service }
    health: { url: 'http://127.0.0.1:9300/health', json: { status: ok }, good: 1, of: 2, every: 100ms }
    data: [{ dir: ${ROOT}/data, format: json, secret: [users.json] }]
    backup: { every: 6h, to: /backup/levels, timezone: UTC }
people:
  ops1: { name: Hanako, keys: ['${await operatorKey(host)}'] }
agents:
  claude: { name: Claude, model: opus, sponsor: ops1 }
`,
      prepare: async (host) => {
        await host.ok(['mkdir', '-p', `${ROOT}/data`, `${ROOT}/app`, '/backup'])
        await host.ok(['install', '-d', '-m', '700', '/backup/levels'])
        await host.put(`${ROOT}/app/server.mjs`, SERVER, 0o644)
        await host.put(`${ROOT}/data/state.json`, '{"version":1}')
        await host.put(`${ROOT}/data/users.json`, '[{"id":"1","password":"x"}]', 0o600)
        await host.put('/etc/systemd/system/levels.service', UNIT)
        await host.ok([
          'bash',
          '-ec',
          `useradd --system --no-create-home levels && chown -R levels:levels ${ROOT}/data
systemctl daemon-reload && systemctl enable -q --now levels`,
        ])
      },
    })
    await must(['standing', 'sign', 'levels', 'backup', '--yes'])
  })

  test('a drill starts the service on the copy: booted, and only then', async () => {
    await must(['backup', 'run', '--service', 'levels'])
    expect((await newest()).level).not.toBe('booted')
    await must(['backup', 'drill', '--service', 'levels'])
    const copy = await newest()
    expect([copy.level, copy.state], JSON.stringify(copy)).toEqual(['booted', 'sound'])
    expect(await must(['backup', 'show', copy.backup, '--service', 'levels'])).toMatch(/booted +\d{4}-/)
    // The service of the host was not touched, and nothing is left of the room.
    expect(await here.host.ok(['curl', '-s', 'http://127.0.0.1:9300/health'])).toContain('ok')
    const left = await here.host.ok(['sh', '-c', 'find / -xdev -type d -name "room-*" 2>/dev/null | wc -l'])
    expect(left.trim()).toBe('0')
  }, 300_000)

  test('a copy on which the service ends is restored and not booted, and says why', async () => {
    // It goes on with what it has read: only a start tells.
    await here.host.put(`${ROOT}/data/state.json`, '{"version":2}')
    await must(['backup', 'run', '--service', 'levels'])
    await must(['backup', 'drill', '--service', 'levels'])
    const copy = await newest()
    expect([copy.level, copy.state, copy.why], JSON.stringify(copy)).toEqual([
      'restored',
      'sound',
      'boot boot: ended 3',
    ])
    expect(await must(['backup', 'show', copy.backup, '--service', 'levels'])).toContain(
      'the service did not get well on this copy: the start of the release that runs now: the service ended (exit 3)',
    )
  }, 300_000)

  test('a service that cannot be started in a room earns no such level, and loses none', async () => {
    await here.host.put(`${ROOT}/data/state.json`, '{"version":1}')
    const rules = (await here.host.read('/etc/sekisho/sekisho.yaml')).toString()
    await here.host.put(
      '/etc/sekisho/sekisho.yaml',
      rules.replace(
        "health: { url: 'http://127.0.0.1:9300/health'",
        "health: { url: 'http://0.0.0.0:9300/health'",
      ),
      0o640,
    )
    const applied = await here.sekisho('root', ['config', 'apply'], { together: true })
    expect(applied.code, applied.stdout).toBe(0)
    await must(['backup', 'run', '--service', 'levels'])
    await must(['backup', 'drill', '--service', 'levels'])
    const copy = await newest()
    expect([copy.level, copy.why], JSON.stringify(copy)).toEqual(['restored', undefined])
  }, 300_000)
})
