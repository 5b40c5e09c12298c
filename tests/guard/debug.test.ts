// S57 Debugging in production is asked about, in words, and with what only looks in its place.
import { describe, expect, test } from 'vitest'
import { decide } from '../../src/guard/decide.ts'
import { insteadOf } from '../../src/guard/instead.ts'
import { BUILTIN, compile } from '../../src/guard/policy.ts'
import { guardSentence } from '../../src/words/guard.ts'
import { COMPILED, CWD, POLICY } from './world.ts'

const ask = (text: string, compiled = COMPILED) => decide({ kind: 'shell', text, cwd: CWD }, compiled)
const LINES: readonly (readonly [string, string, string])[] = [
  ['debug.attach', 'gdb -p $(pidof node)', 'sekisho service status backend'],
  ['debug.server', 'node --inspect backend/server.js', 'journalctl -u backend.service -n 200 --no-pager'],
  ['debug.script', 'python3 /tmp/fix.py', 'sekisho service status backend'],
]

describe('S57 no debugging in production', () => {
  for (const [rule, line, way] of LINES)
    test(`${rule} asks, says why, and offers what only looks: ${line}`, () => {
      const { verdict, reasons } = ask(line)
      expect([verdict, reasons[0]?.rule]).toEqual(['ask', rule])
      const params = reasons[0]?.params ?? {}
      for (const language of ['ja', 'en'] as const) {
        const { what, why } = guardSentence(rule, params, language)
        expect(what).toContain('backend')
        expect(why).toBeDefined()
      }
      const instead = insteadOf(reasons, COMPILED)
      expect(instead).toEqual({ kind: 'command', words: way.split(' ') })
      expect(ask(way).verdict).toBe('allow')
    })

  test('where nothing is declared, nothing of it is anybody’s matter', () => {
    for (const [, line] of LINES) expect(ask(line, compile(BUILTIN)).reasons).toEqual([])
  })

  test('a service that runs no script has no inspector to be opened by a signal', () => {
    const [service] = POLICY.services
    if (service === undefined) throw new Error('no service')
    const native = compile({ ...POLICY, services: [{ ...service, processes: ['postgres'] }] })
    expect(ask('pkill -USR1 backend', native).reasons.map(({ rule }) => rule)).not.toContain('debug.attach')
    expect(ask('pkill -USR1 backend').reasons.map(({ rule }) => rule)).toContain('debug.attach')
  })
})
