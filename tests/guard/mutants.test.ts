// S01 The positive control of the respelling test: with one line of the evaluator wrong, some spelling gets another verdict.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { copyGuard, judgeWith } from './respelling/copy.ts'
import { MUTANTS, type Mutant } from './respelling/mutants.ts'
import { isCommand, type Spelled, same } from './respelling/texts.ts'
import { IS_WHOLE, randomOf, seedOf } from './seed.ts'
import { readVectors } from './vectors.ts'

/** Of each kind of spelling. */
const EACH = IS_WHOLE ? 200 : 24
const scratch = mkdtempSync(join(tmpdir(), 'sekisho-mutants-'))
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
})

const seed = seedOf('mutants')
const VECTORS = readVectors().filter(
  (one) => one.file === 'respelled.txt' && one.expect !== 'allow' && isCommand(one),
)
const PAIRS: readonly Spelled[] = [
  ...Map.groupBy(randomOf(seed).shuffled(same(VECTORS, seed)), ({ kind }) => kind).values(),
].flatMap((all) => all.slice(0, EACH))

function change(directory: string, { file, from, to }: Mutant): void {
  const path = join(directory, 'guard', file)
  const source = readFileSync(path, 'utf8')
  expect(source, `${file} has no longer the line of this mutant`).toContain(from)
  writeFileSync(path, source.replace(from, to))
}

async function caughtBy(mutant: Mutant | undefined): Promise<readonly Spelled[]> {
  const directory = join(scratch, String(mutant === undefined ? 'none' : MUTANTS.indexOf(mutant)))
  copyGuard(directory)
  if (mutant !== undefined) change(directory, mutant)
  const verdicts = await judgeWith(
    directory,
    PAIRS.map(({ text }) => text),
  )
  return PAIRS.filter(({ vector }, i) => verdicts[i] !== vector.expect)
}

describe('a fault in the evaluator', () => {
  test('every fault is still one line of the evaluator', () => {
    const stale = MUTANTS.filter(
      ({ file, from }) =>
        !readFileSync(join(import.meta.dirname, '../../src/guard', file), 'utf8').includes(from),
    )
    expect(stale.map(({ name }) => name)).toEqual([])
  })

  test('without one nothing is caught', async () => {
    expect(await caughtBy(undefined)).toEqual([])
  })

  // An ordinary run takes half of them.
  for (const mutant of IS_WHOLE
    ? MUTANTS
    : randomOf(seed)
        .shuffled(MUTANTS)
        .slice(0, MUTANTS.length / 2))
    test(`${mutant.name}: caught`, async () => {
      const caught = await caughtBy(mutant)
      console.log(
        `${mutant.name}: ${caught.length} of ${PAIRS.length}, such as ${JSON.stringify(caught[0]?.text)}`,
      )
      expect(caught.length).toBeGreaterThan(0)
    })
})
