import { describe, expect, test } from 'vitest'
import { decide } from '../guard/decide.ts'
import { compile } from '../guard/policy.ts'
import { readPolicy } from './read.ts'

const SOURCE = `lang: en
services:
  mirai:
    manager: { systemd: mirai.service }
    health: https://localhost/health
    data: [{ dir: /srv/mirai/data, change: api-only, api: { base: 'http://localhost:8080/api' }, secret: [users.json] }]
    databases: [{ name: mirai, engine: postgresql }]
    configs: [{ path: /etc/nginx/sites-available/mirai, kind: nginx }, { path: /srv/mirai/.env, kind: dotenv }]
    processes: [node]
    containers: [mirai-web]
people: { ops1: { name: Ops, keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO5AptLMO9z8kOxkZw3J5n+NB98kf2vsZIVwhd9Bx3h7 ops1'] } }
policy: { level: guard }
guard: { rules: { git.discard: deny }, secrets: [/srv/keys/**], ask: ops1, pause_after: 3 }
`

const compiled = () => {
  const read = readPolicy(SOURCE)
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.compiled.guard
}

describe('what the guard reads', () => {
  test('part of S04: services, data, secrets, databases and answers stand in it, and no person or key', () => {
    const guard = compiled()
    expect(guard).toMatchObject({
      v: 1,
      level: 'guard',
      ask: 'ops1',
      pauseAfter: 3,
      rules: { 'git.discard': 'deny' },
      services: [
        {
          name: 'mirai',
          units: ['mirai.service'],
          ports: [443, 8080],
          processes: ['node'],
          containers: ['mirai-web'],
        },
      ],
      databases: [{ name: 'mirai', engine: 'postgresql', service: 'mirai' }],
    })
    const rows = guard.protect.map(({ kind, paths }) => `${kind} ${paths[0]}`)
    expect(rows).toEqual(
      expect.arrayContaining([
        'data /srv/mirai/data/**',
        'secret /srv/mirai/data/**/users.json',
        'config /etc/nginx/sites-available/mirai',
        'secret /srv/mirai/.env',
        'secret /srv/keys/**',
        'self /etc/sekisho/**',
      ]),
    )
    expect(JSON.stringify(guard)).not.toMatch(/ops1.*roles|ssh-ed25519/)
  })

  test('part of S02 and S04: what is declared is what the guard refuses', () => {
    const policy = compile(compiled())
    const verdict = (text: string) => decide({ kind: 'shell', text, cwd: '/srv/mirai' }, policy)
    expect(verdict('echo x > data/articles.json')).toMatchObject({
      verdict: 'deny',
      reasons: [{ rule: 'protect.data', params: { source: 'services.mirai.data[0]' } }],
    })
    expect(verdict('cat data/articles.json').verdict).toBe('allow')
    expect(verdict('cat data/users.json').verdict).toBe('deny')
    expect(verdict('tee /etc/nginx/sites-available/mirai < x')).toMatchObject({
      verdict: 'deny',
      reasons: expect.arrayContaining([expect.objectContaining({ rule: 'protect.config' })]),
    })
    expect(verdict('cat /etc/nginx/sites-available/mirai').verdict).toBe('allow')
    expect(verdict('rm -rf /etc/sekisho').verdict).toBe('deny')
  })

  test('a rule that keeps the guard itself is not loosened by the file, and a policy that says so changes nothing', () => {
    const read = readPolicy(SOURCE.replace('git.discard: deny', 'self.guard: allow'))
    expect(read.ok ? [] : read.problems).toMatchObject([
      { line: 13, path: 'guard.rules.self.guard', code: 'policy.self_rule' },
    ])
    expect(readPolicy(SOURCE.replace('git.discard: deny', 'self.guard: deny')).ok).toBe(true)
    const loosened = compile({ ...compiled(), rules: { 'self.guard': 'allow', 'self.policy': 'ask' } })
    const verdict = (text: string) => decide({ kind: 'shell', text, cwd: '/srv/mirai' }, loosened).verdict
    expect(verdict('sekisho uninstall claude-code')).toBe('deny')
    expect(verdict('sekisho level observe')).toBe('deny')
  })

  test('a rule that nobody has is told with its place', () => {
    const read = readPolicy(SOURCE.replace('git.discard', 'git.discrad'))
    expect(read.ok).toBe(false)
    expect(read.ok ? [] : read.problems).toMatchObject([{ line: 13, path: 'guard.rules.git.discrad' }])
  })
})
