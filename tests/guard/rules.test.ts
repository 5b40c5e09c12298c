// S03 Every rule speaks: it has a vector that it answers and an allowed twin, a name that a policy can use, and words in both languages.
import { expect, test } from 'vitest'
import { decide } from '../../src/guard/decide.ts'
import { compile, type GuardPolicy } from '../../src/guard/policy.ts'
import { RULE_IDS } from '../../src/guard/rule-ids.ts'
import { GUARD_WORDS, guardSentence } from '../../src/words/guard.ts'
import { readVectors, type Vector } from './vectors.ts'
import { COMPILED, CWD, POLICY } from './world.ts'

/** Rules that speak only where a policy wants it, with a policy and a command of that kind. */
const WISHED: Readonly<Record<string, { readonly policy: Partial<GuardPolicy>; readonly command: string }>> =
  {
    'exec.unlisted': { policy: { strict: true }, command: './tool-of-ours --all' },
    'git.push-protected': {
      policy: { rules: { 'git.push-protected': 'ask' } },
      command: 'git push origin main',
    },
  }

const VECTORS = readVectors()
const byRule = Map.groupBy(VECTORS, ({ rule }) => rule)

const reasonsOf = (command: string, policy = COMPILED) =>
  decide({ kind: 'shell', text: command, cwd: CWD }, policy).reasons.map(({ rule }) => rule)

/** `protect.*` rules are rows of the policy; limits are not changed by one. */
const isRow = (rule: string) => /^(?:protect|limit)\.[a-z-]+$/.test(rule)

test('every reason that a vector gives is a rule by name, or a row of the policy, and has words', () => {
  const given = new Set(VECTORS.flatMap(({ command }) => reasonsOf(command)))
  expect([...given].filter((rule) => !RULE_IDS.has(rule) && !isRow(rule))).toEqual([])
  const without = [...given].filter((rule) =>
    (['ja', 'en'] as const).some((language) => {
      const { what, why } = guardSentence(rule, { path: '/x', access: 'write', service: 'x' }, language)
      return what === rule || what === '' || (GUARD_WORDS[rule] !== undefined && why === '')
    }),
  )
  expect(without).toEqual([])
})

test('every rule has a vector that it asks about or denies', () => {
  expect([...RULE_IDS].filter((rule) => !byRule.has(rule) && WISHED[rule] === undefined)).toEqual([])
})

/** The program of a command: the first word that is none of the words before one. */
const programOf = ({ command }: Vector) =>
  command.split(/\s+/).find((word) => !/^(?:sudo|env|cd|&&|.*=.*)$/.test(word)) ?? ''

test('every rule has an allowed twin: the same program, doing no harm', () => {
  const allowed = new Set((byRule.get('') ?? []).map(programOf))
  const without = [...byRule].filter(
    ([rule, all]) => rule !== '' && !all.some((one) => allowed.has(programOf(one))),
  )
  expect(without.map(([rule, all]) => `${rule}: ${all.map(programOf).join(' ')}`)).toEqual([])
})

test.each(Object.entries(WISHED))(
  '%s speaks where the policy wants it, and only there',
  (rule, { policy, command }) => {
    expect(reasonsOf(command)).not.toContain(rule)
    expect(reasonsOf(command, compile({ ...POLICY, ...policy }))).toContain(rule)
  },
)
