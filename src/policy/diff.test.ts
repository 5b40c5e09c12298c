// What `config diff` says: each change of a rule is a line, by the words of the file.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { isObject } from '../base/json.ts'
import { differenceLine, diffPolicy, type Rulebook } from './diff.ts'
import { readPolicy } from './read.ts'

const folder = fileURLToPath(new URL('../../tests/policy/good/', import.meta.url))
const NAMES = readdirSync(folder).map((name) => name.replace(/\.yaml$/, ''))
const textOf = (name: string) => readFileSync(`${folder}${name}.yaml`, 'utf8')
const compiled = (text: string) => {
  const read = readPolicy(text)
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.compiled
}
const good = (name: string) => compiled(textOf(name))
const linesOf = (before: Rulebook | undefined, after: Rulebook) =>
  diffPolicy(before, after).map(differenceLine)

describe('the difference of two policies', () => {
  test('nothing differs from itself', () => {
    for (const name of NAMES) expect(diffPolicy(good(name), good(name)), name).toEqual([])
  })

  test('a new neighbour in a list moves no other line', () => {
    const { runner } = good('01-smallest')
    const people = [{ ...runner.people[0], id: 'aaa', keys: [] }, ...runner.people] as typeof runner.people
    expect(linesOf({ runner }, { runner: { ...runner, people } })).toEqual([
      '+ people.aaa = person',
      '+ people.aaa.name = ops1',
      '+ people.aaa.roles = owner',
    ])
  })

  test('what changed, came and went is told by its path, in the units of the file', () => {
    const lines = linesOf(good('01-smallest'), good('10-probes'))
    expect(lines).toContain('- services.mirai.health.url = https://localhost/health')
    expect(lines).toContain('+ services.mirai.configs./etc/mirai/banner.txt.secret = true')
    const { runner } = good('01-smallest')
    const longer = { ...runner, rules: { ...runner.rules, keepSeconds: 600, floorBytes: 1_000_000 } }
    expect(linesOf({ runner }, { runner: longer })).toEqual([
      '~ policy.floor = 64MiB → 1000000B',
      '~ policy.keep = 5m → 10m',
    ])
  })

  test('rules about records are rules: their id is shown, and none of them is a person', () => {
    const rules = linesOf(undefined, good('13-backups')).filter((line) => line.includes('.invariants.'))
    expect(rules.filter((line) => / = (person|file)$/.test(line))).toEqual([])
    expect(
      rules.some((line) => / services\.\S+\.invariants\.\S+\.id = id$/.test(line)),
      rules.join('\n'),
    ).toBe(true)
  })

  test('where an agent works is no line while no agent is declared', () => {
    const paths = (name: string) => diffPolicy(undefined, good(name)).map(({ path }) => path)
    expect(good('01-smallest').runner.agents).toEqual([])
    expect(paths('01-smallest')).not.toContain('policy.agent_user')
    expect(paths('02-product-page')).toContain('policy.agent_user')
    // Written by somebody: shown.
    expect(paths('06-enforce-own-user')).toContain('policy.agent_user')
  })

  test('the code of a service is told by the words of the file', () => {
    const lines = linesOf(undefined, good('14-code'))
    expect(
      lines.some((line) => /\.test\.results\.junit = /.test(line)),
      lines.join('\n'),
    ).toBe(true)
    expect(lines.some((line) => /\.repo\.one_concern = (show|block)$/.test(line))).toBe(true)
    expect(lines.some((line) => /\.test\.within = \d+[smhd]$/.test(line))).toBe(true)
  })

  test('the first apply adds everything', () => {
    const lines = diffPolicy(undefined, good('01-smallest'))
    expect(lines.every(({ kind }) => kind === 'added')).toBe(true)
    expect(lines.length).toBeGreaterThan(20)
  })

  test.each([
    ['the guard alone reads it', 'guard: { pause_after: 9 }', '~ guard.pause_after = 5 → 9'],
    [
      'a rule of the guard',
      'guard: { branches: [main, live] }',
      '~ guard.branches = main, master → main, live',
    ],
  ])('%s: it is a line too', (_, more, line) => {
    const text = textOf('01-smallest')
    expect(linesOf(compiled(text), compiled(`${text}\n${more}\n`))).toEqual([line])
  })

  test('two words are not one with a comma in it', () => {
    const { runner } = good('14-code')
    const withArgv = (argv: readonly string[]) => ({
      runner: {
        ...runner,
        services: runner.services.map((one) =>
          one.code === undefined ? one : { ...one, code: { ...one.code, smoke: { argv, withinMs: 1000 } } },
        ),
      },
    })
    expect(diffPolicy(withArgv(['a', 'b']), withArgv(['a, b']))).toHaveLength(1)
  })
})

/** Beside the files in `tests/policy/good`: what none of them says. */
const WIDE = `
services:
  wide:
    manager: { systemd: wide.service }
    health: { url: 'https://localhost/health', json: { status: ok }, ca: /etc/ssl/wide.pem }
    processes: [wide]
    containers: [wide-1]
    ports: [9000]
    logs: { error: /var/log/wide/error.log, access: /var/log/wide/access.log, errors_per_day: 50 }
    configs: [{ path: /etc/wide.conf, kind: file, probe: 'http://127.0.0.1:9000/' }]
    data:
      - dir: /var/lib/wide/data
        secret: [users.json]
        api:
          base: http://127.0.0.1:9000/api
          docs: http://127.0.0.1:9000/docs
          rehearse: http://127.0.0.1:9001/api
          calls:
            retitle: { method: PUT, path: '/a/{id}', read: '/a/{id}', inverse: { method: PUT, path: '/a/{id}' }, credential: TOKEN, differs: [at] }
    databases:
      - name: wide
        secret: [tokens]
        migrations: { role: wide, tool: argv, directory: /srv/wide, up: [./m, up], down: [./m, down], status: [./m, status], address: URL }
      - { name: other, engine: redis }
    backup:
      copies: [{ name: one, kind: directory, to: /backup/one }, { name: two, to: 'rest:https://b/two', credential: two }]
      drill: { query: select 1 }
      rpo: 1h
      rto: 2h
    maintenance: { on: [./on], off: [./off], probe: [./in], mutes: [wide/health], status: /srv/wide/away.html, longest: 1h }
    commands:
      again: { directory: /srv/again, argv: [./again], back: [./back], writes: [/srv/again-state], within: 5m }
people:
  ops1: { group: a, keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIep/142kyzUMR9emummK2Uj6oQmw9z1TCPJD/egmOpf ops1"] }
policy: { alone: { after: 10m }, one_concern: block }
guard: { secrets: [/etc/wide/key], branches: [main], ask: ops1, pause_after: 3, strict: true, rules: {} }
notify:
  channels:
    mail: { kind: mail, server: mail.example, from: a@example.org, to: [b@example.org], user: u, password: { file: /etc/p }, person: ops1, ca: /etc/ca.pem }
    push: { kind: ntfy, url: 'https://ntfy.example/x', token: { file: /etc/t } }
    hook: { kind: webhook, url: 'https://hook.example/x', secret: { file: /etc/s } }
  routes: [{ to: [mail], services: [wide], hours: { days: [mon-fri], from: '08:00', until: '18:00' }, escalate: [{ after: 10m, to: [push] }] }]
  users: [mail]
  pings:
    out: [{ url: 'https://ping.example/x', ca: /etc/ca.pem }]
    in: { job: { every: 1h, service: wide, secret: 'sha256:${'0'.repeat(64)}' } }
  alerts: { prometheus: { service: wide, secret: 'sha256:${'0'.repeat(64)}' } }
checks:
  a: { argv: [/usr/bin/true], service: wide }
  b: { url: 'http://127.0.0.1:9000/', ca: /etc/ca.pem }
  c: { file: /var/lib/wide/x, newer_than: 1h }
  d: { sql: select 1, database: wide, port: 5432, user: u, at_least: 1, at_most: 2 }
  e: { lock_files: [/srv/wide/package-lock.json], advisories: [/var/lib/a], ca: /etc/ca.pem }
incidents: { checks: [api], failed_changes: true, evidence: 1GiB }
`
const ALL = [...NAMES.map(good), compiled(WIDE)]

test('no value of the compiled rules changes without a line', () => {
  const unseen: string[] = []
  const looked = new Set<string>()
  for (const { runner, guard } of ALL)
    for (const { at, body } of changesOf(runner)) {
      // Each field once, whichever file has it.
      const field = at
        .replaceAll(/\.\d+(?=\.|$)/g, '.N')
        .replace(/(\.(?:invariants|json))\..*(?=\.\w+$)/, '$1')
      if (looked.has(field) || isDerived(at)) continue
      looked.add(field)
      const changed = body as unknown as typeof runner
      if (diffPolicy({ runner, guard }, { runner: changed, guard }).length === 0) unseen.push(at)
    }
  expect(unseen).toEqual([])
  expect(looked.size).toBeGreaterThan(200)
})

test('what only the guard reads is told too', () => {
  const { runner, guard } = compiled(WIDE)
  const lines = linesOf(undefined, { runner, guard })
  for (const line of [
    '+ guard.secrets = /etc/wide/key',
    '+ guard.ask = ops1',
    '+ guard.strict = true',
    '+ services.wide.processes = wide',
    '+ services.wide.containers = wide-1',
    '+ services.wide.databases.other.engine = redis',
    '+ services.wide.data./var/lib/wide/data.api.docs = http://127.0.0.1:9000/docs',
  ])
    expect(lines).toContain(line)
  // Ports that an address says already are not told again.
  expect(lines.filter((line) => line.includes('wide.ports'))).toEqual([])
})

test('each path is made of words that sekisho.yaml has', () => {
  const words = ALL.flatMap((one) => diffPolicy(undefined, one)).flatMap(({ path }) =>
    path.replace(/\.(types|json|keys)\..*$/, '').split('.'),
  )
  expect(words.filter((one) => /^(?!minRecords$)[a-z]+[A-Z]/.test(one))).toEqual([])
})

/** What the compiler makes itself: version, the name of a data directory, the id of a route, and what an address of the guard repeats. */
function isDerived(at: string): boolean {
  return /^\.v(ersion)?$|\.data\.\d+\.name$|\.routes\.\d+\.id$|\.calls\.\d+\.base$/.test(at)
}

/** The value once for each of its leaves, with that leaf changed, and for each list with its first item gone. */
function* changesOf(value: unknown, at = ''): Generator<{ readonly at: string; readonly body: unknown }> {
  if (Array.isArray(value)) {
    if (value.length > 0 && typeof value[0] !== 'object') yield { at, body: value.slice(1) }
    for (const [i, item] of value.entries())
      for (const one of changesOf(item, `${at}.${i}`)) yield { at: one.at, body: value.with(i, one.body) }
    return
  }
  if (isObject(value)) {
    for (const [key, item] of Object.entries(value))
      for (const one of changesOf(item, `${at}.${key}`))
        yield { at: one.at, body: { ...value, [key]: one.body } }
    return
  }
  if (typeof value === 'number') yield { at, body: value + 1 }
  else if (typeof value === 'boolean') yield { at, body: !value }
  else yield { at, body: `${String(value)}x` }
}
