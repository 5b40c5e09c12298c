// S01 The positive control of the respelling test: with one line of the evaluator wrong, some spelling gets another verdict.
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { afterAll, describe, expect, test } from 'vitest'
import { MUTANTS, type Mutant } from './respelling/mutants.ts'
import { isCommand, type Spelled, same } from './respelling/texts.ts'
import { IS_WHOLE, randomOf, seedOf } from './seed.ts'
import { readVectors } from './vectors.ts'
import { CWD, POLICY } from './world.ts'

const ROOT = join(import.meta.dirname, '../..')
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

/** A guard of its own with this fault in it. */
function copy(mutant: Mutant | undefined, directory: string): void {
  mkdirSync(directory)
  for (const room of ['guard', 'base'])
    cpSync(join(ROOT, 'src', room), join(directory, room), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'))
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
  if (mutant === undefined) return
  const file = join(directory, 'guard', mutant.file)
  const source = readFileSync(file, 'utf8')
  expect(source, `${mutant.file} has no longer the line of this mutant`).toContain(mutant.from)
  writeFileSync(file, source.replace(mutant.from, mutant.to))
}

function judge(directory: string, texts: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(execPath, [join(import.meta.dirname, 'respelling/judge.ts'), directory], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      out += part
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(out) as readonly string[])
      else reject(new Error(`the judge ended with ${code}`))
    })
    child.stdin.end(JSON.stringify({ policy: POLICY, cwd: CWD, texts }))
  })
}

async function caughtBy(mutant: Mutant | undefined): Promise<readonly Spelled[]> {
  const directory = join(scratch, String(mutant === undefined ? 'none' : MUTANTS.indexOf(mutant)))
  copy(mutant, directory)
  const verdicts = await judge(
    directory,
    PAIRS.map(({ text }) => text),
  )
  return PAIRS.filter(({ vector }, i) => verdicts[i] !== vector.expect)
}

describe('a fault in the evaluator', () => {
  test('S01 without one nothing is caught', async () => {
    expect(await caughtBy(undefined)).toEqual([])
  })

  for (const mutant of MUTANTS)
    test(`S01 ${mutant.name}: caught`, async () => {
      const caught = await caughtBy(mutant)
      console.log(
        `${mutant.name}: ${caught.length} of ${PAIRS.length}, such as ${JSON.stringify(caught[0]?.text)}`,
      )
      expect(caught.length).toBeGreaterThan(0)
    })
})
