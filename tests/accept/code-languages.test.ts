// Services that are not written for node, through a change of code and back: what they are built and tested by is Debian's. Go is built in the campaign alone,
// where its compiler is installed.
import { beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { until } from '../until.ts'
import { type CodeStory, codeStory, verdicts } from './code-story.ts'
import { fetched, shelf } from './shelf.ts'
import { tallied, tally } from './tally.ts'

const cardOf = async (story: CodeStory, { id }: ChangeView) =>
  (await story.here.sekisho('ops1', ['change', 'show', id], { together: true })).stdout.replace(/\s+/g, ' ')

/** Approved, deployed, committed, taken back by one command; `served` is what the service answers. */
async function thereAndBack(story: CodeStory, id: string, served: () => Promise<string>) {
  const first = await story.tip()
  const before = await served()
  await story.approve(id)
  const after = await served()
  await until('the commit to stand on the branch', 120_000, async () =>
    (await story.tip()) === first ? undefined : true,
  )
  expect(await story.git('log', '-1', '--format=%P%n%B', 'main')).toMatch(
    new RegExp(`^${first}\n[^]*Change: ${id}\n`),
  )
  await story.approve(await story.takeBack(['change', 'rollback', id]))
  expect(await served()).toBe(before)
  await until('the branch to step back', 120_000, async () =>
    (await story.tip()) === first ? true : undefined,
  )
  expect(await story.here.host.ok(['sh', '-c', 'ls -A /var/lib/sekisho/rooms'])).toBe('')
  return after
}

const COUNTED = `cat >>app.py <<'END'


@app.get("/books/count")
def count():
    return jsonify(count=len(titles()))
END
cat >>tests/test_shelf.py <<'END'


def test_they_are_counted():
    assert app.test_client().get("/books/count").json == {"count": 2}
END`
/** When the suite has ended its report is another one. */
const atTheEnd = (statement: string) => `cat >>tests/test_shelf.py <<'END'


import atexit, os, shutil
atexit.register(lambda: ${statement})
END`

describeWith('flask', 'a Flask service under gunicorn', () => {
  let story: CodeStory

  beforeAll(async () => {
    story = await codeStory({ deploy: 'releases', of: shelf })
  })

  test('part of S09, S17, S18, S35 and N04: built with its virtual environment, tested by pytest with coverage, its new route named, deployed, and taken back by one command', async () => {
    const { host } = story.here
    await story.commit(COUNTED)
    const view = await story.propose('Count the books')
    const card = await cardOf(story, view)
    expect(verdicts(view), card).toMatchObject({
      undo: 'green',
      rehearsal: 'green',
      impact: 'green',
      tests: 'green',
    })
    expect(card).toContain('before 2 passed, 0 failed, 0 skipped → after 3 passed, 0 failed, 0 skipped')
    expect(card).toMatch(/coverage 9\d\.\d+ % → 9\d\.\d+ %/)
    expect(card).toContain('routes + GET /books/count (app.py)')
    const books = async () => `${await fetched(host, '/books')} ${await fetched(host, '/books/count')}`
    const after = await thereAndBack(story, view.id, books)
    expect(after).toBe('["Botchan","Kokoro"] {"count":2}')
    // The one that came back runs in the environment that was made for its path.
    const main = (await host.ok(['systemctl', 'show', '-P', 'ExecMainPID', 'shelf'])).trim()
    expect(await host.ok(['cat', `/proc/${main}/cmdline`])).toMatch(
      /^\/srv\/shelf\/current\/venv\/bin\/python\0-m\0gunicorn/,
    )
  })

  test('part of S19 and S20: coverage that is missing, and coverage of another commit, block and are named', async () => {
    await story.reset()
    await story.commit(`${COUNTED}\n${atTheEnd("os.remove('coverage.xml')")}`)
    const missing = await story.propose('Count the books')
    const said = await cardOf(story, missing)
    expect(verdicts(missing)['tests'], said).toBe('red')
    expect(said).toContain('There is no report of coverage (the new suite)')
    await story.reset()
    await story.commit(`${COUNTED}\n${atTheEnd("shutil.copy('docs/coverage.xml', 'coverage.xml')")}
mkdir -p docs && cat >docs/coverage.xml <<'END'
<?xml version="1.0" ?>
<coverage version="7.6.0" lines-valid="2" lines-covered="2" line-rate="1"><packages><package name="."><classes>
<class name="shelf.py" filename="shelf.py"><lines><line number="1" hits="1"/><line number="40" hits="1"/></lines></class>
</classes></package></packages></coverage>
END`)
    const other = await story.propose('Count the books')
    const told = await cardOf(story, other)
    expect(verdicts(other)['tests'], told).toBe('red')
    expect(told).toContain('The report of coverage is of another commit')
  })
})

if (process.env['SEKISHO_CAMPAIGN'] === 'whole')
  describeWith('host', 'a service in Go', () => {
    let story: CodeStory

    beforeAll(async () => {
      story = await codeStory({ deploy: 'releases', of: tally })
    }, 900_000)

    test('part of S09, S17, S18, S35 and N04: built in the room, tested by go test, deployed, and taken back by one command', async () => {
      const { host } = story.here
      await story.commit(`sed -i 's/tally 1/tally 2/' answer.go
cat >answer_tally_test.go <<'END'
package main

import "testing"

func TestTally(t *testing.T) {
	if answer("GET / HTTP/1.1\\r\\n") != "tally 2" {
		t.Fatal("tally")
	}
}
END`)
      const view = await story.propose('Tally by two')
      const card = await cardOf(story, view)
      expect(verdicts(view), card).toMatchObject({ undo: 'green', rehearsal: 'green', tests: 'green' })
      expect(card).toContain('before 1 passed, 0 failed, 0 skipped → after 2 passed, 0 failed, 0 skipped')
      expect(await thereAndBack(story, view.id, () => tallied(host, '/'))).toBe('tally 2')
      // Nothing of the machine is linked.
      expect((await host.exec(['ldd', '/srv/tally/current/bin/tally'])).code).toBe(1)
    }, 1_800_000)
  })
