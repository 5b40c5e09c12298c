// One repository over a row of changes: what each starts from, what its suites say and cover, what it touches, what blocks it, and what its commit holds.
import { dirname } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { isObject } from '../../src/base/json.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { until } from '../until.ts'
import { type CodeStory, codeStory, redChecks } from './code-story.ts'
import { greetingTest, ROOT, says, WORK } from './notes.ts'

const SERVER = (more = '') => `import { createServer } from 'node:http'
import { greeting } from './greeting.js'
import { notes } from './models.js'
import { a1 } from './table.js'

createServer((request, response) => {
  if (request.url === '/health') response.end(JSON.stringify({ status: 'ok' }))
${more}  else response.end(greeting('notes') + (a1 === 1 ? '' : notes.name))
}).listen(9100, '127.0.0.1')
`
const MODELS = (column: string) => `const pgTable = (name, columns) => ({ name, columns })
const text = (name) => ({ name })
export const notes = pgTable('notes', {
  id: text('id'),
  ${column}: text('${column}'),
})
`
/** Two lines of a function that no test calls are 0.04 points of this many. */
const LINES = 5000
const table = Array.from({ length: LINES }, (_, i) => `export const a${i + 1} = ${i + 1}\n`).join('')
const notCalled = (name: string) => `export function ${name}() {\n  return 1\n}\n`
const tableTest = (more = '') => `import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as all from '../table.js'
test('the first is one', () => assert.equal(all.a1, 1))
test('the last is the last', () => assert.equal(all.a${LINES}, ${LINES}))
${more}`

const GREEN = { validation: 'green', undo: 'green', tests: 'green', rehearsal: 'green', impact: 'green' }

describeWith('host', 'changes of code, one after another', () => {
  let story: CodeStory
  let first: string
  /** The change that adds a route, and the one over two parts. */
  let route: ChangeView
  let parts: ChangeView
  const put = (path: string, text: string) => story.here.host.put(`${WORK}/${path}`, text)
  const propose = async (files: Readonly<Record<string, string>>, script = 'true') => {
    await story.reset()
    for (const [path, text] of Object.entries(files)) {
      await story.here.host.ok(['mkdir', '-p', dirname(`${WORK}/${path}`)])
      await put(path, text)
    }
    await story.commit(script)
    const view = await story.propose('change it')
    const { stdout } = await story.here.sekisho('ops1', ['change', 'show', view.id], { together: true })
    return { view, card: stdout.replace(/\s+/g, ' ') }
  }
  const checkOf = ({ checks }: ChangeView, name: string) => checks.find(({ check }) => check === name)
  const waive = async ({ id }: ChangeView, check: string, reason: string) => {
    await story.must('ops1', ['change', 'waive', id, check, '--reason', reason])
    await story.here.sekisho('ops1', ['change', 'seal', id])
  }
  /** Approved, deployed and committed. */
  const keep = async ({ id }: ChangeView) => {
    const before = await story.tip()
    await story.approve(id)
    await until(`the commit of ${id}`, 60_000, async () =>
      (await story.tip()) === before ? undefined : true,
    )
  }

  beforeAll(async () => {
    story = await codeStory({
      deploy: 'releases',
      policy: (text) =>
        text
          .replace(
            /argv: \[node, --test.*\]\n/,
            'argv: [node, --test, --experimental-test-coverage, --test-reporter=junit, --test-reporter-destination=report.xml, --test-reporter=lcov, --test-reporter-destination=lcov.info]\n      coverage: { lcov: lcov.info }\n',
          )
          .replace('deploy: releases }', 'deploy: releases, keep: 2, one_concern: block }')
          .replace('keep: 60s', 'keep: 60s, level: guard')
          // The smoke test has what the unit sets itself, in the room and on the host.
          .replace('answer.ok ?', "answer.ok && process.env.NOTES_WORDS === 'two words' ?"),
      prepare: async (host) => {
        await host.ok(['mkdir', '-p', '/etc/systemd/system/notes.service.d'])
        await host.put(
          '/etc/systemd/system/notes.service.d/words.conf',
          '[Service]\nEnvironment="NOTES_WORDS=two words"\n',
        )
        await host.ok(['systemctl', 'daemon-reload'])
      },
    })
    first = await story.tip()
  })

  test('S22 the commit exists only after the approval, in the form of the guide; a direct commit on the production tree is refused', async () => {
    const { view, card } = await propose({
      'models.js': MODELS('mail'),
      'table.js': table,
      'server.js': SERVER(),
      'test/table.test.js': tableTest(),
    })
    expect(Object.fromEntries(view.checks.map(({ check, verdict }) => [check, verdict])), card).toMatchObject(
      GREEN,
    )
    const refs = () => story.git('for-each-ref', '--format=%(objectname)')
    expect([...new Set((await refs()).split('\n'))]).toEqual([first])
    expect(await story.git('rev-list', '--all', '--count')).toBe('1')
    await keep(view)
    const message = await story.git('log', '-1', '--format=%P%n%B', 'main')
    expect(message).toMatch(
      new RegExp(
        `^${first}\\nUpdate: try\\n\\nDetails:\\n(- .*\\n)+\\nImpact:\\n(- .*\\n)+\\nTests:\\n- .*\\n\\nChange: ${view.id}\\nEnvelope: [0-9a-f]{64}\\nInstructed-by: ops1\\nApproved-by: ops1\\nRehearsal: [0-9a-f]{64}\\nCandidate: [0-9a-f]{40}$`,
      ),
    )
    // What the suites said stands in the message, as the guide has it.
    expect(message).toMatch(/before 1 passed, 0 failed, 0 skipped → after 3 passed, 0 failed, 0 skipped/)
    for (const command of [
      `git -C ${ROOT}/current commit -am x`,
      `cd ${ROOT} && git commit --amend -m x`,
      `git -C ${ROOT}/repository.git commit -m x`,
    ]) {
      const call = JSON.stringify({
        session_id: 's',
        cwd: WORK,
        hook_event_name: 'PreToolUse',
        tool_name: 'Bash',
        tool_input: { command },
      })
      const said = await story.here.sekisho('claude', ['hook', 'claude-code', '--lang', 'en'], {
        input: call,
      })
      expect(said.stdout, command).toContain('git.deployed-tree')
      expect(said.stdout, command).toContain('"permissionDecision":"deny"')
    }
    const own = JSON.stringify({
      session_id: 's',
      cwd: WORK,
      hook_event_name: 'PreToolUse',
      tool_name: 'Bash',
      tool_input: { command: 'git commit -am x' },
    })
    expect(
      (await story.here.sekisho('claude', ['hook', 'claude-code', '--lang', 'en'], { input: own })).stdout,
    ).not.toContain('deny')
  })

  test('S20 a route that is added and a column that is renamed are named on card and record, and nothing else', async () => {
    const { view, card } = await propose({
      'models.js': MODELS('email'),
      'server.js': SERVER("  else if (request.url === '/names') response.end('names')\n"),
      'table.js': `${table}${notCalled('f1')}`,
    })
    expect(checkOf(view, 'impact')?.facts).toMatchObject({
      routes: ['+ /names  (server.js)'],
      models: ['- notes.mail  (models.js)', '+ notes.email  (models.js)'],
      migrations: [],
      environment: [],
      units: [],
      dependencies: [],
      importers: ['test/table.test.js'],
      notRead: [],
    })
    const named = 'routes + /names (server.js); columns - notes.mail (models.js), + notes.email (models.js)'
    expect(card).toContain(named)
    await keep(view)
    route = view
    expect((await story.must('ops1', ['record', 'show', view.id])).replace(/\s+/g, ' ')).toContain(named)
  })

  test('S18 counts and coverage from before stand in the record; without them the change is blocked', async () => {
    const { view, card } = await propose({ 'table.js': `${table}${notCalled('f1')}${notCalled('f2')}` })
    expect(checkOf(view, 'tests'), card).toMatchObject({
      verdict: 'green',
      facts: { before: { passed: 3, failed: 0, coverage: 9996 }, after: { passed: 3, coverage: 9992 } },
    })
    await keep(view)
    const record = await story.must('ops1', ['record', 'show', view.id])
    expect(record).toMatch(/before 3 passed, 0 failed, 0 skipped → after 3 passed/)
    expect(record).toContain('coverage 99.96 % → 99.92 %')
    expect(record).toMatch(/Downtime.*actual at most \d/i)
    const commit = await story.tip()
    await until('the commit on the record', 60_000, async () =>
      (await story.must('ops1', ['record', 'show', view.id])).includes(`commit ${commit}`) ? true : undefined,
    )
  })

  test('S55 three drops that each pass alone are found together, from figures that outlive the releases', async () => {
    const { view, card } = await propose({
      'table.js': `${table}${notCalled('f1')}${notCalled('f2')}${notCalled('f3')}`,
    })
    expect(checkOf(view, 'tests'), card).toMatchObject({
      verdict: 'red',
      facts: { before: { coverage: 9992 }, after: { coverage: 9988 } },
      problems: [{ code: 'tests.coverage_dropped_slowly', text: '100.00 % → 99.88 %' }],
    })
    expect(card).toContain('Over several changes coverage has fallen by a tenth of a point or more')
  })

  test('S19 a tenth of a point or one test less is red, the same is green', async () => {
    const more = ['f3', 'f4', 'f5'].map(notCalled).join('')
    const less = await propose({ 'table.js': `${table}${notCalled('f1')}${notCalled('f2')}${more}` })
    expect(checkOf(less.view, 'tests'), less.card).toMatchObject({
      verdict: 'red',
      problems: [{ code: 'tests.coverage_dropped', text: '99.92 % → 99.80 %' }],
    })
    const lost = await propose({
      'test/table.test.js': tableTest().replace(/^test\('the last.*\n/m, ''),
    })
    expect(checkOf(lost.view, 'tests'), lost.card).toMatchObject({
      verdict: 'red',
      problems: [{ code: 'tests.fewer', text: '3 → 2' }],
    })
    const same = await propose(
      { 'greeting.js': "export const greeting = (name) => 'Hello ' + name\n" },
      'true',
    )
    expect(redChecks(same.view), same.card).toEqual([])
  }, 300_000)

  test('N23 a new test that is green on the deployed commit proves nothing; changed lines that no test ran are listed', async () => {
    const { view, card } = await propose({
      'table.js': `${table}${notCalled('f1')}${notCalled('f2')}export function f3(x) {\n  if (x) {\n    return 2\n  }\n  return 3\n}\n`,
      'test/table.test.js': tableTest(
        "test('idle', () => assert.equal(1, 1))\ntest('sound', () => assert.equal(all.f1() + all.f3(false), 4))\n",
      ),
    })
    expect(redChecks(view), card).toEqual([])
    const notes = (checkOf(view, 'tests')?.facts['notes'] ?? []) as readonly { readonly code: string }[]
    expect(notes.filter(({ code }) => code === 'tests.proves_nothing')).toEqual([
      { code: 'tests.proves_nothing', text: 'idle' },
    ])
    expect(notes.filter(({ code }) => code === 'tests.lines_not_run')).toEqual([
      { code: 'tests.lines_not_run', path: 'table.js', line: LINES + 9, text: `${LINES + 9}-${LINES + 10}` },
    ])
    expect(card).toContain('proves nothing: idle')
    expect(card).toContain(`table.js:${LINES + 9} Changed lines that no test ran: ${LINES + 9}-${LINES + 10}`)
  })

  test('part of S54: unrelated parts are a finding, and where the rules say so they block until a person says why', async () => {
    const { view, card } = await propose(
      { 'alpha/one.js': 'export const one = 1\n', 'beta/two.js': 'export const two = 2\n' },
      'true',
    )
    expect(checkOf(view, 'impact'), card).toMatchObject({
      verdict: 'red',
      problems: [{ code: 'impact.concerns_block', text: 'alpha/one.js, beta/two.js' }],
    })
    const refused = await story.here.sekisho('ops1', ['change', 'approve', view.id, '--yes'], {
      together: true,
    })
    expect(refused.code, refused.stdout).not.toBe(0)
    await waive(view, 'impact', 'one release of two parts')
    await keep(view)
    parts = view
    expect(await story.must('ops1', ['record', 'show', view.id])).toContain('one release of two parts')
  })

  test('part of S35: an older change is taken back and what came later stays; what a later one changed again is refused by name', async () => {
    const later = await propose({
      'greeting.js': "export const greeting = (name) => 'Good day ' + name\n",
      'test/greeting.test.js': greetingTest('Good day'),
    })
    await keep(later.view)
    expect(await says(story.here.host)).toBe('Good day notes')
    const id = await story.takeBack(['change', 'rollback', parts.id])
    const back = await story.here.json<ChangeView>('ops1', ['change', 'show', id])
    // What is left never ran here: its suite is run.
    expect(checkOf(back, 'tests')).toMatchObject({ verdict: 'green', facts: { after: { passed: 3 } } })
    expect(back.diff).toMatch(/alpha\/one\.js[\s\S]*beta\/two\.js/)
    expect(back.diff).not.toContain('greeting.js')
    await keep(back)
    expect(await says(story.here.host)).toBe('Good day notes')
    const files = (await story.git('ls-tree', '-r', '--name-only', 'main')).split('\n')
    expect(files).toEqual(expect.arrayContaining(['greeting.js', 'models.js']))
    expect(files.filter((path) => /^(alpha|beta)\//.test(path))).toEqual([])
    const again = await story.here.sekisho(
      'ops1',
      ['change', 'rollback', route.id, '--notify', 'not_needed'],
      { together: true },
    )
    expect([again.code, again.stdout]).toEqual([2, expect.stringContaining('changed again since: table.js')])
  }, 300_000)

  test('S18 a change whose tests before it are not known is blocked', async () => {
    const none = await propose({}, 'git rm -qr test')
    expect(redChecks(none.view), none.card).toEqual(['tests'])
    await waive(none.view, 'tests', 'they are written anew')
    await keep(none.view)
    const { view, card } = await propose({ 'test/table.test.js': tableTest() })
    expect(checkOf(view, 'tests'), card).toMatchObject({
      verdict: 'red',
      problems: expect.arrayContaining([{ code: 'tests.none', text: 'before' }]),
    })
    const refused = await story.here.sekisho('ops1', ['change', 'approve', view.id, '--yes'], {
      together: true,
    })
    expect(refused.code, refused.stdout).not.toBe(0)
  }, 300_000)

  test('S56 a print that is added is a finding, and every line of the own log is JSON', async () => {
    const { view, card } = await propose({
      'server.js': SERVER("  else if (request.url === '/names') response.end('names')\n").replace(
        "response.end('names')",
        "{\n    console.log('names')\n    response.end('names')\n  }",
      ),
    })
    expect(checkOf(view, 'impact')?.facts['notes'], card).toContainEqual({
      code: 'impact.print',
      path: 'server.js',
      line: 9,
      text: 'console.log',
    })
    expect(card).toContain('server.js:9 It prints where it should log: console.log')
    const logs = (await story.here.host.ok(['sh', '-c', 'cd /var/lib/sekisho/log && grep -H "" *.log']))
      .trim()
      .split('\n')
    const at = (line: string) => line.indexOf(':')
    expect([...new Set(logs.map((line) => line.slice(0, at(line))))]).toEqual(
      expect.arrayContaining(['gate.log', 'runner.log']),
    )
    expect(logs.filter((line) => !isObjectText(line.slice(at(line) + 1)))).toEqual([])
  })
})

function isObjectText(line: string): boolean {
  try {
    return isObject(JSON.parse(line))
  } catch {
    return false
  }
}
