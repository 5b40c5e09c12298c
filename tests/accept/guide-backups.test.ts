// S50 The guide of backups tells the truth: every command of docs/guide/backups.md is done in its place, in a host where cron has made the backups so
// far; and its Japanese twin has the same commands.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { BackupsView } from '../../src/contract/backup.ts'
import { describeWith } from '../host/describe.ts'
import { MIRAI_UNIT, type Outcome, SEKISHO } from '../host/host.ts'
import { DATA_DISKS, miraiPolicy, settleDisks } from '../host/mirai.ts'
import { CHECKOUT } from '../host/place.ts'
import { type World, world } from '../world/world.ts'

const SERVICE = 'mirai-knowledge-system'
const ARTICLES = '/var/lib/mirai/data/articles.json'
const RULES = '/etc/sekisho/sekisho.yaml'
const page = (name: string) => readFileSync(join(CHECKOUT, 'docs/guide', name), 'utf8')
const fences = (source: string, language: string): readonly string[] =>
  Array.from(source.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm))
    .filter(([, head]) => head === language)
    .map(([, , body = '']) => body)
const commandsOf = (source: string): readonly string[] =>
  fences(source, 'console').flatMap((body) => body.trim().split('\n'))
/** By the number of its heading: both languages have them in the same order. */
const sections = (source: string) => source.split(/^## /m)
const [NIGHT, TAKE_OVER] = [1, 2]

test('both languages have the same commands, rules and rows', () => {
  const [en, ja] = [page('backups.md'), page('backups.ja.md')]
  for (const kind of ['console', 'yaml', 'cron'])
    expect(fences(ja, kind).join(''), kind).toBe(fences(en, kind).join(''))
  expect(sections(ja).map(commandsOf)).toEqual(sections(en).map(commandsOf))
  expect(commandsOf(en).length).toBeGreaterThan(12)
})

describeWith('host', 'the guide of backups, line by line', () => {
  const guide = page('backups.md')
  let place: World
  let good: string

  const type = (line: string, more: { terminal?: string; language?: 'ja' } = {}): Promise<Outcome> => {
    const [, sign, command = ''] = /^([$#]) (.*)$/.exec(line) ?? []
    const who = sign === '#' ? 'root' : 'ops1'
    const script = `sekisho() { ${SEKISHO} "$@"; }\n${command}`
    const argv = ['bash', '-c', script]
    return place.host.exec(
      more.terminal === undefined
        ? argv
        : ['script', '-qefc', `bash -c '${script.replaceAll("'", `'\\''`)}'`, '/dev/null'],
      {
        ...(who === 'root' ? {} : { user: who }),
        ...(more.terminal === undefined ? {} : { input: more.terminal }),
        timeoutMs: 120_000,
        env: {
          HOME: who === 'root' ? '/root' : '/home/ops1',
          USER: who,
          LANG: more.language === 'ja' ? 'ja_JP.UTF-8' : 'C.UTF-8',
          PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        },
      },
    )
  }
  /** At a terminal, each answer when its question stands there: what is typed ahead answers nothing. */
  const answer = (line: string, answers: readonly (readonly [RegExp, string])[], language = 'en') => {
    const command = `${line.replace('$ sekisho', SEKISHO)} --lang ${language}`
    const typed = answers.map(
      ([question, keys], i) =>
        `until [ $(grep -acE '${question.source}' screen) -gt 0 ] || ! kill -0 $pid; do sleep 0.2; done; ${i === 0 ? '' : 'sleep 1;'} printf '${keys}\\n' >&3`,
    )
    const script = [
      'cd $(mktemp -d) && mkfifo keys && exec 3<>keys',
      `script -qefc '${command}' screen <keys >/dev/null & pid=$!`,
      ...typed,
      'wait $pid; code=$?; cat screen; exit $code',
    ].join('\n')
    return place.host.exec(['bash', '-c', script], {
      user: 'ops1',
      timeoutMs: 120_000,
      env: { HOME: '/home/ops1', USER: 'ops1', PATH: '/usr/local/bin:/usr/bin:/bin' },
    })
  }
  const must = async (line: string, code = 0) => {
    const result = await type(line)
    expect(`${line}: exit ${result.code}`, result.stdout + result.stderr).toBe(`${line}: exit ${code}`)
    return result.stdout
  }
  const waitingChanges = async () => {
    const { changes } = await place.json<{ changes: { id: string }[] }>('ops1', [
      'change',
      'list',
      '--state',
      'awaiting_approval',
    ])
    return changes.map(({ id }) => id)
  }
  const isActive = async () =>
    (await place.host.exec(['systemctl', 'is-active', '-q', MIRAI_UNIT])).code === 0
  const known = () => place.json<BackupsView>('ops1', ['backup', 'list', '--service', SERVICE])

  beforeAll(async () => {
    place = await world({
      disks: DATA_DISKS,
      prepare: settleDisks,
      policy: async (host) => withoutData(await miraiPolicy(host)),
    })
    const { host } = place
    const all = Array.from({ length: 8 }, (_, i) => ({
      id: `a${i + 1}`,
      title: `Article ${i + 1}`,
      body: 'text',
      tags: [],
      author: 'u1',
      changedAt: '2026-11-01T00:00:00.000Z',
    }))
    good = JSON.stringify(all, undefined, 2)
    await host.put(ARTICLES, good)
    // Cron did its work yesterday, as the page shows it.
    const [job = ''] = fences(guide, 'cron')
    await host.put('/etc/cron.d/mirai-backup', job)
    await host.ok(['bash', '-ec', job.replace('$(date +', "$(date -d 'yesterday' +")])
  })

  test('a backup of cron’s is taken over in five minutes, and nothing of it moves', async () => {
    const look =
      'cd /backup/mirai/daily/*[0-9] && find . -printf "%p %m %U %T@ %C@ %i\\n" | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum'
    const before = await place.host.ok(['sh', '-ec', look])
    const rules = (await place.host.read(RULES)).toString()
    const [added = ''] = fences(guide, 'yaml')
    await place.host.put(RULES, rules.replace('    logs:\n', `${added}    logs:\n`), 0o640)
    for (const line of commandsOf(sections(guide)[TAKE_OVER] ?? '')) await must(line)
    const { copies, drills } = await known()
    const imported = copies.find((one) => one.imported)
    expect(imported).toMatchObject({ state: 'sound', level: 'content' })
    expect(copies.find((one) => !one.imported)).toMatchObject({ level: 'restored' })
    expect(drills).toHaveLength(1)
    expect(await place.host.ok(['sh', '-ec', look])).toBe(before)
  })

  test('the other lines of the page', async () => {
    const rest = sections(guide).filter((_, i) => i !== NIGHT && i !== TAKE_OVER)
    for (const line of rest.flatMap(commandsOf)) await must(line)
  })

  test('3 a.m.: one line, the card that the page explains, the name typed, and the data is back', async () => {
    const all = JSON.parse(good) as { title: string }[]
    if (all[0] !== undefined) all[0].title = 'changed'
    const live = JSON.stringify([{ ...all[0], id: 'today' }, ...all], undefined, 2)
    await place.host.put(ARTICLES, live.slice(0, live.length * 0.7))
    await must(`$ sekisho backup run --service ${SERVICE}`)
    const [line = '', ...others] = commandsOf(sections(guide)[NIGHT] ?? '')
    const done = await type(line, { terminal: `${SERVICE}\n` })
    expect(done.code, done.stdout).toBe(0)
    isOnTheCard(done.stdout, guide)
    const id = /CHG-\d{4}-\d{4}/.exec(done.stdout)?.[0] ?? ''
    const again = await type(`$ sekisho change show ${id}`, { language: 'ja' })
    isOnTheCard(again.stdout, page('backups.ja.md'))
    expect((await place.host.read(ARTICLES)).toString()).toBe(good)
    expect(await place.host.ok(['stat', '-c', '%U', ARTICLES])).toBe('mirai\n')
    // The change that it takes back is the one that was just kept.
    for (const other of others)
      await must(other.replace(/CHG-\d{4}-\d{4}/, id), other.startsWith('$') ? 3 : 0)
    for (const waiting of await waitingChanges()) await must(`$ sekisho change withdraw ${waiting}`)
  })

  test('it was the wrong thing: what stood there before comes back, and goes again where the service is not well with it', async () => {
    const [line = ''] = commandsOf(sections(guide)[NIGHT] ?? '')
    const typed = async (command: string) => {
      const done = await type(command, { terminal: `${SERVICE}\n` })
      const id = /CHG-\d{4}-\d{4}/.exec(done.stdout)?.[0] ?? ''
      return { ...done, id }
    }
    const meant = JSON.stringify(
      (JSON.parse(good) as { title: string }[]).map((one) => ({ ...one, title: `${one.title}, worked on` })),
    )
    const damaged = meant.slice(0, meant.length * 0.7)
    for (const [before, code, after] of [
      [meant, 0, meant],
      [damaged, 1, good],
    ] as const) {
      await place.host.put(ARTICLES, before)
      const restored = await typed(line)
      expect([restored.code, (await place.host.read(ARTICLES)).toString()], restored.stdout).toEqual([
        0,
        good,
      ])
      const back = await typed(`$ sekisho change rollback ${restored.id}`)
      expect(back.code, back.stdout).toBe(code)
      expect(back.stdout.replaceAll(/\s+/g, ' ')).toContain(`what stood there before ${restored.id}`)
      expect([(await place.host.read(ARTICLES)).toString(), await isActive()]).toEqual([after, true])
    }
  })

  test('a service that never stops writing: stopped first, brought back, and started again, in one line', async () => {
    await place.host.put(ARTICLES, good)
    await must(`$ sekisho backup run --service ${SERVICE}`)
    await place.host.put(ARTICLES, '[]')
    // Each of its writes makes the lists longer than they were shown.
    const write = `while systemctl is-active -q ${MIRAI_UNIT}; do date +%N > /var/lib/mirai/data/$(date +%N).txt; sleep 0.2; done; touch /run/written`
    const writer = place.host.exec(['sh', '-c', write], { user: 'root', timeoutMs: 180_000 })
    const line = (commandsOf(sections(guide)[NIGHT] ?? '')[0] ?? '').trim()
    const outgrown = await type(line, { terminal: `${SERVICE}\n` })
    expect(outgrown.code, outgrown.stdout).not.toBe(0)
    expect(outgrown.stdout).toContain('--stop-first')
    // Nobody agrees: it goes on serving. It is stopped, and nobody types its name: that is said, with what to type.
    const stopping = [/\[y\/N\]/, 'y'] as const
    const no = await answer(`${line} --stop-first`, [[/\[y\/N\]/, 'n']])
    expect([no.code, await isActive()], no.stdout).toEqual([3, true])
    const named = [/type the name of the service/, SERVICE] as const
    const done = await answer(`${line} --stop-first`, [stopping, named])
    expect(done.code, done.stdout).toBe(0)
    await writer
    expect([(await place.host.read(ARTICLES)).toString(), await isActive()]).toEqual([good, true])

    // Stopped, and nobody types its name: that is said, with what to type. The same line once more finds it stopped already.
    await place.host.put(ARTICLES, '[]')
    const half = await answer(`${line} --stop-first`, [stopping, [/データを入れ替えます/, '']], 'ja')
    expect([half.code, await isActive()], half.stdout).toEqual([3, false])
    expect(half.stdout).toContain('は止まったままです')
    const again = await answer(`${line} --stop-first`, [named])
    expect(again.code, again.stdout).toBe(0)
    expect([(await place.host.read(ARTICLES)).toString(), await isActive()]).toEqual([good, true])
    for (const waiting of await waitingChanges()) await must(`$ sekisho change withdraw ${waiting}`)
  })

  test('a service that fell over its damaged data until systemd gave up is restored and started again', async () => {
    const { host } = place
    const shown = async (property: string) =>
      (await host.ok(['systemctl', 'show', '--value', '-p', property, MIRAI_UNIT])).trim()
    const limits = `/etc/systemd/system/${MIRAI_UNIT}.d/99-limit.conf`
    await host.ok(['mkdir', '-p', limits.slice(0, limits.lastIndexOf('/'))])
    await host.put(limits, '[Unit]\nStartLimitIntervalSec=600\nStartLimitBurst=2\n')
    await host.ok(['systemctl', 'daemon-reload'])
    await host.put(ARTICLES, good.slice(0, 200))
    for (let i = 0; i < 4; i++) await host.exec(['systemctl', 'restart', MIRAI_UNIT])
    for (let i = 0; i < 100 && (await shown('ActiveState')) !== 'failed'; i++)
      await host.exec(['sleep', '0.2'])
    // The control: PID 1 does not even try to start it now, however good the data were.
    const started = await shown('ExecMainStartTimestampMonotonic')
    expect((await host.exec(['systemctl', 'start', MIRAI_UNIT])).code).not.toBe(0)
    expect([await shown('ActiveState'), await shown('ExecMainStartTimestampMonotonic')]).toEqual([
      'failed',
      started,
    ])
    const [line = ''] = commandsOf(sections(guide)[NIGHT] ?? '')
    // Without a terminal it is two lines, and the second is printed by the first.
    const printed = await must(line, 3)
    const [second = ''] = /sekisho change approve .*/.exec(printed) ?? []
    expect(second).toMatch(new RegExp(`^sekisho change approve CHG-\\S+ --typed ${SERVICE} --yes$`))
    const untyped = await type(`$ ${second.replace(/ --typed \S+/, '')}`)
    expect([untyped.code, untyped.stdout + untyped.stderr]).toEqual([3, expect.stringContaining(second)])
    await must(`$ ${second}`)
    expect((await host.read(ARTICLES)).toString()).toBe(good)
    expect(await shown('ActiveState')).toBe('active')
    await host.ok(['rm', limits])
    await host.ok(['systemctl', 'daemon-reload'])
  })
  test('a service that does not start, whatever data it has: both languages say what is back and what is not', async () => {
    const { host } = place
    const never = `/etc/systemd/system/${MIRAI_UNIT}.d/99-never.conf`
    await host.put(never, '[Service]\nExecStartPre=/usr/bin/test ! -e /run/never\n')
    await host.ok(['systemctl', 'daemon-reload'])
    await host.put('/run/never', '')
    const before = '[]'
    await host.put(ARTICLES, before)
    const [line = ''] = commandsOf(sections(guide)[NIGHT] ?? '')
    const done = await type(line, { terminal: `${SERVICE}\n` })
    expect(done.code, done.stdout).toBe(3)
    const id = /CHG-\d{4}-\d{4}/.exec(done.stdout)?.[0] ?? ''
    const look = [`systemctl status ${SERVICE}`, `journalctl -u ${SERVICE} -n 50`]
    const choices = [`sekisho change continue ${id} retry`, `sekisho change continue ${id} skip`]
    const facts = [
      [`${SERVICE} does not start`, 'as before the change: /var/lib/mirai/data', `not as before: ${SERVICE}`],
      [
        `${SERVICE} が起動しません`,
        '変更前に戻っているもの: /var/lib/mirai/data',
        `戻っていないもの: ${SERVICE}`,
      ],
    ]
    const there = [
      await type(`$ sekisho change show ${id}`),
      await type(`$ sekisho change show ${id}`, { language: 'ja' }),
    ]
    for (const [i, { stdout }] of [done, ...there].entries())
      for (const fact of [...(facts[i === 2 ? 1 : 0] ?? []), ...look, ...choices])
        expect(stdout).toContain(fact)
    // It is as they say.
    expect((await host.read(ARTICLES)).toString()).toBe(before)
    expect(await isActive()).toBe(false)
    // What kept it down is mended, and what waits goes on.
    await host.ok(['rm', '/run/never', never])
    await host.ok(['systemctl', 'daemon-reload'])
    const [retry = ''] = choices
    await answer(`$ ${retry}`, [[/\[y\/N\]/, 'y']])
    expect([(await host.read(ARTICLES)).toString(), await isActive()]).toEqual([before, true])
  })
})

/** The example's rules as they are before anybody has thought of data. */
function withoutData(policy: string): string {
  const from = policy.indexOf('    # Read by anybody who may;')
  const to = policy.indexOf('    logs:\n')
  if (from < 0 || to < from) throw new Error('the example names no data')
  return policy.slice(0, from) + policy.slice(to)
}

/** Each row that a page shows, with other moments and breaks of lines; `…` stands for the rest. */
function isOnTheCard(shown: string, source: string): void {
  const plain = tight(shown.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, ''))
  for (const row of fences(source, 'card').join('').trim().split('\n'))
    expect(plain, row).toMatch(patternOf(row))
}

function patternOf(row: string): RegExp {
  const escaped = tight(row).replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
  return new RegExp(
    escaped
      .replace(/\d{8}_\d{6}Z?/g, '\\d{8}_\\d{6}Z?')
      .replace(/\d{4}-\d\d-\d\d/g, '\\d{4}-\\d\\d-\\d\\d')
      .replaceAll('…', '.*'),
  )
}

function tight(text: string): string {
  return text.replace(/\s+/g, '')
}
