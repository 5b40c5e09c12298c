// A refusal never ends in a dead end: every advice that any vector brings about is typed into the real command line, which understands it
// (anything but exit 64), and is put before the guard, which lets an agent do it.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EXIT } from '../../src/base/error-codes.ts'
import type { Instead } from '../../src/base/instead.ts'
import { shellWord } from '../../src/base/shell-word.ts'
import { main } from '../../src/cli/main.ts'
import { decide } from '../../src/guard/decide.ts'
import { insteadOf } from '../../src/guard/instead.ts'
import { compile } from '../../src/guard/policy.ts'
import { RULE_IDS } from '../../src/guard/rule-ids.ts'
import { insteadLine } from '../../src/words/guard.ts'
import { readVectors } from './vectors.ts'
import { CWD, POLICY } from './world.ts'

const NOWHERE = join(tmpdir(), 'sekisho-no-such-place')
const CONFIG = {
  name: '/etc/nginx/sites-available/backend',
  kind: 'config',
  service: 'backend',
  paths: ['/etc/nginx/sites-available/backend'],
  read: 'allow',
  write: 'deny',
  delete: 'deny',
} as const
const rows = [
  ...POLICY.protect.map((row) =>
    row.kind === 'data'
      ? { ...row, api: { base: 'https://localhost/api', docs: 'https://localhost/docs' } }
      : row,
  ),
  CONFIG,
]
const compiled = compile({ ...POLICY, protect: rows, ask: 'Hanako' })

/** All that vectors bring about, and what each rule would say of a declared service on its own. */
function advice(): ReadonlyMap<string, Instead> {
  const all = new Map<string, Instead>()
  const add = (instead: Instead | undefined) => {
    if (instead !== undefined) all.set(insteadLine(instead, 'en'), instead)
  }
  for (const { command } of readVectors()) {
    const { reasons } = decide({ kind: 'shell', text: command, cwd: CWD, actor: 'agent' }, compiled)
    for (const reason of reasons) add(insteadOf([reason], compiled))
  }
  const params = [
    {},
    { service: 'backend', unit: 'backend.service' },
    ...['read', 'write', 'delete'].map((access) => ({
      service: 'backend',
      access,
      path: '/etc',
      name: access === 'read' ? 'data' : CONFIG.name,
    })),
  ]
  for (const rule of [...RULE_IDS, 'protect.data', 'protect.secret', 'protect.config', 'protect.self'])
    for (const one of params)
      add(insteadOf([{ rule, kind: 'forbidden', verdict: 'deny', effects: [], params: one }], compiled))
  return all
}

const PLACES: Readonly<Record<string, string>> = { '…': 'as it was asked for', 'KEY=VALUE': 'LIMIT=8' }

const found = [...advice()]

describe('part of S02 and S03: what is advised in place of what was refused', () => {
  test('there is advice of every kind', () => {
    expect(new Set(found.map(([, { kind }]) => kind))).toEqual(new Set(['command', 'endpoint', 'ask']))
    expect(found.length).toBeGreaterThan(12)
  })

  const commands = found.flatMap(([line, instead]) =>
    instead.kind === 'command' ? [[line, instead.words] as const] : [],
  )
  test.each(commands)('%s is understood, and allowed to an agent', async (line, words) => {
    const verdict = decide(
      { kind: 'shell', text: words.map(shellWord).join(' '), cwd: CWD, actor: 'agent' },
      compiled,
    )
    expect(verdict, line).toMatchObject({ verdict: 'allow' })
    // Whoever types it writes words and values of their own; the places for them are refused.
    const [program, ...rest] = words.map((one) => PLACES[one] ?? one)
    if (program !== 'sekisho') return
    let said = ''
    const code = await main([...rest, '--data', NOWHERE, '--lang', 'en'], {
      environment: { HOME: NOWHERE, EDITOR: 'false' },
      streams: {
        out: () => {},
        err: (text) => {
          said += text
        },
        interactive: false,
        width: 80,
        colour: false,
      },
      stdin: async () => Buffer.alloc(0),
      uid: 61_234,
      interrupted: new AbortController().signal,
    })
    expect(code, said).not.toBe(EXIT.usage)
    expect(code, said).not.toBe(EXIT.bug)
  })

  test('of a declared file the file is named, whatever reached it', () => {
    const edits = commands.filter(([line]) => line.includes('--edit'))
    expect(edits.map(([, words]) => words[words.indexOf('--edit') + 1])).toEqual([CONFIG.name])
  })

  test('a line can be pasted: what is advised in words is what the shell would read', () => {
    for (const [line, instead] of found)
      if (instead.kind === 'command')
        expect(line.split(' ').length).toBeGreaterThanOrEqual(instead.words.length)
  })
})

test('in a tree whose live data git tracks no stash is advised, not even for what throws changes away', () => {
  const all = readVectors()
    .filter(({ file, command }) => file === 'live-tree.txt' && command.includes('git'))
    .flatMap(({ command }) => {
      const { reasons } = decide({ kind: 'shell', text: command, cwd: CWD, actor: 'agent' }, compiled)
      return reasons.map((reason) => insteadOf([reason], compiled)).filter((one) => one !== undefined)
    })
  expect(all.length).toBeGreaterThan(5)
  for (const one of all) expect(insteadLine(one, 'en')).not.toContain('stash')
})
