// S01 S03 S04 S05 S57 What the guard answers to commands of our own, one line each, under one declared service.
import { describe, expect, test } from 'vitest'
import { decide } from '../../src/guard/decide.ts'
import { readVectors, type Vector } from './vectors.ts'
import { COMPILED, CWD } from './world.ts'

const ALL = readVectors()
const byFile = Map.groupBy(ALL, ({ file }) => file)

function wrong({ file, line, expect: wanted, rule, command }: Vector): string | undefined {
  const { verdict, reasons } = decide({ kind: 'shell', text: command, cwd: CWD }, COMPILED)
  const rules = reasons.map((one) => one.rule)
  if (verdict === wanted && (rule === '' || rules.includes(rule))) return undefined
  return `${file}:${line}: wanted ${wanted} ${rule}, got ${verdict} ${rules.join(' ')}: ${command}`
}

describe('the vectors', () => {
  for (const [file, vectors] of byFile)
    test(`part of S01, S03, S04 and S05: ${file}: ${vectors.length} commands are answered as written`, () => {
      expect(vectors.map(wrong).filter((one) => one !== undefined)).toEqual([])
    })
})
