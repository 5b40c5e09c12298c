// What a stranger sees first: the demo plays on a test host of its own, and each thing that it claims to show was seen.

import { expect, test } from 'vitest'
import { run } from '../../src/sys/process.ts'
import { one } from '../crash/share.ts'
import { describeWith } from '../host/describe.ts'

async function play(...more: string[]) {
  const { code, stdout, stderr } = await run([process.execPath, 'demo/main.ts', '--once', ...more], {
    timeoutMs: 300_000,
    maxOutput: 4_194_304,
  })
  const last = stdout.trimEnd().split('\n').at(-1) ?? ''
  expect(code, `${stdout.slice(-4000)}\n${stderr.slice(-2000)}`).toBe(0)
  return JSON.parse(last) as { ok: boolean; seen: Record<string, boolean> }
}

describeWith('host', 'the demo', () => {
  test('plays through in English', async () => {
    const { ok, seen } = await play('--lang', 'en')
    expect(ok).toBe(true)
    expect(Object.entries(seen).filter(([, was]) => !was)).toEqual([])
    expect(Object.keys(seen).length).toBeGreaterThanOrEqual(39)
  }, 360_000)

  test.each(one(['9', '11'], 'a chapter of the demo'))(
    'plays chapter %s in Japanese',
    async (chapter) => {
      const { ok, seen } = await play('--lang', 'ja', '--chapter', chapter)
      expect(ok).toBe(true)
      expect(Object.keys(seen).length).toBeGreaterThan(0)
    },
    360_000,
  )
})
