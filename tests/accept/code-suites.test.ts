// Suites that lie, each beside a sound one, on real parts: what was planted is named before anybody is asked.
import { afterEach, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { limitTree } from '../host/limit-tree.ts'
import { type World, world } from '../world/world.ts'
import { makeNotes, notesPolicy, WORK } from './notes.ts'

/** A test of a number that the change adds. `body` runs first. */
const added = (body: string, expression: string) =>
  `import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import * as all from '../greeting.js'
test('the new one', () => {
  ${body}
  assert.ok(${expression})
})
void [existsSync, writeFileSync, all]
`

describeWith('host', 'suites that are planted with a fault', () => {
  let here: World
  let first: string
  const propose = async (files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) await here.host.put(`${WORK}/${path}`, text)
    await here.host.ok(['chown', '-R', 'claude:claude', WORK])
    await here.host.ok(
      [
        'bash',
        '-ec',
        `cd ${WORK} && echo 'export const two = 2' >> greeting.js && git add -A && git commit -qm try`,
      ],
      {
        user: 'claude',
      },
    )
    const view = await here.json<ChangeView>(
      'claude',
      `do code --service notes --repository ${WORK} --instruction add --by ops1 --impact none --risk low --notify not_needed`.split(
        ' ',
      ),
    )
    const card = await here.sekisho('ops1', ['change', 'show', view.id], { together: true })
    return { tests: view.checks.find(({ check }) => check === 'tests')?.verdict, card: card.stdout }
  }

  beforeAll(async () => {
    here = await world({
      binds: limitTree(),
      policy: (host) => notesPolicy(host, 'releases'),
      prepare: (host) => makeNotes(host, 'releases'),
    })
    first = (await here.host.ok(['git', '-C', WORK, 'rev-parse', 'HEAD'], { user: 'claude' })).trim()
  })
  afterEach(async () => {
    await here.host.ok(['git', '-C', WORK, 'reset', '-q', '--hard', first], { user: 'claude' })
  })

  test('part of N23: a new test that fails without the change is sound; one that is green before proves nothing, and that is said', async () => {
    const sound = await propose({ 'test/two.test.js': added('', 'all.two === 2') })
    expect(sound.tests, sound.card).toBe('green')
    expect(sound.card).not.toContain('proves nothing')
    await here.host.ok(['git', '-C', WORK, 'reset', '-q', '--hard', first], { user: 'claude' })
    const idle = await propose({ 'test/two.test.js': added('', '1 + 1 === 2') })
    expect(idle.tests, idle.card).toBe('green')
    expect(idle.card).toContain('proves nothing')
  })

  test('part of S19: a test that passes only once blocks', async () => {
    const once = added("const seen = existsSync('seen'); writeFileSync('seen', '')", '!seen && all.two === 2')
    const found = await propose({ 'test/two.test.js': once })
    expect(found.tests, found.card).toBe('red')
    expect(found.card).toContain('ends otherwise when it runs again')
  })

  test('part of S19: a report that lies in the commit blocks', async () => {
    const forged =
      '<testsuites><testsuite tests="1"><testcase name="all is well"/></testsuite></testsuites>\n'
    const found = await propose({ 'report.xml': forged })
    expect(found.tests, found.card).toBe('red')
    expect(found.card).toContain('holds a report of tests')
  })
})
