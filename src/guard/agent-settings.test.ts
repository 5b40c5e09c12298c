import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../base/json.ts'
import { entryFor, hasOurs, stateOf, unwire, type Wiring, wire } from './agent-settings.ts'

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

describe('the guard in the settings of an agent', () => {
  test('is put in once, beside what others wrote, and taken out without a trace', () => {
    const once = wire(FOREIGN, WIRING)
    expect(wire(once, WIRING)).toEqual(once)
    expect(once).toMatchObject({ model: 'opus', permissions: { allow: ['Bash(ls:*)'] } })
    expect(JSON.stringify(once)).toContain('other-guard')
    expect(unwire(once)).toEqual(FOREIGN)
    expect(unwire(wire({}, WIRING))).toEqual({})
  })

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
    expect(guard).toMatch(/^timeout 15 .* \|\| \{ .*exit 2; \}$/)
    expect(entryFor(WIRING)['onFailure']).toBe('block')
    expect(String(entryFor({ ...WIRING, level: 'observe' })['command'])).toMatch(/\|\| true$/)
  })

  test('N14 absent, disabled, wired for another place or level: each is told apart', () => {
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

  test('N14 a hook that somebody else adds later takes nothing from ours', () => {
    const good = wire(FOREIGN, WIRING)
    const own = (good['hooks'] as JsonObject)['PreToolUse'] as readonly JsonObject[]
    const more = { ...good, hooks: { ...(good['hooks'] as JsonObject), PreToolUse: [...own, { hooks: [] }] } }
    expect(stateOf(more, WIRING)).toBe('wired')
  })
})
