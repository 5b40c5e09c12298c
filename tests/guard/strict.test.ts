// What `guard.strict` adds: programs that nobody has told the guard about.
import { expect, test } from 'vitest'
import { decide } from '../../src/guard/decide.ts'
import { compile } from '../../src/guard/policy.ts'
import { CWD, POLICY } from './world.ts'

const ask = (text: string, strict: boolean) =>
  decide({ kind: 'shell', text, cwd: CWD }, compile({ ...POLICY, strict }))

test('a program that is not known is asked about where the policy is strict, and there alone', () => {
  for (const line of ['frobnicate --all', './deploy-tool now', 'echo ok && frobnicate']) {
    expect(ask(line, false).verdict).toBe('allow')
    expect(ask(line, true).reasons.map(({ rule }) => rule)).toEqual(['exec.unlisted'])
  }
})

test('strict asks about no program that is known', () => {
  for (const line of ['ls -la', 'git status', 'grep -rn todo src | head', 'sekisho status', 'npm test'])
    expect([line, ask(line, true).verdict]).toEqual([line, 'allow'])
})
