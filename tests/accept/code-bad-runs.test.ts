// Runs that must not get away with it, on a host: a suite that forks without end, hangs, prints or writes 300 MB; a clone for which there is no room; a host
// without user namespaces; somebody who cancels. Each has its sentence in both languages, and nothing of it is left.
import { afterEach, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { until } from '../until.ts'
import { start, UP_UNIT } from '../world/world.ts'
import { type CodeStory, codeStory, verdicts } from './code-story.ts'
import { commitGreeting, ROOT, says, WORK } from './notes.ts'

/** A suite of one test that does this first. */
const doing = (statement: string) => `import { spawn } from 'node:child_process'
import { writeFileSync, writeSync } from 'node:fs'
import { test } from 'node:test'
test('it does what it should not', async () => {
  ${statement}
})
void [spawn, writeFileSync, writeSync]
`
/** An ordinary run takes the first. */
const ENDED: readonly (readonly [string, string, readonly [string, string]])[] = [
  [
    'forks without end',
    "spawn('sh', ['-c', 'while :; do sleep 300 & done']); await new Promise((done) => setTimeout(done, 300_000))",
    ['it started more processes than a room may', 'プロセス数の上限を超えました'],
  ],
  [
    'hangs',
    'await new Promise((done) => setTimeout(done, 300_000))',
    ['it took longer than it may', '時間内に終わりませんでした'],
  ],
]
const LEDGER = '/var/lib/notes'
const HOLE = `${LEDGER}/large`

describeWith('host', 'runs of a candidate that are ended', () => {
  let story: CodeStory
  let first: string
  let idle: Awaited<ReturnType<typeof left>>

  /** What a room could leave, counted on the host: processes of ids that only rooms have, mounts, groups, directories. */
  async function left() {
    const { host } = story.here
    const lines = async (script: string) =>
      (await host.ok(['bash', '-c', script])).split('\n').filter(Boolean)
    return {
      processes: await lines("ps -eo uid=,args= | awk '$1 >= 1879048192'"),
      mounts: await lines('grep -h /var/lib/sekisho/rooms /proc/[0-9]*/mountinfo 2>/dev/null | sort -u'),
      groups: await lines(
        'prefix=sekisho-trial-$(readlink /proc/self/ns/pid | tr -dc 0-9)-; find /limits /sys/fs/cgroup -type d -name "$prefix*" 2>/dev/null',
      ),
      rooms: await lines('ls -A /var/lib/sekisho/rooms 2>/dev/null || true'),
      releases: await lines(`ls -A ${ROOT}/releases`),
    }
  }
  const nothingLeft = async () => {
    await until('everything of the room to be gone', 60_000, async () => {
      const now = await left()
      return Object.values({ ...now, releases: [] }).flat().length === 0 ? true : undefined
    }).catch(async (cause: unknown) => {
      throw new Error(JSON.stringify(await left(), undefined, 1), { cause })
    })
  }
  const cards = async ({ id }: ChangeView) => {
    const show = async (language: 'en' | 'ja') =>
      (await story.here.sekisho('ops1', ['change', 'show', id], { language, together: true })).stdout
        // biome-ignore lint/suspicious/noControlCharactersInRegex: how a terminal marks a part of a line
        .replace(/\u001b\[[\d;]*m/g, '')
    // Japanese is broken between any two signs.
    return { en: (await show('en')).replace(/\s+/g, ' '), ja: (await show('ja')).replace(/\s+/g, '') }
  }
  const proposing = (language: 'en' | 'ja') =>
    story.here.sekisho(
      'claude',
      ['do', 'code', '--service', 'notes', '--repository', WORK, '--instruction', 'x', '--by', 'ops1'],
      { language, together: true, timeoutMs: 600_000 },
    )
  const withSuite = async (statement: string) => {
    await story.here.host.put(`${WORK}/test/bad.test.js`, doing(statement))
    await story.commit('true')
  }

  /** The gate with a setting of its unit: a call that makes a user namespace is answered as by a kernel that has none. */
  const restarted = async (setting = '') => {
    const { host } = story.here
    const place = `/etc/systemd/system/${UP_UNIT}.d`
    await host.ok(['install', '-d', place])
    await host.put(`${place}/spaces.conf`, `[Service]\n${setting}\n`)
    await host.ok(['systemctl', 'daemon-reload'])
    await host.ok(['systemctl', 'stop', UP_UNIT])
    await start(host)
  }

  beforeAll(async () => {
    story = await codeStory({
      deploy: 'releases',
      service: `    data: [{ dir: ${LEDGER}, change: api-only }]\n`,
      policy: (text) =>
        text
          .replace(/argv: \[node, --test.*\]/, 'argv: [sh, script/test]')
          .replace('within: 2m', 'within: 12s'),
      prepare: async (host) => {
        await host.ok(['install', '-d', '-o', 'notes', LEDGER])
      },
    })
    first = await story.tip()
    idle = await left()
  })
  afterEach(async () => {
    expect(await says(story.here.host)).toBe('Hello notes')
    expect(await story.tip()).toBe(first)
    await story.reset()
  })

  /** The agent proposes; a red change is shown as its card in both languages and withdrawn. */
  const redCards = async () => {
    const said = await proposing('en')
    const id = /CHG-\d{4}-\d{4}/.exec(said.stdout)?.[0] ?? ''
    expect([said.code, id], said.stdout).toEqual([2, expect.stringMatching(/./)])
    const view = await story.here.json<ChangeView>('ops1', ['change', 'show', id])
    const card = await cards(view)
    await nothingLeft()
    await story.must('ops1', ['change', 'withdraw', id])
    expect(verdicts(view)['tests'], card.en).toBe('red')
    return card
  }

  test.each(ENDED.slice(0, process.env['SEKISHO_CAMPAIGN'] === 'whole' ? ENDED.length : 1))(
    'a suite that %s blocks, and nothing of it is left',
    async (_, statement, [english, japanese]) => {
      await withSuite(statement)
      const card = await redCards()
      expect(card.en).toContain(`The tests did not end by themselves (the new suite: ${english})`)
      expect(card.ja).toContain(`試験が最後まで動きませんでした（新しい試験:${japanese}）`)
    },
  )

  test('a suite that prints 300 MB blocks, one that reports 300 MB is refused, and nothing of it is left', async () => {
    await story.commit(`(echo 'yes | head -c 300000000'; cat script/test) >more && mv more script/test`)
    const card = await redCards()
    expect(card.en).toContain('the new suite: it printed more than a room may')
    expect(card.ja).toContain('新しい試験:画面への出力が上限を超えました')
    await story.reset()
    const before = await left()
    await withSuite(
      "process.on('exit', () => { for (let i = 0; i < 300; i++) writeFileSync('report.xml', 'x'.repeat(1_000_000), { flag: 'a' }) })",
    )
    const said = { en: await proposing('en'), ja: await proposing('ja') }
    expect(said.en.stdout).toContain('Too large to be read: report.xml')
    expect(said.ja.stdout).toContain('読み取るには大きすぎます: report.xml')
    expect([said.en.code, said.ja.code]).toEqual([2, 2])
    await nothingLeft()
    expect((await left()).releases).toEqual(before.releases)
  })

  test('a clone for which there is no room blocks and is named, and nothing of it is left', async () => {
    const { host } = story.here
    await host.ok(['truncate', '-s', '8T', HOLE])
    await commitGreeting(host, 'Welcome')
    const view = await story.propose()
    await host.ok(['rm', HOLE])
    expect(verdicts(view)['rehearsal']).not.toBe('green')
    expect(view.state).toBe('blocked')
    const card = await cards(view)
    expect(card.en).toContain('there is no room for a clone')
    expect(card.ja).toContain('写しを置く空きがありません')
    await nothingLeft()
    await story.must('ops1', ['change', 'withdraw', view.id])
  })

  test('who cancels in the middle is named, and nothing of it is left', async () => {
    await withSuite('await new Promise((done) => setTimeout(done, 300_000))')
    const before = await left()
    const asked = proposing('en')
    await until('the suite to run', 120_000, async () =>
      (await left()).processes.some((line) => line.includes('--test')) ? true : undefined,
    )
    expect(await story.must('ops1', ['restore', 'cancel', '--service', 'notes'])).toContain('Cancelled.')
    const said = await asked
    expect(said.stdout).toContain('Preparing the code was cancelled by ops1')
    expect(said.code).toBe(2)
    await nothingLeft()
    expect((await left()).releases).toEqual(before.releases)
  })

  test('a host without user namespaces runs nothing of it, and says so', async () => {
    const { host } = story.here
    const before = await left()
    await restarted('RestrictNamespaces=~user')
    try {
      await commitGreeting(host, 'Welcome')
      const said = { en: await proposing('en'), ja: await proposing('ja') }
      expect(said.en.stdout).toContain('This host cannot run unapproved code apart from everything else')
      expect(said.ja.stdout).toContain('このホストでは、承認前のコードを隔離して動かせません')
      expect([said.en.code, said.ja.code]).toEqual([1, 1])
      await nothingLeft()
      expect((await left()).releases).toEqual(before.releases)
    } finally {
      await restarted()
    }
  })

  test('each of these is seen where it is there', async () => {
    expect(Object.values({ ...idle, releases: [] }).flat()).toEqual([])
    await withSuite('await new Promise((done) => setTimeout(done, 300_000))')
    const asked = proposing('en')
    const seen = await until('a room to be seen', 120_000, async () => {
      const now = await left()
      return now.processes.length > 0 &&
        now.mounts.length > 0 &&
        now.groups.length > 0 &&
        now.rooms.length > 0
        ? now
        : undefined
    })
    expect(seen.releases.length).toBeGreaterThan(1)
    await story.must('ops1', ['restore', 'cancel', '--service', 'notes'])
    await asked
    await nothingLeft()
  })
})
