// The runner is killed at each place of a call and of its way back: the call is sent at most once, counted at the server, and whatever is uncertain waits for a
// person. An ordinary run takes a seeded share of the places, the campaign all of them.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { share } from '../crash/share.ts'
import { until } from '../until.ts'
import { approveTyped } from './backup-story.ts'
import { openRequestStory, type RequestStory, retitle } from './request-story.ts'

const directory = mkdtempSync(join(tmpdir(), 'sekisho-request-kill-'))
const ORDER = join(directory, 'order')
let story: RequestStory

beforeAll(async () => {
  process.env['SEKISHO_TESTS'] = '1'
  process.env['SEKISHO_KILL_ORDER'] = ORDER
  story = await openRequestStory()
}, 120_000)
afterAll(async () => {
  await story?.end()
  delete process.env['SEKISHO_KILL_ORDER']
  rmSync(directory, { recursive: true, force: true })
})

const around = (kind: string, number = 1) =>
  ['before', 'after'].map((when) => `journal.${kind}.${when}#${number}`)
/** Of a call that is kept. */
const KEPT = [
  ...around('accepted'),
  ...around('before'),
  ...around('armed'),
  ...around('intent'),
  'request.sent.after#1',
  ...around('outcome'),
  ...around('proof'),
  ...around('claim'),
  ...around('closed'),
].map((point) => ({ point, title: 'Sakai' }))
/** Of a call that the service refuses: its inverse is sent. */
const BACK = ['journal.claim.after#1', 'journal.intent.after#2', 'journal.outcome.before#2'].map((point) => ({
  point,
  title: 'Osaka',
}))
const CASES = share([...KEPT, ...BACK], 'kills of a call', 7)

test.each(CASES)(
  'part of S04: killed at $point, the call is sent at most once ($title)',
  async ({ point, title }) => {
    const { scene, seen } = story
    const was = story.articles()[0]?.title ?? ''
    const own = `${title} ${point.replaceAll(/[^a-z0-9]/g, '-')}`
    const id = await story.ready(retitle(own, was))
    seen.length = 0
    writeFileSync(ORDER, `${point} kill`)
    const pid = scene.runnerPid()
    const given = await approveTyped(scene, id, undefined, 'ops2')
    expect(given.status, given.text).toBe(200)
    await until(`the runner to die at ${point}`, 60_000, async () => (isAlive(pid) ? undefined : true))
    rmSync(ORDER, { force: true })
    await scene.restartRunner()
    const calls = () => seen.filter(({ body }) => body === JSON.stringify({ title: own })).length
    const after = await scene.until(id, 'paused', 'closed', 'stuck', 'failed', 'void')
    expect(calls(), point).toBeLessThanOrEqual(1)
    if (after.state === 'paused') {
      // The runner starts once more: nothing is sent while nobody has said so.
      const sent = seen.length
      await scene.restartRunner()
      expect((await scene.until(id, 'paused', 'closed', 'stuck', 'failed')).state, point).toBe('paused')
      expect(seen.length, point).toBe(sent)
      await scene.call('ops1', 'POST', `/changes/${id}/abort`)
    }
    // Whether the inverse was sent nobody can tell: a person says.
    const stuck = await scene.until(id, 'closed', 'stuck', 'failed', 'void')
    if (stuck.state === 'stuck') {
      expect(stuck.execution?.state, point).toMatchObject({ why: 'uncertain' })
      expect((await goOn(id, 'skip')).status, point).toBe(200)
    }
    const ended = await scene.until(id, 'closed', 'failed', 'void')
    expect(calls(), point).toBeLessThanOrEqual(1)
    const { outcome } = ended.execution ?? {}
    if (outcome === 'kept') expect([calls(), story.articles()], point).toMatchObject([1, [{ title: own }]])
    else if (ended.state === 'closed') expect(story.articles(), point).toMatchObject([{ title: was }])
  },
  240_000,
)

async function goOn(id: string, choice: 'retry' | 'skip') {
  const { scene } = story
  const asked = await scene.call<{ text: string }>('ops2', 'POST', `/changes/${id}/statement`, {
    type: 'continue',
    choice,
  })
  const { text } = asked.body
  const signed = { text, signature: await scene.sign('ops2', text) }
  return scene.call('ops2', 'POST', `/changes/${id}/decision`, { signed })
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
}
