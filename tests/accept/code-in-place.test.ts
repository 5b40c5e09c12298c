// A change of code in a work tree that holds live data tracked by git: only the changed paths are exchanged, and the way back leaves every file, mode and
// owner as before.
import { beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { limitTree } from '../host/limit-tree.ts'
import { until } from '../until.ts'
import { type World, world } from '../world/world.ts'
import { commitGreeting, makeNotes, notesPolicy, ROOT, says, WORK } from './notes.ts'

/** Everything below the work tree but what git keeps for itself and what the service writes. */
const STATE = `cd ${ROOT} && find . -path ./.git -prune -o -path ./data -prune -o -printf '%P %y %m %u:%g %l\\n' | sort; find . -path ./.git -prune -o -path ./data -prune -o -type f -print0 | sort -z | xargs -0 sha256sum`

describeWith('host', 'a change of code in place', () => {
  let here: World
  const must = async (who: 'ops1' | 'claude', argv: readonly string[], code = 0) => {
    const said = await here.sekisho(who, argv, { together: true })
    expect(said.code, `${argv.join(' ')}\n${said.stdout}`).toBe(code)
    return said.stdout
  }
  const state = () => here.host.ok(['sh', '-c', STATE])
  const live = () => here.host.ok(['cat', `${ROOT}/data/live.json`])
  const tip = async () =>
    (await here.host.ok(['git', '-c', 'safe.directory=*', '-C', ROOT, 'rev-parse', 'main'])).trim()

  beforeAll(async () => {
    here = await world({
      binds: limitTree(),
      policy: (host) => notesPolicy(host, 'in-place', `    data: [{ dir: ${ROOT}/data, format: json }]\n`),
      prepare: (host) => makeNotes(host, 'in-place'),
    })
    // The service writes its data, which git tracks: that is no reason to stop.
    await here.host.put(`${ROOT}/data/live.json`, '[{"id":1},{"id":2}]\n')
    await here.host.ok(['chown', 'notes:notes', `${ROOT}/data/live.json`])
  })

  test('part of S35: a rename, a mode, a deletion, a large and a new file go there and back, live data stays', async () => {
    const before = await state()
    const first = await tip()
    await here.host.ok(
      [
        'bash',
        '-ec',
        `cd ${WORK} && git mv docs/old.md docs/new.md && chmod 755 tool.sh && git rm -q gone.txt
mkdir -p public/deep && head -c 1500000 /dev/zero | tr '\\0' 'x' > public/deep/large.txt && git add public && git commit -qam shape`,
      ],
      { user: 'claude' },
    )
    await commitGreeting(here.host, 'Welcome')
    const view = await here.json<ChangeView>('claude', [
      'do',
      'code',
      '--service',
      'notes',
      '--repository',
      WORK,
      '--instruction',
      'Say welcome',
      '--by',
      'ops1',
      '--impact',
      'the greeting; a restart',
      '--risk',
      'low',
      '--notify',
      'not_needed',
    ])
    expect(view.checks.filter(({ verdict }) => verdict !== 'green' && verdict !== 'not_applicable')).toEqual(
      [],
    )
    await must('ops1', ['change', 'approve', view.id, '--yes'])
    expect(await says(here.host)).toBe('Welcome notes')
    expect(await live()).toBe('[{"id":1},{"id":2}]\n')
    await until('the branch to move', 30_000, async () => ((await tip()) === first ? undefined : true))
    // The index follows the branch: what git calls changed is the live data alone.
    expect(await here.host.ok(['git', '-c', 'safe.directory=*', '-C', ROOT, 'status', '--porcelain'])).toBe(
      ' M data/live.json\n',
    )
    expect(await state()).not.toBe(before)

    const card = await must('ops1', ['change', 'rollback', view.id], 3)
    await must('ops1', ['change', 'approve', /CHG-\d{4}-\d{4}/.exec(card)?.[0] ?? '', '--yes'])
    expect(await says(here.host)).toBe('Hello notes')
    // Directories that only the change had are left empty; git does not see them.
    expect((await state()).replace(/^public\S* d .*\n/gm, '')).toBe(before)
    expect(await live()).toBe('[{"id":1},{"id":2}]\n')
    await until('the branch to step back', 30_000, async () => ((await tip()) === first ? true : undefined))
  })
})
