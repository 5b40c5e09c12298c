// Links of the machine: whoever may look resolves them, and what lies behind one is what is touched.
import { describe, expect, test } from 'vitest'
import { decide } from '../../src/guard/decide.ts'
import { decideWith } from '../../src/guard/decide-with.ts'
import type { Request } from '../../src/guard/request.ts'
import { COMPILED, CWD } from './world.ts'

const LINKS: Readonly<Record<string, string>> = {
  '/tmp/d': '/srv/app/backend/data',
  '/tmp/e': '/srv/app/.env',
  '/tmp/app': '/srv/app',
  '/srv/app/current': '/srv/app/backend',
  '/tmp/relative': '../srv/app/backend',
  '/tmp/again': 'app',
  '/tmp/round': 'round',
  '/tmp/harmless': '/tmp/elsewhere',
}
const view = { script: () => undefined, link: (path: string) => LINKS[path] }
const shell = (text: string): Request => ({ kind: 'shell', text, cwd: CWD, actor: 'agent' })
const file = (action: 'read' | 'write', path: string): Request => ({
  kind: 'file',
  action,
  paths: [path],
  cwd: CWD,
  actor: 'agent',
})
const answer = (request: Request) => {
  const { verdict, reasons } = decideWith(request, COMPILED, view)
  return verdict === 'allow' ? verdict : `${verdict} ${reasons[0]?.rule}`
}

describe('a declared path that goes through a link', () => {
  const links: Readonly<Record<string, string>> = {
    '/srv/app/backend': '/srv/releases/42/backend',
    '/srv/releases/42/backend/data': '../../../shared/data',
    '/srv/app/.env': '/srv/shared/settings.env',
  }
  const real = (text: string) => {
    const { verdict, reasons } = decideWith(shell(text), COMPILED, { ...view, link: (path) => links[path] })
    return verdict === 'allow' ? verdict : `${verdict} ${reasons[0]?.rule}`
  }
  test.each([
    ['deny protect.data', 'rm -rf /srv/shared/data'],
    ['deny protect.data', 'rm /srv/shared/data/users.json'],
    ['deny protect.data', 'rm -rf /srv/shared'],
    ['deny protect.data', 'cd /srv/shared && rm -rf *'],
    ['deny protect.secret', 'cat /srv/shared/settings.env'],
    ['deny protect.data', 'rm -rf backend/data/x'],
    ['deny protect.secret', 'cat .env'],
    ['allow', 'cat /srv/shared/data/users.json'],
    ['allow', 'ls -l /srv/shared'],
    ['allow', 'rm /srv/other/users.json'],
    ['allow', 'git status'],
  ])('%s: %s', (expected, text) => {
    expect(real(text)).toBe(expected)
  })
})

describe('links of the machine', () => {
  test.each([
    ['deny protect.secret', 'cat /tmp/e'],
    ['deny protect.secret', 'base64 < /tmp/e'],
    ['deny protect.secret', 'cat /tmp/app/.env'],
    ['deny protect.data', 'echo x > /tmp/d/users.json'],
    ['deny protect.data', 'rm -rf /tmp/d/*'],
    ['deny protect.data', 'rm -rf /tmp/relative/data'],
    ['deny protect.data', 'rm -rf /tmp/again/current/data'],
    ['allow', 'cat /tmp/round/x'],
    ['deny protect.data', 'cd /tmp/d && rm users.json'],
    ['deny protect.data', 'rm -rf current/data'],
    ['deny protect.data', 'rm -rf /tmp/app/current/data'],
    ['deny protect.data', 'find /tmp/d/ -type f -exec rm {} +'],
    ['deny protect.data', 'chown -R nobody /tmp/d/'],
    // The link itself is what is taken away.
    ['allow', 'rm /tmp/d'],
    ['allow', 'rm -f /tmp/e'],
    ['allow', 'mv /tmp/d /tmp/d2'],
    ['allow', 'cat /tmp/d/users.json'],
    ['allow', 'ls -la /tmp/e'],
    ['allow', 'readlink -f /tmp/e'],
    ['allow', 'rm -rf /tmp/harmless/x'],
    ['allow', 'echo cat /tmp/e'],
  ])('%s: %s', (expected, text) => {
    expect(answer(shell(text))).toBe(expected)
  })

  test.each([
    ['deny protect.secret', 'read', '/tmp/e'],
    ['deny protect.data', 'write', '/tmp/d/users.json'],
    ['deny protect.data', 'write', 'current/data/users.json'],
    ['allow', 'read', '/tmp/d/users.json'],
    ['allow', 'write', '/tmp/harmless/x'],
  ] as const)('%s: a tool that is to %s %s', (expected, action, path) => {
    expect(answer(file(action, path))).toBe(expected)
  })

  test('a tool of somebody else is given a name too', () => {
    const request: Request = {
      kind: 'call',
      server: 'files',
      name: 'write_file',
      input: { path: '/tmp/d/users.json', content: '{}' },
      cwd: CWD,
      actor: 'agent',
    }
    expect(answer(request)).toBe('deny protect.data')
  })

  test('a view never weakens', () => {
    for (const text of [
      'cat .env',
      'rm -rf backend/data',
      'cat /tmp/e .env',
      'ln -s .env /tmp/e; cat /tmp/e',
    ])
      expect(answer(shell(text)).split(' ')[0]).toBe(decide(shell(text), COMPILED).verdict)
  })
})
