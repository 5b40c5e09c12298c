import { expect, test } from 'vitest'
import { SekishoError } from '../base/error.ts'
import { problemLines } from './problem.ts'

test('a trial that found too little space names the volume and the figures, in both languages', () => {
  const error = new SekishoError('runner.low_space', { path: '/srv', free: 10, needed: 67_108_864 })
  const problem = { code: error.code, text: error.message }
  expect(problemLines(problem, 'en')).toEqual([
    'Not enough free space to start: /srv',
    '10 bytes free, 67108864 needed',
  ])
  expect(problemLines(problem, 'ja')).toEqual([
    '空き容量が足りないため始めません: /srv',
    '空き 10 バイト、必要 67108864 バイト',
  ])
})
