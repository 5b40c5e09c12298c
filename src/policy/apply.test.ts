import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { applyPolicy, examinePolicy, type PolicyFiles, policyInForce } from './apply.ts'
import type { HealthLook, HostView, PathLook } from './host-check.ts'

const folder = fileURLToPath(new URL('../../tests/policy/', import.meta.url))
const smallest = readFileSync(`${folder}good/01-smallest.yaml`, 'utf8')
const place = {
  source: '/e/sekisho.yaml',
  runner: '/e/runner.json',
  guard: '/e/guard.json',
  applied: '/e/applied.json',
}

class Killed extends Error {}

/** A disk in memory that dies before its nth write. */
function disk(source: string, killBefore = Number.POSITIVE_INFINITY) {
  const texts = new Map([[place.source, source]])
  const written: string[] = []
  let left = killBefore
  const files: PolicyFiles = {
    read: async (path) => texts.get(path),
    write: async (path, text) => {
      if (left-- <= 0) throw new Killed()
      texts.set(path, text)
      written.push(path)
    },
  }
  return {
    files,
    texts,
    written,
    revive: () => {
      left = Number.POSITIVE_INFINITY
    },
  }
}

const file = (real: string): PathLook => ({ kind: 'file', size: 10, names: 1, real })
function host(paths: Readonly<Record<string, PathLook>> = {}, health?: HealthLook): HostView {
  return {
    path: async (path) =>
      paths[path] ?? (path.endsWith('.d') ? { kind: 'absent', directory: true, real: path } : file(path)),
    health: async () => health ?? { kind: 'answer', status: 200 },
  }
}

describe('apply', () => {
  test('writes what runner and guard read, under one version, and does nothing the second time', async () => {
    const { files, written, texts } = disk(smallest)
    const first = await applyPolicy(place, files, 'ops1', host())
    expect(first).toMatchObject({ state: 'applied', warnings: [] })
    expect(written).toEqual([place.guard, place.applied, place.runner])
    const second = await applyPolicy(place, files, 'ops1', host())
    expect(second).toMatchObject({ state: 'unchanged', differences: [] })
    expect(written).toHaveLength(3)
    const inForce = await policyInForce(place, files)
    expect(JSON.parse(texts.get(place.guard) ?? '').version).toBe(inForce?.version)
    expect(JSON.parse(texts.get(place.applied) ?? '')).toEqual({
      v: 1,
      version: inForce?.version,
      by: 'ops1',
    })
  })

  test('a comment is no new version', async () => {
    const { files, texts } = disk(smallest)
    const first = await applyPolicy(place, files, 'ops1')
    texts.set(place.source, `# a comment\n${smallest}`)
    const second = await applyPolicy(place, files, 'ops1')
    if (first.state === 'refused' || second.state === 'refused') throw new Error('refused')
    expect(second).toMatchObject({ state: 'unchanged', version: first.version })
  })

  test.each([0, 1, 2])(
    'dying before write %i leaves the old version in force, and the next apply mends it',
    async (n) => {
      const before = disk(smallest)
      await applyPolicy(place, before.files, 'ops1')
      const old = await policyInForce(place, before.files)
      const dying = disk(smallest.replace('lang: en', 'lang: en\nname: renamed'), n)
      for (const path of [place.runner, place.guard]) dying.texts.set(path, before.texts.get(path) ?? '')
      await expect(applyPolicy(place, dying.files, 'ops1')).rejects.toBeInstanceOf(Killed)
      expect(await policyInForce(place, dying.files)).toEqual(old)
      dying.revive()
      const again = await applyPolicy(place, dying.files, 'ops1')
      expect(again).toMatchObject({ state: 'applied', before: old?.version })
      const now = await policyInForce(place, dying.files)
      expect(now?.name).toBe('renamed')
      expect(JSON.parse(dying.texts.get(place.guard) ?? '').version).toBe(now?.version)
    },
  )

  test('a guard file that was changed or lost is written again under the same version', async () => {
    const { files, texts, written } = disk(smallest)
    await applyPolicy(place, files, 'ops1')
    texts.set(place.guard, '{}')
    expect(await applyPolicy(place, files, 'ops1')).toMatchObject({ state: 'unchanged' })
    expect(written).toHaveLength(6)
    expect(texts.get(place.guard)).toContain('"protect"')
  })

  test('a runner file that is not ours counts as none and is replaced', async () => {
    for (const text of ['', '{}', '{"v":1}', 'not json', '{"v":2,"v":1}']) {
      const { files, texts } = disk(smallest)
      texts.set(place.runner, text)
      expect(await policyInForce(place, files)).toBeUndefined()
      expect(await applyPolicy(place, files, 'ops1')).toMatchObject({ state: 'applied' })
      expect(await policyInForce(place, files)).toBeDefined()
    }
  })

  test('a broken file, or a host that says no, writes nothing', async () => {
    const broken = disk('lang: en\n')
    expect(await applyPolicy(place, broken.files, 'ops1')).toMatchObject({ state: 'refused' })
    expect(broken.written).toEqual([])
    const sound = disk(smallest)
    const device: PathLook = { kind: 'device', real: '/srv/mirai/.env' }
    const refused = await applyPolicy(place, sound.files, 'ops1', host({ '/srv/mirai/.env': device }))
    expect(refused).toMatchObject({ state: 'refused', problems: [{ code: 'host.not_regular' }] })
    expect(sound.written).toEqual([])
  })

  test('no file at all is a failure with its sentence', async () => {
    const files = { read: async () => undefined, write: async () => {} }
    await expect(applyPolicy(place, files, 'ops1')).rejects.toMatchObject({ code: 'config.missing' })
  })
})

describe('what the host says', () => {
  const env = '/srv/mirai/.env'
  const site = '/etc/nginx/sites-available/mirai'
  const dropIns = '/etc/systemd/system/mirai.service.d'

  test.each<[string, Record<string, PathLook>, string]>([
    ['a link out of what is declared', { [env]: file('/etc/shadow') }, '7:68 host.link_leaves'],
    ['a device', { [env]: { kind: 'device', real: env } }, '7:68 host.not_regular'],
    ['a pipe', { [env]: { kind: 'pipe', real: env } }, '7:68 host.not_regular'],
    ['a directory', { [site]: { kind: 'directory', real: site } }, '7:15 host.not_regular'],
    [
      'a file over the limit',
      { [env]: { kind: 'file', size: 1_048_577, names: 1, real: env } },
      '7:68 host.too_large',
    ],
    [
      'a file of two names',
      { [env]: { kind: 'file', size: 1, names: 2, real: env } },
      '7:68 host.hard_links',
    ],
    ['no directory', { [env]: { kind: 'absent', directory: false, real: env } }, '7:68 host.no_directory'],
    ['what may not be looked at', { [env]: { kind: 'unreadable', why: 'EACCES' } }, '7:68 host.unreadable'],
    [
      'a drop-in directory that leads elsewhere',
      { [dropIns]: { kind: 'directory', real: '/home/x' } },
      '7:49 host.link_leaves',
    ],
    ['a drop-in directory that is a file', { [dropIns]: file(dropIns) }, '7:49 host.not_regular'],
  ])('%s is refused by name, at its line', async (_, paths, wanted) => {
    const text = smallest.replace('lang: en', 'lang: en\n# one more line')
    const examined = await examinePolicy(place, disk(text).files, host(paths))
    if (examined.state !== 'refused') throw new Error('passed')
    expect(examined.problems.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual([wanted])
  })

  test('a link to a file that is declared too passes; a file that is not there yet is a warning', async () => {
    const linked = await examinePolicy(place, disk(smallest).files, host({ [env]: file(site) }))
    expect(linked).toMatchObject({ state: 'sound', warnings: [] })
    const absent = await examinePolicy(
      place,
      disk(smallest).files,
      host({ [env]: { kind: 'absent', directory: true, real: env } }),
    )
    expect(absent).toMatchObject({ state: 'sound', warnings: [{ code: 'host.absent' }] })
  })

  test('a file that others may not read is shown to all who read changes: a warning, unless it is declared secret', async () => {
    const hidden = (path: string): PathLook => ({
      kind: 'file',
      size: 10,
      names: 1,
      real: path,
      isPrivate: true,
    })
    const examined = await examinePolicy(
      place,
      disk(smallest).files,
      host({ [site]: hidden(site), [env]: hidden(env) }),
    )
    // The environment file is a secret by its kind.
    expect(examined).toMatchObject({
      state: 'sound',
      warnings: [{ code: 'host.private', detail: { value: site } }],
    })
  })

  test('a channel that can deliver nothing is named: its secret is not there, readable by all or empty, or its server lies in a private network', async () => {
    const notify = (mail: string) => `${smallest}
notify:
  channels:
    hook: { kind: webhook, url: 'https://hook.example.org/', secret: { file: /s/hook } }
    mail: { kind: mail, server: smtp.example.org, from: a@example.org, to: [b@example.org], user: u, password: { file: /s/mail } }
    night: { kind: ntfy, url: 'https://ntfy.example.org/x', token: { file: /s/night } }
    relay: { kind: mail, ${mail}, from: a@example.org, to: [b@example.org] }
`
    const secret = (of: object): PathLook => ({ ...file('/s'), ...of }) as PathLook
    const seen = async (text: string) => {
      const examined = await examinePolicy(
        place,
        disk(text).files,
        host({
          '/s/hook': { kind: 'absent', directory: true, real: '/s/hook' },
          '/s/mail': secret({ isPrivate: false }),
          '/s/night': secret({ isPrivate: true, size: 0 }),
        }),
      )
      const problems = examined.state === 'refused' ? examined.problems : examined.warnings
      return [examined.state, ...problems.map(({ path, code }) => `${path} ${code}`)]
    }
    expect(await seen(notify('server: 10.1.2.3, private: true'))).toEqual([
      'sound',
      'notify.channels.hook.secret.file notify.secret_absent',
      'notify.channels.mail.password.file notify.secret_for_all',
      'notify.channels.night.token.file notify.secret_empty',
    ])
    for (const server of ['127.0.0.1', '10.1.2.3', 'localhost', '"::1"'])
      expect(await seen(notify(`server: ${server}`))).toEqual([
        'refused',
        'notify.channels.relay.server notify.private_needed',
      ])
    const inside = notify('server: smtp.example.org').replace('https://hook.example.org/', 'https://[::1]/')
    expect(await seen(inside)).toEqual(['refused', 'notify.channels.hook.url notify.private_needed'])
  })

  test('a place of copies that ends in daily is a warning that names the directory above', async () => {
    const text = smallest.replace('    configs:', '    backup: /backup/mirai/daily\n    configs:')
    expect(text).not.toBe(smallest)
    const examined = await examinePolicy(place, disk(text).files, host())
    expect(examined).toMatchObject({
      state: 'sound',
      warnings: [{ code: 'host.backup_daily', detail: { above: '/backup/mirai' } }],
    })
    const right = await examinePolicy(place, disk(text.replace('/daily', '')).files, host())
    expect(right).toMatchObject({ state: 'sound', warnings: [] })
  })

  test.each<[HealthLook, string, string]>([
    [{ kind: 'answer', status: 301, to: 'https://elsewhere/' }, 'refused', 'host.health_redirects'],
    [{ kind: 'certificate', why: 'self-signed' }, 'refused', 'host.health_certificate'],
    [{ kind: 'answer', status: 500 }, 'sound', 'host.health_status'],
    [{ kind: 'silent', why: 'ECONNREFUSED' }, 'sound', 'host.health_silent'],
  ])('a health address: %o', async (look, state, code) => {
    const examined = await examinePolicy(place, disk(smallest).files, host({}, look))
    expect(examined.state).toBe(state)
    const problems = examined.state === 'refused' ? examined.problems : examined.warnings
    expect(problems.map((one) => `${one.line} ${one.code}`)).toEqual([`5 ${code}`])
  })
})
