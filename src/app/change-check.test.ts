import { expect, test } from 'vitest'
import { withinEntry } from './change-check.ts'

test('facts that an entry has no room for are named in it, and what is small stays', () => {
  const small = { milliseconds: 7, wayBack: 'restore', restored: { backup: 'a', notRead: ['b'] } }
  expect(withinEntry(small)).toEqual(small)
  const name = '表'.repeat(21)
  const locked = Object.fromEntries(
    Array.from({ length: 190 }, (_, i) => [`${name}.${name}${i}`, { reads: 1, writes: 1 }]),
  )
  const written = Object.keys(locked).map((table) => ({ table, added: 3, changed: 3 }))
  const kept = withinEntry({ ...small, locked, written })
  expect(kept).toEqual({ ...small, inDetails: ['locked', 'written'] })
  expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThan(16_500)
})
