import fc from 'fast-check'
import { expect, test } from 'vitest'
import { copyName, isCopyName } from './copies.ts'

const NOW = Date.UTC(2026, 10, 25, 14, 2, 11)

test('the name of a copy says file, local time and execution', () => {
  expect(copyName('mirai', NOW, 'Asia/Tokyo', 'CHG-2026-0001/1')).toBe(
    'mirai.20261125_230211.CHG-2026-0001.1',
  )
  expect(copyName('mirai', NOW, 'UTC', 'CHG-2026-0001/1')).toBe('mirai.20261125_140211.CHG-2026-0001.1')
})

test('a copy is found by its name, whatever the name, and fits into a directory entry', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 255 }), (text) => {
      const name = text.replaceAll(/[/\0]/g, '_')
      fc.pre(name.isWellFormed())
      const copy = copyName(name, NOW, 'Asia/Tokyo', 'CHG-2026-0001/1')
      expect(Buffer.byteLength(copy)).toBeLessThanOrEqual(255)
      expect(isCopyName(copy, name, 'CHG-2026-0001/1')).toBe(true)
      expect(isCopyName(copy, name, 'CHG-2026-0001/2')).toBe(false)
    }),
  )
})

test('the copy of a file with a longer name is not taken for this one', () => {
  const copy = copyName('mirai.old', NOW, 'UTC', 'CHG-2026-0001/1')
  expect(isCopyName(copy, 'mirai', 'CHG-2026-0001/1')).toBe(false)
})
