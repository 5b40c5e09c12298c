import { expect, test } from 'vitest'
import { problemLines } from '../../words/problem.ts'
import { capped, problem } from './problem.ts'

test('what a validator finds beyond the first is counted, and red stays red', () => {
  const found = (level: 'red' | 'note', count: number) =>
    Array.from({ length: count }, (_, i) => problem('nginx.syntax', level, `p${i}`))
  expect(capped(found('red', 50))).toHaveLength(50)
  const many = capped([...found('note', 20), ...found('red', 60)])
  expect(many).toHaveLength(50)
  expect(many.at(-1)).toEqual({ code: 'validation.more', level: 'red', text: '31' })
  expect(capped([...found('note', 60), ...found('red', 1)]).at(-1)?.level).toBe('note')
  const last = many.at(-1)
  expect(last === undefined ? [] : problemLines(last, 'en')).toEqual(['31 more findings of the same check'])
  expect(last === undefined ? [] : problemLines(last, 'ja')).toEqual([
    '同じ検査の指摘が、ほかに 31 件あります',
  ])
})
