// Whose act each verb of the command line is: the guard's table holds every command there is, and stops agents alone.
import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { decide, type Verdict } from '../../src/guard/decide.ts'
import { insteadOf } from '../../src/guard/instead.ts'
import type { Actor } from '../../src/guard/request.ts'
import { WHOSE } from '../../src/guard/tools/self.ts'
import { guardSentence } from '../../src/words/guard.ts'
import { COMPILED, CWD } from './world.ts'

const ask = (text: string, actor: Actor): Verdict =>
  decide({ kind: 'shell', text, cwd: CWD, actor }, COMPILED)
const argumentsFor = ({ takes }: (typeof COMMANDS)[number]) =>
  Array.from({ length: takes[0] }, () => 'X').join(' ')

describe('the gate’s own verbs', () => {
  test('every command says whose act it is', () => {
    const without = COMMANDS.map(({ words }) => words).filter((words) => !WHOSE.has(words))
    expect(without).toEqual([])
  })

  test('what is a person’s is denied to an agent and left to a person; what is free is free for both', () => {
    const wrong: string[] = []
    for (const command of COMMANDS) {
      const line = `sekisho ${command.words} ${argumentsFor(command)}`
      const wanted = WHOSE.get(command.words) === 'free' ? 'allow' : 'deny'
      if (ask(line, 'agent').verdict !== wanted) wrong.push(`agent: ${line}`)
      if (ask(line, 'person').verdict !== 'allow') wrong.push(`person: ${line}`)
    }
    expect(wrong).toEqual([])
  })

  test('a refusal has words in both languages and a way on that is not refused', () => {
    for (const line of [
      'sekisho change approve CHG-2026-0001',
      'sekisho config apply',
      'sekisho level observe',
      'sekisho login ops1',
    ]) {
      const { reasons } = ask(line, 'agent')
      const [first] = reasons
      for (const language of ['ja', 'en'] as const)
        expect(guardSentence(first?.rule ?? '', first?.params ?? {}, language).why).toBeDefined()
      const instead = insteadOf(reasons, COMPILED)
      if (instead?.kind === 'command') expect(ask(instead.words.join(' '), 'agent').verdict).toBe('allow')
    }
  })

  test('a person stops the gate’s units as any other service: asked, not denied', () => {
    expect(ask('systemctl stop sekisho-gate', 'person').verdict).toBe('ask')
    expect(ask('systemctl stop sekisho-gate', 'agent').verdict).toBe('deny')
  })

  test('the agent’s file tools and tools of others meet the same rules', () => {
    const file = (path: string) =>
      decide({ kind: 'file', action: 'write', paths: [path], cwd: CWD, actor: 'agent' }, COMPILED).verdict
    expect(file('.claude/settings.json')).toBe('deny')
    expect(file('/etc/sekisho/sekisho.yaml')).toBe('deny')
    expect(file('.claude/commands/hello.md')).toBe('allow')
    const call = (name: string, input: unknown) =>
      decide({ kind: 'call', server: 'tools', name, input, cwd: CWD, actor: 'agent' }, COMPILED).verdict
    expect(call('write_file', { path: '/etc/claude-code/managed-settings.json', content: '{}' })).toBe('deny')
    expect(call('run', { command: 'sekisho change approve CHG-2026-0001' })).toBe('deny')
    expect(call('read_file', { path: '/etc/sekisho/sekisho.yaml' })).toBe('allow')
  })
})
