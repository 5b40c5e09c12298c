import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { sha256 } from '../base/hash.ts'
import type { Service } from '../plans/policy.ts'
import { type CodeRehearsalInput, codeRehearsalSpec, type StagedCode } from './code-spec.ts'
import { serverOf, type TestService, testService } from './fixtures/service.ts'
import { rehearse } from './rehearse.ts'
import type { RehearsalSpec } from './spec.ts'

const isRoot = process.getuid?.() === 0
const open: TestService[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.remove()
})

const SERVICE = {
  name: 'shop',
  host: 'here',
  unit: 'shop.service',
  files: [
    { path: '/srv/shop/shared/.env', kind: 'dotenv', secret: true, activation: 'restart', keep: 'proof' },
    {
      path: '/etc/nginx/sites-available/shop',
      kind: 'nginx',
      secret: false,
      activation: 'reload',
      keep: 'proof',
    },
    { path: '/etc/shop/shop.conf', kind: 'file', secret: false, activation: 'none', keep: 'person' },
  ],
  logs: { error: '/var/log/shop/error.log' },
  data: [
    {
      name: 'shop',
      dir: '/var/lib/shop',
      change: 'api-only',
      format: 'json',
      secret: ['users.json'],
      invariants: {},
    },
  ],
  code: {
    repo: { path: '/srv/shop', branch: 'main', deploy: 'releases', shared: ['.env'], keep: 5 },
    test: { argv: ['npm', 'test'], withinMs: 60_000, results: { format: 'junit', files: 'r.xml' } },
    rehearse: { health: 'http://127.0.0.1:8080/health', withinMs: 120_000, realSecrets: [] },
    oneConcern: false,
  },
} as unknown as Service

function input(one: TestService, staged: StagedCode, service = SERVICE): CodeRehearsalInput {
  return {
    service,
    unit: one.spec.unit,
    staged,
    deployed: join(one.root, 'shop/releases/old'),
    candidate: join(one.root, 'shop/releases/new'),
    digests: { played: sha256('p'), deployed: sha256('d'), artefact: sha256('a') },
    validMs: 3_600_000,
    runs: 1,
    perSecond: 0,
    isThere: (path) => path !== '/etc/shop/shop.conf',
  }
}

const RELEASES: StagedCode = {
  deploy: 'releases',
  path: '/srv/shop',
  release: { path: '/srv/shop/releases/new', link: '/srv/shop/current', leads: '/srv/shop/releases/old' },
  files: [],
}
const FILES: StagedCode = {
  deploy: 'in-place',
  path: '/srv/shop',
  files: [
    { path: 'server.js', kind: 'changed', after: { mode: '100644' } },
    { path: 'bin/tool', kind: 'mode', after: { mode: '100755' } },
    { path: 'moved/to.txt', kind: 'renamed', from: 'from.txt', after: { mode: '100644' } },
    { path: 'gone.txt', kind: 'removed' },
    { path: 'link', kind: 'added', after: { mode: '120000' } },
  ],
}

function specOf(one: TestService, staged: StagedCode): RehearsalSpec {
  const made = codeRehearsalSpec(input(one, staged))
  if (!made.ok) throw new Error(made.why)
  return made.spec
}

/** The places of the test lie below its own directory. */
const here = (one: TestService, spec: RehearsalSpec): RehearsalSpec => ({
  ...spec,
  places: spec.places.map((place) =>
    place.from !== undefined || place.kind === 'empty'
      ? place
      : { ...place, from: join(one.root, place.path === '/srv/shop' ? 'shop' : 'data') },
  ),
})

describe('what a rehearsal of code is told', () => {
  test('of releases: the link is switched, both releases and the shared files are cloned, data is live', () => {
    const one = testService()
    open.push(one)
    const spec = specOf(one, RELEASES)
    expect(spec.places.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
      'target /srv/shop',
      'target /srv/shop/releases/old',
      'target /srv/shop/releases/new',
      'live /var/lib/shop',
      'empty /var/log/shop',
    ])
    expect(spec.steps).toEqual([
      { kind: 'link', path: '/srv/shop/current', target: 'releases/new' },
      { kind: 'restart' },
    ])
    expect(spec.secrets).toEqual({
      dotenv: ['/srv/shop/shared/.env'],
      files: ['/var/lib/shop/users.json'],
      real: [],
    })
  })

  test('a service behind a proxy, and a first release, are named', () => {
    const one = testService()
    open.push(one)
    const code = { ...SERVICE.code, rehearse: { withinMs: 1, realSecrets: [] } } as Service['code']
    const health = {
      url: 'https://localhost/health',
      status: 200,
      json: {},
      withinMs: 1,
      good: 1,
      of: 1,
      everyMs: 1,
    }
    const proxied = { ...SERVICE, health, ...(code === undefined ? {} : { code }) }
    expect(codeRehearsalSpec(input(one, RELEASES, proxied))).toEqual({ ok: false, why: 'no_health' })
    const { leads: _, ...release } = RELEASES.release ?? { leads: '', path: '', link: '' }
    expect(codeRehearsalSpec(input(one, { ...RELEASES, release }))).toEqual({
      ok: false,
      why: 'nothing_deployed',
    })
  })

  test.runIf(isRoot)('releases are played there and back', async () => {
    const one = testService()
    open.push(one)
    chmodSync(join(one.root, 'shop/releases/new'), 0o700)
    const users = [{ username: 'ops', password: 'scrypt$aabbccdd$00112233' }]
    writeFileSync(join(one.root, 'data/users.json'), JSON.stringify(users))
    chmodSync(join(one.root, 'data/users.json'), 0o644)
    one.write(
      'releases/new/server.js',
      serverOf('2', "console.log(require('fs').readFileSync('/var/lib/shop/users.json','utf8'))"),
    )
    const { receipt, output } = await rehearse(one.ports, here(one, specOf(one, RELEASES)))
    expect(receipt).toMatchObject({ verdict: 'green', runs: 1 })
    expect(output).toContain('"username": "ops"')
    expect(output).not.toContain('aabbccdd')
  })

  test.runIf(isRoot)(
    'a work tree with live data in it: changed, renamed, removed, another mode, a link',
    async () => {
      const one = testService()
      open.push(one)
      one.write('server.js', serverOf('1'))
      one.write('from.txt', 'x')
      one.write('gone.txt', 'x')
      one.write('bin/tool', 'x')
      const unit = {
        ...one.spec.unit,
        workingDirectory: '/srv/shop',
        start: [
          { path: '/usr/bin/env', argv: ['env', 'node', 'server.js'], mayFail: false, asWritten: false },
        ],
      }
      const candidate = join(one.root, 'candidate')
      mkdirSync(join(candidate, 'moved'), { recursive: true })
      mkdirSync(join(candidate, 'bin'))
      writeFileSync(join(candidate, 'server.js'), serverOf('2'))
      writeFileSync(join(candidate, 'moved/to.txt'), 'x')
      writeFileSync(join(candidate, 'bin/tool'), 'x')
      writeFileSync(join(candidate, 'link'), 'x')
      const data = [
        { name: 'd', dir: '/srv/shop/data', change: 'api-only', format: 'json', secret: [], invariants: {} },
      ]
      const service = { ...SERVICE, data } as unknown as Service
      const made = codeRehearsalSpec({ ...input(one, FILES, service), unit, candidate })
      if (!made.ok) throw new Error(made.why)
      const { steps, live, mayChange } = made.spec
      expect(live).toEqual(['/srv/shop/data'])
      expect(mayChange).toContain('/srv/shop/from.txt')
      // Its data is where the program writes: one more place, as the test has it elsewhere.
      const spec: RehearsalSpec = {
        ...here(one, made.spec),
        places: [
          ...here(one, made.spec).places,
          { path: '/var/lib/shop', kind: 'live', from: join(one.root, 'data') },
        ],
        steps,
        smoke: {
          argv: [
            'sh',
            '-c',
            'test -x bin/tool && test ! -e gone.txt && test ! -e from.txt && test -e moved/to.txt',
          ],
          cwd: '/srv/shop',
          withinMs: 20_000,
        },
      }
      const { receipt } = await rehearse(one.ports, spec)
      expect(receipt.fault).toBeUndefined()
      expect(receipt.verdict).toBe('green')
      expect(existsSync(join(one.root, 'shop/gone.txt'))).toBe(true)
    },
  )
})
