import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../base/json.ts'
import {
  entryFor,
  harmfulVariable,
  hasOurs,
  isEarlier,
  misshapen,
  stateOf,
  unwire,
  type Wiring,
  wire,
} from './agent-settings.ts'

const WIRING: Wiring = {
  program: '/opt/sekisho/bin/sekisho',
  guard: '/var/lib/sekisho-guard',
  language: 'en',
  level: 'guard',
  managed: false,
}
const FOREIGN: JsonObject = {
  model: 'opus',
  hooks: {
    PreToolUse: [{ matcher: 'Bash', hooks: [{ type: 'command', command: 'other-guard' }] }],
    Stop: [{ hooks: [{ type: 'command', command: 'say done' }] }],
  },
  permissions: { allow: ['Bash(ls:*)'], deny: ['Read(./secrets/**)'] },
}

const HOOK = '/opt/sekisho/bin/sekisho hook claude-code --guard /var/lib/sekisho-guard --lang en'
const SENTENCE = "'Sekisho: the guard is not there, so this is blocked (sekisho doctor)'"
const EARLIER = [
  `timeout 15 ${HOOK} || { [ $? -eq 2 ] || echo ${SENTENCE} >&2; exit 2; }`,
  `timeout 15 ${HOOK} --closed && false || { s=$?; [ $s -eq 10 ] && exit 0; [ $s -eq 2 ] || echo ${SENTENCE} >&2; exit 2; }`,
]

describe('the guard in the settings of an agent', () => {
  test('is put in once, beside what others wrote, and taken out without a trace', () => {
    const once = wire(FOREIGN, WIRING)
    expect(wire(once, WIRING)).toEqual(once)
    expect(once).toMatchObject({ model: 'opus', permissions: { allow: ['Bash(ls:*)'] } })
    expect(JSON.stringify(once)).toContain('other-guard')
    expect(unwire(once)).toEqual(FOREIGN)
    expect(unwire(wire({}, WIRING))).toEqual({})
  })

  test('part of N14: a line of an earlier release is known as that, and put in again it is of today', () => {
    const now = wire(FOREIGN, WIRING)
    const line = String(entryFor(WIRING)['command'])
    expect(isEarlier(now, WIRING)).toBe(false)
    expect(isEarlier(FOREIGN, WIRING)).toBe(false)
    for (const earlier of EARLIER) {
      const before = JSON.parse(
        JSON.stringify(now).replaceAll(JSON.stringify(line), JSON.stringify(earlier)),
      ) as JsonObject
      expect(stateOf(before, WIRING)).toBe('other')
      expect(isEarlier(before, WIRING)).toBe(true)
      expect(isEarlier(before, { ...WIRING, program: '/elsewhere/bin/sekisho' })).toBe(false)
      expect(wire(before, WIRING)).toEqual(now)
    }
  })

  test.each([
    [{ hooks: [] }, 'hooks ≠'],
    [{ hooks: { PreToolUse: 'x' } }, 'hooks.PreToolUse ≠'],
    [{ permissions: 'x' }, 'permissions ≠'],
    [{ permissions: { deny: {} } }, 'permissions.deny ≠'],
  ])(
    'what has another form than the agent reads is named, so that it is not written over: %j',
    (value, at) => {
      expect(misshapen(value as unknown as JsonObject)).toContain(at)
      expect(misshapen(FOREIGN)).toBeUndefined()
    },
  )

  test('any settings come back as they were', () => {
    const settings = fc.dictionary(fc.constantFrom('hooks', 'permissions', 'model', 'env'), fc.jsonValue())
    fc.assert(
      fc.property(settings, (value) => {
        const given = JSON.parse(JSON.stringify(value)) as JsonObject
        const wired = wire(given, WIRING)
        expect(hasOurs(wired)).toBe(true)
        expect(wire(wired, WIRING)).toEqual(wired)
        const { hooks: _hooks, permissions: _permissions, ...rest } = given
        expect(unwire(wired)).toMatchObject(rest)
      }),
    )
  })

  test('at guard it is closed on failure, at observe it never stops anything', () => {
    const guard = String(entryFor(WIRING)['command'])
    expect(guard).toMatch(/; exit 2$/)
    expect(entryFor(WIRING)['onFailure']).toBe('block')
    expect(String(entryFor({ ...WIRING, level: 'observe' })['command'])).toMatch(/\|\| true$/)
  })

  test('no program of the line is found by PATH, and no exit code alone lets a call through', () => {
    const line = String(entryFor(WIRING)['command'])
    const words = line.split(/[;\s()$"']+/)
    for (const program of ['env', 'timeout', 'printf'])
      expect(words.filter((one) => one.endsWith(program))).toEqual([`/usr/bin/${program}`])
    // Besides these: keywords and special builtins, which no function of the environment can replace.
    expect(line).not.toMatch(/(?:^|[;&|(]\s*)(?:\[|test|echo|command|true|false)\b/)
    expect(line.match(/exit 0/g)).toHaveLength(1)
    expect(line).toContain('"0:sekisho $$ has looked") exit 0;;')
  })

  test('variables that bring code into the shell of the hook are found, ordinary ones are not', () => {
    for (const name of ['LD_PRELOAD', 'LD_AUDIT', 'BASH_ENV', 'ENV', 'SHELLOPTS', 'BASH_FUNC_unset%%'])
      expect(harmfulVariable({ env: { A: '1', [name]: 'x' } })).toBe(name)
    expect(harmfulVariable({ env: { PATH: '/x', HOME: '/y', LD_PRELOAD: '' } })).toBeUndefined()
    expect(harmfulVariable(FOREIGN)).toBeUndefined()
  })

  test('part of N14: absent, disabled, wired for another place or level: each is told apart', () => {
    const good = wire(FOREIGN, WIRING)
    expect(stateOf(good, WIRING)).toBe('wired')
    expect(stateOf(FOREIGN, WIRING)).toBe('absent')
    expect(stateOf({ ...good, disableAllHooks: true }, WIRING)).toBe('disabled')
    expect(stateOf(wire(FOREIGN, { ...WIRING, program: '/tmp/sekisho' }), WIRING)).toBe('other')
    expect(stateOf(wire(FOREIGN, { ...WIRING, level: 'observe' }), WIRING)).toBe('other')
    const narrow = JSON.parse(JSON.stringify(good).replace('"matcher":"*"', '"matcher":"Bash"')) as JsonObject
    expect(stateOf(narrow, WIRING)).toBe('other')
    const { permissions: _, ...open } = good
    expect(stateOf(open, WIRING)).toBe('other')
  })

  test('part of N14: a hook that somebody else adds later takes nothing from ours', () => {
    const good = wire(FOREIGN, WIRING)
    const own = (good['hooks'] as JsonObject)['PreToolUse'] as readonly JsonObject[]
    const more = { ...good, hooks: { ...(good['hooks'] as JsonObject), PreToolUse: [...own, { hooks: [] }] } }
    expect(stateOf(more, WIRING)).toBe('wired')
  })
})
