// A change of code in a work tree that holds live data tracked by git: only the changed paths are exchanged, and the way back leaves every file, mode and
// owner as before.
import { beforeAll, expect, test } from 'vitest'
import { describeWith } from '../host/describe.ts'
import type { Host } from '../host/host.ts'
import { until } from '../until.ts'
import { type CodeStory, codeStory } from './code-story.ts'
import { commitGreeting, ROOT, says, WORK } from './notes.ts'

/** Everything below the work tree but what git keeps for itself and what the service writes. */
const STATE = `cd ${ROOT} && find . -path ./.git -prune -o -path ./data -prune -o -printf '%P %y %m %u:%g %l\\n' | sort; find . -path ./.git -prune -o -path ./data -prune -o -type f -print0 | sort -z | xargs -0 sha256sum`

const ARGV =
  `do code --service notes --repository ${WORK} --instruction Say --by ops1 --impact x --risk y --notify not_needed`.split(
    ' ',
  )

describeWith('host', 'a change of code in place', () => {
  let story: CodeStory
  let host: Host
  const state = () => host.ok(['sh', '-c', STATE])
  const forget = () =>
    host.ok(['git', '-C', WORK, 'reset', '-q', '--hard', 'origin/main'], { user: 'claude' })
  const live = () => host.ok(['cat', `${ROOT}/data/live.json`])

  beforeAll(async () => {
    story = await codeStory({
      deploy: 'in-place',
      service: `    data: [{ dir: ${ROOT}/data, format: json }]\n`,
    })
    host = story.here.host
    // The service writes its data, which git tracks: that is no reason to stop.
    await host.put(`${ROOT}/data/live.json`, '[{"id":1},{"id":2}]\n')
    await host.ok(['chown', 'notes:notes', `${ROOT}/data/live.json`])
  })

  test('S17 the record holds commit, branch and status from before; what is dirty outside of declared data blocks', async () => {
    const first = await story.tip()
    await commitGreeting(host, 'Welcome')
    await host.put(`${ROOT}/tool.sh`, '#!/bin/sh\necho by hand\n')
    const dirty = await story.here.sekisho('claude', ARGV, { together: true })
    expect([dirty.code, dirty.stdout]).toEqual([2, expect.stringContaining('tool.sh')])
    await host.put(`${ROOT}/tool.sh`, '#!/bin/sh\n')
    await host.ok(['chown', 'notes:notes', `${ROOT}/tool.sh`])
    const { id } = await story.propose()
    const record = await story.must('ops1', ['record', 'show', id])
    expect(record).toContain(`code before: main at ${first} (first)`)
    expect(record).toMatch(/work tree before: 1 path is not as committed\n {2}- *\S* ?M? ?data\/live\.json\n/)
    await story.must('claude', ['change', 'withdraw', id])
    await forget()
  })

  test('N01 a way back that leaves one byte more is red, names the step and the file, and is not approved', async () => {
    const more =
      "import { appendFileSync } from 'node:fs'\nprocess.on('SIGTERM', () => { appendFileSync('tool.sh', ' '); process.exit() })\n"
    await story.commit(`printf '%s' "${more.replaceAll('"', '\\"')}" >> server.js`)
    const view = await story.propose()
    const rehearsal = view.checks.find(({ check }) => check === 'rehearsal')
    expect(rehearsal).toMatchObject({
      verdict: 'red',
      problems: [
        { code: 'rehearsal.red', text: 'compare: different', path: `${ROOT}/tool.sh` },
        { code: 'rehearsal.difference' },
      ],
    })
    const refused = await story.here.sekisho('ops1', ['change', 'approve', view.id, '--yes'], {
      together: true,
    })
    expect(refused.code, refused.stdout).not.toBe(0)
    expect(await says(host)).toBe('Hello notes')
    await story.must('claude', ['change', 'withdraw', view.id])
    await forget()
  })

  test('part of S35: a rename, a mode, a deletion, a large and a new file go there and back, live data stays', async () => {
    const before = await state()
    const first = await story.tip()
    await host.ok(
      [
        'bash',
        '-ec',
        `cd ${WORK} && git mv docs/old.md docs/new.md && chmod 755 tool.sh && git rm -q gone.txt
mkdir -p public/deep && head -c 1500000 /dev/zero | tr '\\0' 'x' > public/deep/large.txt && git add public && git commit -qam shape`,
      ],
      { user: 'claude' },
    )
    await commitGreeting(host, 'Welcome')
    const view = await story.propose()
    expect(view.checks.filter(({ verdict }) => verdict !== 'green' && verdict !== 'not_applicable')).toEqual(
      [],
    )
    await story.approve(view.id)
    expect(await says(host)).toBe('Welcome notes')
    expect(await live()).toBe('[{"id":1},{"id":2}]\n')
    await until('the branch to move', 30_000, async () => ((await story.tip()) === first ? undefined : true))
    // The index follows the branch: what git calls changed is the live data alone.
    expect(await story.git('status', '--porcelain')).toBe('M data/live.json')
    expect(await state()).not.toBe(before)

    await story.approve(await story.takeBack(['change', 'rollback', view.id]))
    expect(await says(host)).toBe('Hello notes')
    // Directories that only the change had are left empty; git does not see them.
    expect((await state()).replace(/^public\S* d .*\n/gm, '')).toBe(before)
    expect(await live()).toBe('[{"id":1},{"id":2}]\n')
    await until('the branch to step back', 30_000, async () =>
      (await story.tip()) === first ? true : undefined,
    )
  })
})
