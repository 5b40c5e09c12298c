// An isolation whose process is killed around each of its effects: whoever looks next comes to the right end, and the host is never half isolated.
// On real nftables, in a network namespace of its own.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { run } from '../../src/sys/process.ts'
import { describeWith } from '../host/describe.ts'

const CHILD = fileURLToPath(new URL('./isolation-child.ts', import.meta.url))

describeWith('host', 'an isolation that is killed', () => {
  let state: string
  let namespace: string
  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), 'sekisho-isolation-'))
    namespace = `sekisho-${process.pid}-${state.slice(-6)}`
    await must(['ip', 'netns', 'add', namespace])
  })
  afterEach(async () => {
    await run(['ip', 'netns', 'del', namespace])
    await rm(state, { recursive: true, force: true })
  })

  const inside = (argv: readonly string[]) =>
    run(['ip', 'netns', 'exec', namespace, ...argv], { timeoutMs: 60_000, env: { SEKISHO_TESTS: '1' } })
  async function must(argv: readonly string[]) {
    const done = await run(argv, { timeoutMs: 60_000 })
    expect(done.code, `${argv.join(' ')}\n${done.stderr}`).toBe(0)
  }
  const step = async (name: string, place = '') => {
    const done = await inside([process.execPath, CHILD, state, name, place])
    if (place === '') expect(done.code, done.stderr).toBe(0)
    return {
      killed: done.signal === 'SIGKILL' || done.code === 137,
      ...(done.code === 0 ? JSON.parse(done.stdout) : {}),
    } as {
      readonly killed: boolean
      readonly phase: string | null
      readonly did: string
      readonly events: readonly string[]
    }
  }
  const stands = async () => (await inside(['nft', 'list', 'table', 'inet', 'sekisho_isolation'])).code === 0

  test.each(['isolation.load.before', 'isolation.load.after'])(
    'begun and killed at %s: it stands until its time is over',
    async (place) => {
      expect((await step('begin', place)).killed).toBe(true)
      await step('settle')
      expect(await stands()).toBe(true)
      // The table that stands is the one of the record, and written down as applied once.
      expect(await step('settle')).toMatchObject({ phase: 'trial', did: 'nothing', events: ['applied'] })
    },
  )

  test.each(['isolation.drop.before', 'isolation.drop.after'])(
    'nobody kept it, and who undoes it is killed at %s: it is undone',
    async (place) => {
      await step('begin-late')
      expect((await step('settle', place)).killed).toBe(true)
      await step('settle')
      expect(await stands()).toBe(false)
      expect(await step('settle')).toMatchObject({
        phase: 'undone',
        did: 'nothing',
        events: ['applied', 'undone'],
      })
    },
  )

  test.each(['isolation.drop.before', 'isolation.drop.after'])(
    'its end is approved and killed at %s: it is ended once',
    async (place) => {
      await step('keep')
      expect((await step('end', place)).killed).toBe(true)
      await step('settle')
      expect(await stands()).toBe(false)
      expect(await step('settle')).toMatchObject({
        phase: 'ended',
        did: 'nothing',
        events: ['applied', 'kept', 'ended'],
      })
    },
  )

  test.each(['isolation.load.before', 'isolation.load.after'])(
    'flushed when it is kept, and who puts it back is killed at %s: it stands',
    async (place) => {
      await step('keep')
      await inside(['nft', 'flush', 'ruleset'])
      expect((await step('settle', place)).killed).toBe(true)
      await step('settle')
      expect(await stands()).toBe(true)
      expect((await step('settle')).phase).toBe('kept')
    },
  )

  test('two that look at once do it once', async () => {
    await step('begin-late')
    await Promise.all([step('settle'), step('settle'), step('settle')])
    expect(await step('settle')).toMatchObject({ phase: 'undone', events: ['applied', 'undone'] })
  })
})
