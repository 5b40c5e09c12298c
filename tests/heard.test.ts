// The child that is waited for and dies: the wait ends at once, and says what the child said.
import { expect, test } from 'vitest'
import { start } from '../src/sys/process.ts'
import { hear } from './heard.ts'

const HOUR_MS = 3_600_000
const shell = (script: string) =>
  hear(start(['sh', '-c', script], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] }))

test('a wait for what a dead child should do ends with how it died and what it said', async () => {
  const byItself = shell('echo one; echo two >&2; exit 7')
  await expect(
    byItself.until('a third word', () => byItself.out().includes('three'), HOUR_MS),
  ).rejects.toThrow(/^a third word: it ended with 7\none\ntwo\n$/)
  expect(await byItself.ended(HOUR_MS)).toEqual({ code: 7, signal: null })
  const bySignal = shell('echo one; kill -KILL $$')
  await expect(bySignal.until('a word', () => bySignal.out().includes('word'), HOUR_MS)).rejects.toThrow(
    /ended with SIGKILL\none/,
  )
  expect(await bySignal.ended(HOUR_MS)).toEqual({ code: null, signal: 'SIGKILL' })
  const never = hear(start(['/nowhere/at/all'], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] }))
  await expect(never.until('anything', () => undefined, HOUR_MS)).rejects.toThrow('ENOENT')
})

test('what a child did before its end is found, and what a living one does not do ends at the limit', async () => {
  const quick = shell('echo done')
  await quick.ended(HOUR_MS)
  expect(await quick.until('the word', () => quick.out() === 'done\n', HOUR_MS)).toBe(true)
  const idle = shell('echo waiting; exec sleep 1000')
  await idle.until('its word', () => idle.out() !== '', HOUR_MS)
  await expect(idle.until('more', () => undefined, 20)).rejects.toThrow(/^more: it lives and said\nwaiting/)
  expect(idle.end()).toBeUndefined()
  idle.child.kill('SIGKILL')
  await idle.ended()
})
