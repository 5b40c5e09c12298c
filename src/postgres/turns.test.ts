// Who waits for a turn can be let go; who has it comes to its own end, and the one behind it comes after that.
import { expect, test } from 'vitest'
import { alone, together } from './turns.ts'

const shared = { enter: async () => {}, leave: async () => {} }
const code = (asked: Promise<unknown>) =>
  asked.then(
    () => 'done',
    (cause: { code?: string }) => cause.code ?? String(cause),
  )

test.each(['alone', 'together'] as const)(
  'one that waits to be %s is let go at the signal, while the one before goes on',
  async (how) => {
    const name = `waits-${how}`
    const order: string[] = []
    let finish = () => {}
    const first = alone(name, async () => {
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      order.push('first')
    })
    const stop = new AbortController()
    const work = async () => void order.push('second')
    const second =
      how === 'alone' ? alone(name, work, stop.signal) : together(name, shared, work, stop.signal)
    const third = alone(name, async () => void order.push('third'))
    await new Promise((resolve) => setImmediate(resolve))
    stop.abort()
    expect(await code(second)).toBe('backup.aborted')
    expect(order).toEqual([])
    finish()
    await Promise.all([first, third])
    expect(order).toEqual(['first', 'third'])
  },
)

test('one that has its turn is not left by the signal: its own end is waited for', async () => {
  const stop = new AbortController()
  const order: string[] = []
  const first = alone(
    'has',
    async () => {
      stop.abort()
      await new Promise((resolve) => setTimeout(resolve, 20))
      order.push('cleaned up')
    },
    stop.signal,
  )
  expect(await code(first)).toBe('done')
  expect(order).toEqual(['cleaned up'])
  expect(await code(alone('has', async () => {}, stop.signal))).toBe('backup.aborted')
})
