// Taking over a host that somebody runs already, from `install host` until its service is protected, and the first days after that.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackupsView } from '../../src/contract/backup.ts'
import type { CheckLine } from '../../src/contract/check.ts'
import { type BlockDisk, openBlockDisk } from '../host/block-disk.ts'
import { describeWith } from '../host/describe.ts'
import { type Host, type Outcome, oneHost, SEKISHO } from '../host/host.ts'
import { until } from '../until.ts'
import { shown } from './newcomer-report.ts'
import { answer, DATA, makeShop, records, SITE, shopSite, staticSite } from './shop.ts'

const SOURCE = '/etc/sekisho/sekisho.yaml'
const INSTALLED = '/usr/local/bin/sekisho'
const LANGUAGE = process.env['SEKISHO_WALK_LANGUAGE'] === 'ja' ? 'ja' : 'en'

describeWith('disks', 'taking over a host', () => {
  let host: Host
  const disks: BlockDisk[] = []
  const captured: string[] = []
  let commands = 0
  let edits = 0

  async function type(user: 'root' | 'ops1', argv: readonly string[]): Promise<Outcome> {
    const sekisho = commands === 0 ? SEKISHO : INSTALLED
    commands++
    const [program, ...rest] = argv
    const result = await host.exec(
      ['sh', '-c', 'exec "$@" 2>&1', 'sh', ...(program === 'sekisho' ? [sekisho, ...rest] : argv)],
      {
        ...(user === 'root' ? {} : { user }),
        env: {
          LANG: LANGUAGE === 'ja' ? 'ja_JP.UTF-8' : 'en_US.UTF-8',
          HOME: user === 'root' ? '/root' : '/home/ops1',
          USER: user,
          ...(user === 'root' ? { SUDO_USER: 'ops1' } : {}),
        },
        timeoutMs: 120_000,
      },
    )
    captured.push(
      `${user}${user === 'root' ? '#' : '$'} ${argv.map(shown).join(' ')}\n${result.stdout}→ ${result.code}`,
    )
    return result
  }
  const must = async (code: number, user: 'root' | 'ops1', argv: readonly string[]): Promise<string> => {
    const { code: ended, stdout } = await type(user, argv)
    expect(ended, `${argv.join(' ')}\n${stdout}`).toBe(code)
    return stdout
  }
  const json = async <T>(argv: readonly string[]): Promise<T> =>
    JSON.parse(
      (await host.exec([INSTALLED, ...argv, '--json'], { user: 'ops1', env: { HOME: '/home/ops1' } })).stdout
        .trim()
        .split('\n')
        .at(-1) ?? '',
    ) as T
  const newest = async () =>
    (await json<{ changes: { id: string }[] }>(['change', 'list', '--all'])).changes[0]?.id ?? ''
  const said = (en: string, ja: string) => (LANGUAGE === 'ja' ? ja : en)
  /** Asked for and approved by the person who runs the host. */
  const change = async (wish: readonly string[]): Promise<void> => {
    await must(3, 'ops1', ['sekisho', 'do', 'config', '--service', 'shop', ...wish])
    await must(0, 'ops1', ['sekisho', 'change', 'approve', await newest(), '--yes'])
  }
  /** What a person does in an editor. */
  async function edit(change: (text: string) => string): Promise<void> {
    const before = (await host.read(SOURCE)).toString()
    const after = change(before)
    expect(after).not.toBe(before)
    edits++
    await host.put(SOURCE, after)
    const lines = after.split('\n').filter((line) => !before.split('\n').includes(line))
    captured.push(`root# editor ${SOURCE}\n${lines.map((line) => `+ ${line}`).join('\n')}`)
  }

  beforeAll(async () => {
    const [data, copies] = [await openBlockDisk(256), await openBlockDisk(256)]
    disks.push(data, copies)
    host = await oneHost({
      binds: [
        { from: data.path, to: '/srv/shop', access: 'rw' },
        { from: copies.path, to: '/backup', access: 'rw' },
      ],
    })
    await makeShop(host)
  })

  afterAll(async () => {
    // The disks can be given back once no process of the host holds them.
    await (host as Host | undefined)?.crash()
    for (const disk of disks) await disk.close()
    if (process.env['SEKISHO_REPORT'] !== '1') return
    const directory = join(import.meta.dirname, '../../docs/reports')
    await mkdir(directory, { recursive: true })
    await writeFile(join(directory, `take-over.${LANGUAGE}.txt`), `${captured.join('\n\n')}\n`)
  })

  test('a host is protected after eight commands and one edit of what init wrote', async () => {
    await must(0, 'root', ['sekisho', 'install', 'host'])
    await must(0, 'root', ['systemctl', 'enable', '--now', 'sekisho-store', 'sekisho-runner', 'sekisho-gate'])
    await must(0, 'root', ['sekisho', 'init'])
    const written = (await host.read(SOURCE)).toString()
    captured.push(`root# cat ${SOURCE}\n${written}`)
    expect(written).toContain('https://shop.example.jp/health')
    expect(written).toContain('https://docs.example.jp/')
    expect(written).toContain('format: json')
    expect(written).toContain('- /etc/ssl/shop/key.pem')
    expect(written).toMatch(/git (?:tracks 15|が .* 15)/)
    await edit((text) => text.replace(/^( +)# (data:| {2}- \{ dir|backup: )/gm, '$1$2'))
    await must(0, 'root', ['sekisho', 'key', 'add', 'ops1', '/home/ops1/.ssh/id_ed25519.pub'])
    await must(0, 'ops1', ['sekisho', 'login'])
    await must(0, 'ops1', ['sekisho', 'standing', 'sign', 'shop', 'restart', '--yes'])
    await must(0, 'ops1', ['sekisho', 'standing', 'sign', 'shop', 'backup', '--yes'])
    // The signature starts the first copy; who does not want to wait for it says so.
    await must(0, 'ops1', ['sekisho', 'backup', 'run', '--service', 'shop'])
    expect({ commands, edits }).toEqual({ commands: 8, edits: 1 })

    const { copies, places } = await json<BackupsView>(['backup', 'list', '--service', 'shop'])
    expect(copies[0]).toMatchObject({ state: 'sound', level: 'content' })
    expect(places).toMatchObject([{ place: 'other-disk', counts: true }])
    const { standing } = await json<{ standing: { verb: string; state: string }[] }>(['standing', 'list'])
    expect(standing.map(({ verb, state }) => `${verb} ${state}`).sort()).toEqual([
      'backup live',
      'restart live',
    ])
    await must(0, 'ops1', ['sekisho', 'service', 'status', 'shop'])
    // The check of the copies is looked at again behind the backup, at the next round.
    await until('the check of the copies', 60_000, async () => {
      const { checks } = await json<{ checks: CheckLine[] }>(['check', 'list'])
      return checks.some(({ check, state }) => check === 'shop/backup' && state === 'good') || undefined
    })
    await must(0, 'ops1', ['sekisho', 'status'])
    await must(0, 'ops1', ['sekisho', 'doctor'])
  })

  test('a site that sends to a port where nobody listens is down, and is repaired through the gate', async () => {
    await host.put(SITE, shopSite(8009))
    await host.ok(['systemctl', 'reload', 'nginx'])
    await until('the wrong port to be in effect', 10_000, async () =>
      (await answer(host, 'shop.example.jp', '/health')) === 502 ? true : undefined,
    )
    await must(1, 'ops1', ['sekisho', 'service', 'status', 'shop'])
    await host.put('/home/ops1/shop.conf', shopSite(8000))
    await change([
      '--instruction',
      said('The shop answers 502: port 8000', '502 になる。ポートを 8000 に'),
      '--file',
      `${SITE}=/home/ops1/shop.conf`,
    ])
    expect(await answer(host, 'shop.example.jp', '/articles')).toBe(200)
    await must(0, 'ops1', ['sekisho', 'service', 'status', 'shop'])
  })

  test('a site is added with its link, and removed again', async () => {
    const [available, enabled] = ['/etc/nginx/sites-available/wiki', '/etc/nginx/sites-enabled/wiki']
    await edit((text) =>
      text.replace(
        `      - { path: ${SITE}, kind: nginx }`,
        (line) =>
          `      - { path: ${available}, kind: nginx }\n      - { path: ${enabled}, kind: nginx }\n${line}`,
      ),
    )
    await must(0, 'root', ['sekisho', 'config', 'apply'])
    await host.ok(['sh', '-c', 'mkdir -p /srv/wiki && echo wiki >/srv/wiki/index.html'])
    await host.put('/home/ops1/wiki.conf', staticSite('wiki'))
    await change([
      '--instruction',
      said('Add the wiki', 'wiki を足す'),
      '--file',
      `${available}=/home/ops1/wiki.conf`,
      '--link',
      `${enabled}=${available}`,
    ])
    expect(
      (
        await host.ok(['curl', '-s', '--cacert', '/etc/ssl/shop/cert.pem', 'https://wiki.example.jp/'])
      ).trim(),
    ).toBe('wiki')
    await must(3, 'ops1', ['sekisho', 'change', 'rollback', await newest()])
    await must(0, 'ops1', ['sekisho', 'change', 'approve', await newest(), '--yes'])
    for (const path of [available, enabled])
      expect(
        (await host.exec(['test', '-L', path])).code + (await host.exec(['test', '-e', path])).code,
      ).toBe(2)
    expect(await answer(host, 'shop.example.jp', '/articles')).toBe(200)
  })

  test('data that is truncated is red in the daily check of the same day', async () => {
    interface Daily {
      readonly services: readonly {
        readonly items: readonly { readonly item: string; readonly state: string }[]
      }[]
    }
    const daily = ['check', 'run', 'daily', '--service', 'shop']
    const states = async () =>
      (await json<Daily>(daily)).services.flatMap(({ items }) =>
        items.filter(({ item }) => item === 'data').map(({ state }) => state),
      )
    expect(await states()).toEqual(['good'])
    const whole = records('articles')
    await host.put(`${DATA}/articles.json`, whole.slice(0, whole.length / 2))
    const text = await must(1, 'ops1', ['sekisho', ...daily])
    expect(text).toContain('data/articles.json')
    expect(text).toContain('sekisho restore full --last-known-good --service shop')
    expect(await states()).toEqual(['red'])
  })

  test('what was done to a file, and where a word was said, is found in the history', async () => {
    const repaired = await must(0, 'ops1', ['sekisho', 'change', 'list', '--file', SITE, '--since', '1d'])
    expect(repaired.match(/CHG-\d{4}-\d{4}/g)).toHaveLength(1)
    const found = await must(0, 'ops1', ['sekisho', 'record', 'search', 'wiki'])
    expect(found).toMatch(/CHG-\d{4}-0002/)
    expect(found).not.toMatch(/CHG-\d{4}-0001/)
  })
})
