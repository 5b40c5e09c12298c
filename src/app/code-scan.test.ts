import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readPolicy } from '../policy/read.ts'
import { hostOfTexts } from './fixtures/host-of-texts.ts'
import { draftPolicy, type InitInput } from './init.ts'
import { scanHost } from './inventory-scan.ts'

const root = new URL('../../', import.meta.url)
const key =
  readFileSync(new URL('tests/policy/good/01-smallest.yaml', root), 'utf8').match(/ssh-ed25519 [^"]+/)?.[0] ??
  ''
const input: InitInput = {
  language: 'en',
  zone: 'Asia/Tokyo',
  hostName: 'web1',
  owner: { user: 'ops1', keys: [] },
}

const UNIT = (directory: string, start = '/usr/bin/node server.js --token=hidden') =>
  `[Service]\nUser=shop\nWorkingDirectory=${directory}\nEnvironment=PORT=8000 "MODE=live"\nExecStart=${start}\n`
const GIT = {
  HEAD: 'ref: refs/heads/release\n',
  config:
    '[core]\n\tbare = false\n[remote "origin"]\n\turl = git@git.example.jp:shop.git\n\tfetch = x\n[remote "other"]\n\turl = https://no.jp/x\n',
}
const git = (directory: string, files: Readonly<Record<string, string>> = GIT) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${directory}/${name}`, text]))
const tree = (files: Readonly<Record<string, string>>, more: Readonly<Record<string, string>> = {}) =>
  hostOfTexts(
    {
      '/etc/systemd/system/shop.service': UNIT('/srv/shop'),
      ...git('/srv/shop/.git'),
      ...git('/srv/shop', files),
      ...more,
    },
    { ports: { 8000: 'shop.service' }, answers: { 'http://127.0.0.1:8000/health': 200 } },
  )
const codeOf = async (files: Readonly<Record<string, string>>) => {
  const found = await scanHost(tree(files))
  return {
    code: found.services[0]?.code,
    asked: found.unclear.map(({ code }) => code).filter((one) => one.startsWith('code_')),
  }
}
/** What an owner does who accepts every line of the code. */
const accepted = (text: string) =>
  text
    .replace(/^( +)# keys: \[.*$/m, `$1keys: ["${key}"]`)
    .replaceAll(
      /^( {4})# (repo:| {2}(?:path|branch|deploy|shared|push): |dependencies: |build: |test: |smoke: |rehearse: )/gm,
      '$1$2',
    )

const PACKAGE = (test: string, packages = {}) =>
  JSON.stringify({ scripts: { test, build: 'tsc', smoke: 'node smoke.js' }, devDependencies: packages })

describe('code that init proposes', () => {
  test.each(['ja', 'en'] as const)(
    '%s: a checkout with a remote, a lock file and a test runner becomes lines that pass as they stand, each with its place',
    async (language) => {
      const view = tree({
        'package.json': PACKAGE('vitest', { vitest: '4', '@vitest/coverage-v8': '4' }),
        'package-lock.json':
          '{"packages":{"a":{"resolved": "https://npm.example.jp/a.tgz"},"b":{"resolved": "https://registry.npmjs.org/b.tgz"}}}',
      })
      const { text, problems } = draftPolicy(await scanHost(view), { ...input, language })
      expect(problems.map(({ code }) => code)).toEqual(['approve.nobody'])
      expect(text).not.toContain('hidden')
      for (const place of ['/srv/shop/.git/HEAD', 'package.json: scripts.test', 'package-lock.json', 'PORT'])
        expect(text).toContain(place)
      const read = readPolicy(accepted(text))
      if (!read.ok) throw new Error(`${JSON.stringify(read.problems)}\n${text}`)
      expect(read.compiled.runner.services[0]?.code).toMatchObject({
        repo: {
          path: '/srv/shop',
          branch: 'release',
          deploy: 'in-place',
          push: { url: 'git@git.example.jp:shop.git' },
        },
        dependencies: {
          argv: ['npm', 'ci', '--ignore-scripts'],
          registry: ['npm.example.jp', 'registry.npmjs.org'],
        },
        build: { argv: ['npm', 'run', 'build'] },
        smoke: { argv: ['npm', 'run', 'smoke'] },
        test: { results: { files: 'report.xml' }, coverage: { format: 'lcov', file: 'coverage/lcov.info' } },
      })
    },
  )

  test('releases are told by the link, the bare repository and shared; health goes to the service itself', async () => {
    const site =
      'server { listen 443 ssl; server_name shop.jp; location / { proxy_pass http://127.0.0.1:8000; } location = /healthz { proxy_pass http://127.0.0.1:8000; } }'
    const view = hostOfTexts(
      {
        '/etc/systemd/system/shop.service': UNIT('/srv/shop/current'),
        '/etc/nginx/conf.d/shop.conf': site,
        ...git('/srv/shop/repository.git', { ...GIT, config: '' }),
        '/srv/shop/releases/one/package.json': PACKAGE('node --test'),
        '/srv/shop/current/package.json': PACKAGE('node --test'),
        '/srv/shop/shared/.env': '',
        '/srv/shop/shared/uploads/a': '',
      },
      { ports: { 8000: 'shop.service' }, answers: { 'https://shop.jp/healthz': 200 } },
    )
    const { text } = draftPolicy(await scanHost(view), input)
    const read = readPolicy(accepted(text))
    if (!read.ok) throw new Error(`${JSON.stringify(read.problems)}\n${text}`)
    const { code } = read.compiled.runner.services[0] ?? {}
    expect(code?.repo).toEqual({
      path: '/srv/shop',
      branch: 'release',
      deploy: 'releases',
      shared: ['.env', 'uploads'],
      keep: 5,
    })
    expect(code?.rehearse.health).toBe('http://127.0.0.1:8000/healthz')
    expect(code?.test.argv).toContain('--test-reporter=junit')
  })

  test('pytest with coverage, by requirements or pyproject; how packages come in is asked', async () => {
    const { code, asked } = await codeOf({ 'requirements.txt': 'flask\npytest==8\npytest-cov\n' })
    expect(code?.test).toEqual({
      argv: 'python3 -m pytest --junitxml=report.xml --cov=. --cov-report=xml:coverage.xml'.split(' '),
      from: '/srv/shop/requirements.txt',
      results: { format: 'junit', file: 'report.xml' },
      coverage: { format: 'cobertura', file: 'coverage.xml' },
    })
    expect(asked).toEqual(['code_packages'])
    const plain = await codeOf({ 'pyproject.toml': '[tool.pytest.ini_options]\n' })
    expect(plain.code?.test?.coverage).toBeUndefined()
    expect((await codeOf({ 'requirements.txt': 'flask\n' })).asked).toEqual(['code_packages', 'code_test'])
  })

  test('go by the script that writes its report; without one it is asked', async () => {
    const { code, asked } = await codeOf({
      'go.mod': 'module shop\n',
      'script/test': '#!/bin/sh\nexec go test -json ./... > report.json\n',
    })
    expect(code?.test).toMatchObject({
      argv: ['./script/test'],
      results: { format: 'go-json', file: 'report.json' },
    })
    expect(code?.build?.argv).toEqual(['go', 'build', './...'])
    expect(asked).toEqual([])
    expect((await codeOf({ 'go.mod': 'module shop\n' })).asked).toEqual(['code_test'])
  })

  test.each([
    ['jest', { 'jest-junit': '1' }, 'junit.xml'],
    ['mocha --recursive', {}, 'report.xml'],
    ['node --test', {}, 'report.xml'],
    ['jest', { jest: '1' }, undefined],
    ['./run-all', {}, undefined],
  ])('%s with %j writes %s', async (script, packages, file) => {
    const { code, asked } = await codeOf({ 'package.json': PACKAGE(script, packages) })
    expect(code?.test?.results.file).toBe(file)
    expect(asked.includes('code_test')).toBe(file === undefined)
    expect(asked.includes('code_lock')).toBe(Object.keys(packages).length > 0)
  })

  test('a head without a branch and an address with a password are asked about, and the password is copied nowhere', async () => {
    const view = tree(
      { 'package.json': PACKAGE('node --test') },
      {
        ...git('/srv/shop/.git', {
          HEAD: '0123456789012345678901234567890123456789\n',
          config: '[remote "origin"]\nurl = https://ops:hunter2@git.example.jp/shop.git\n',
        }),
      },
    )
    const { text, questions } = draftPolicy(await scanHost(view), input)
    expect(text).not.toContain('hunter2')
    expect(questions.map(({ line }) => text.split('\n')[line - 1]?.trim())).toEqual(
      expect.arrayContaining(['# repo:', '#   branch: main   # /srv/shop/.git/HEAD']),
    )
    expect(readPolicy(accepted(text)).ok).toBe(true)
  })

  test('a manifest that cannot be read, and a tree without git, propose nothing', async () => {
    expect((await codeOf({ 'package.json': '{' })).code?.test).toBeUndefined()
    const found = await scanHost(
      hostOfTexts({ '/etc/systemd/system/shop.service': UNIT('/srv/shop'), '/srv/shop/package.json': '{}' }),
    )
    expect(found.services[0]?.code).toBeUndefined()
  })
})
