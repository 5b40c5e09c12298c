// The reference service as it stands in a host: under systemd, behind nginx, with the files that a change will touch.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { readPolicy } from '../../src/policy/read.ts'
import { until } from '../until.ts'
import { describeWith } from './describe.ts'
import { ENV_FILE } from './faults.ts'
import { CA_PATH, type Host, MIRAI_UNIT, oneHost } from './host.ts'
import { miraiPolicy, operatorKey } from './mirai.ts'
import { CHECKOUT } from './place.ts'

test('the example sekisho.yaml is a policy without a problem', async () => {
  const text = await readFile(join(CHECKOUT, 'examples/mirai/deploy/sekisho.yaml'), 'utf8')
  expect(readPolicy(text)).toMatchObject({ ok: true })
})

describeWith('host', 'the reference service in a host', () => {
  let host: Host
  beforeAll(async () => {
    host = await oneHost()
  })
  const site = async (path: string, ...more: string[]) =>
    host.ok(['curl', '-sS', '--cacert', CA_PATH, ...more, `https://mirai.example.jp${path}`])

  test('the place of its backups is there, and nobody but root writes it', async () => {
    expect(await host.ok(['stat', '-c', '%U %a', '/backup', '/backup/mirai'])).toBe('root 755\nroot 755\n')
  })

  test('its policy carries the key of the operator of the host', async () => {
    const policy = await miraiPolicy(host)
    expect(policy).toContain(await operatorKey(host))
    expect(readPolicy(policy)).toMatchObject({ ok: true })
  })

  test('a setting changed in .env is shown after a restart and not before', async () => {
    await host.ok(['sed', '-i', 's/^UPLOAD_LIMIT_MB=.*/UPLOAD_LIMIT_MB=8/', ENV_FILE])
    expect(await site('/config')).toContain('"uploadLimitMb":2')
    await host.ok(['systemctl', 'restart', MIRAI_UNIT])
    expect(await site('/config')).toContain('"uploadLimitMb":8')
  })

  test('a setting that makes no sense lets the restart fail, and systemd says so', async () => {
    const before = await host.read(ENV_FILE)
    await host.put(ENV_FILE, 'PORT=eighty\n')
    expect((await host.exec(['systemctl', 'restart', MIRAI_UNIT])).code).toBe(1)
    await host.put(ENV_FILE, before)
    await host.ok(['systemctl', 'reset-failed', MIRAI_UNIT])
    await host.ok(['systemctl', 'restart', MIRAI_UNIT])
    expect(await site('/health')).toContain('healthy')
  })

  test('reload keeps the process and is written to the log', async () => {
    const pid = await host.ok(['systemctl', 'show', '-P', 'MainPID', MIRAI_UNIT])
    await host.ok(['systemctl', 'reload', MIRAI_UNIT])
    await until('the reload to be logged', 10_000, async () =>
      (await host.exec(['grep', '-q', '"message":"reloaded"', '/var/log/mirai/app.log'])).code === 0
        ? true
        : undefined,
    )
    expect(await host.ok(['systemctl', 'show', '-P', 'MainPID', MIRAI_UNIT])).toBe(pid)
  })

  test('a login and an article go through nginx and stay over a reboot; a failed login is found', async () => {
    const password = /^FIRST_PASSWORD=(.*)$/m.exec((await host.read(ENV_FILE)).toString())?.[1]
    const answer: unknown = JSON.parse(
      await site('/api/login', '-d', JSON.stringify({ username: 'admin', password })),
    )
    if (typeof answer !== 'object' || answer === null || !('token' in answer)) throw new Error('not let in')
    const bearer = ['-H', `Authorization: Bearer ${String(answer.token)}`]
    expect(await site('/api/articles', ...bearer, '-d', '{"title":"足場の点検","body":"毎朝"}')).toContain(
      '"author":"admin"',
    )
    await site('/api/login', '-d', '{"username":"admin","password":"wrong"}')
    await host.reboot()
    expect((await host.read('/var/lib/mirai/data/articles.json')).toString()).toContain('足場の点検')
    expect((await host.read('/var/log/mirai/auth.log')).toString()).toContain('Authentication failed')
    expect(await host.ok(['stat', '-c', '%U %a', '/var/lib/mirai/data/users.json'])).toBe('mirai 640\n')
  })
})
