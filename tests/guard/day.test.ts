// A day of development and diagnosis: what a guard costs those who do no harm.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decide } from '../../src/guard/decide.ts'
import { CHECKOUT, MIRAI } from './mirai.ts'
import { readTexts } from './vectors.ts'

const MOST = 3
const FEWEST_COMMANDS = 300

test(`a day of work on the reference service is interrupted ${MOST} times at most`, () => {
  const day = readTexts(readFileSync(join(import.meta.dirname, 'day.txt'), 'utf8'))
  const interrupted = day.flatMap(({ line, command }) => {
    const { verdict, reasons } = decide({ kind: 'shell', text: command, cwd: CHECKOUT }, MIRAI)
    if (verdict === 'allow') return []
    return [`day.txt:${line}: ${verdict} ${reasons.map(({ rule }) => rule).join(' ')}: ${command}`]
  })
  console.log([`${interrupted.length} of ${day.length} commands interrupted`, ...interrupted].join('\n'))
  expect(day.length).toBeGreaterThanOrEqual(FEWEST_COMMANDS)
  expect(interrupted.length, interrupted.join('\n')).toBeLessThanOrEqual(MOST)
})
