import { expect, test } from 'vitest'
import { bucket, buckets } from './bucket.ts'

test('so many at once, then one each few seconds, and never more than so many saved up', () => {
  let now = 0
  const one = bucket(20, { uptime: () => now })
  for (let i = 0; i < 20; i++) expect(one.take()).toBeUndefined()
  expect(one.take()).toBe(3)
  now += 2_999
  expect(one.take()).toBe(1)
  now += 1
  expect(one.take()).toBeUndefined()
  expect(one.take()).toBe(3)
  now += 3_600_000
  for (let i = 0; i < 20; i++) expect(one.take()).toBeUndefined()
  expect(one.take()).toBe(3)
})

test('who empties one bucket leaves those of others full, and gets no fuller one by waiting less than it takes', () => {
  let now = 0
  const all = buckets(20, { uptime: () => now })
  for (let i = 0; i < 25; i++) all.take('1000 ops1')
  expect(all.take('1000 ops1')).toBe(3)
  expect(all.take('1000 ops2')).toBeUndefined()
  expect(all.take('1001 ops1')).toBeUndefined()
  now += 30_000
  for (let i = 0; i < 10; i++) expect(all.take('1000 ops1')).toBeUndefined()
  expect(all.take('1000 ops1')).toBe(3)
  now += 60_000
  for (let i = 0; i < 20; i++) expect(all.take('1000 ops1')).toBeUndefined()
  expect(all.take('1000 ops1')).toBe(3)
})
