import { expect, test } from 'vitest'
import { bucket } from './bucket.ts'

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
