// S01 S03 S05 The verdict rests on what a command does and not on how it is written: another spelling gets the same answer, hidden values are
// never simply allowed, and words that are data are. Spellings of class A are run by real bash, so that each does what the first one does.
import { describe, expect, test } from 'vitest'
import { decide } from '../../src/guard/decide.ts'
import { canRun, hasSandbox, type Ran, runAll } from './respelling/sandbox.ts'
import { asData, hidden, isCommand, programsOf, type Spelled, same, sameTwice } from './respelling/texts.ts'
import { IS_WHOLE, randomOf, seedOf } from './seed.ts'
import { readVectors, type Vector } from './vectors.ts'
import { COMPILED, CWD } from './world.ts'

/** What is judged in an ordinary run takes seconds; what bash runs takes longer, so that is a share. */
const FEWEST_TEXTS = 10_000
const TWICE = IS_WHOLE ? 60_000 : 1_500
/** Of the vectors, those that are spelled in an ordinary run. */
const NEAR = IS_WHOLE ? Number.POSITIVE_INFINITY : 36
const FAR = IS_WHOLE ? Number.POSITIVE_INFINITY : 64
const RUN = IS_WHOLE ? Number.POSITIVE_INFINITY : 60
const EACH = IS_WHOLE ? 12 : 4
const BATCH = 500
/** They take what is printed: of a command that only prints, nothing is left to compare. */
const SILENT = /^a test$|\+ a test$|^a test \+/
/** Of the pairs that bash ran, how many may differ: a tool that reads its own script from where the words came. */
const DROPPED_MOST = 0.02
const SHOWN = 40

const verdictOf = (text: string) => decide({ kind: 'shell', text, cwd: CWD }, COMPILED).verdict

/** Only what is answered as written: what is not is the business of the vectors' own test. */
const VECTORS = readVectors().filter(
  (one) => one.expect !== 'allow' && isCommand(one) && verdictOf(one.command) === one.expect,
)
const seed = seedOf('respelling')

function chosen(): readonly Vector[] {
  const all = randomOf(seed).shuffled(VECTORS)
  const near = all.filter(({ file }) => file === 'respelled.txt')
  const far = all.filter(({ file }) => file !== 'respelled.txt')
  return [...near.slice(0, NEAR), ...far.slice(0, FAR)]
}
const CHOSEN = chosen()

/** Undefined where both did the same. */
function differs(first: Ran | undefined, second: Ran | undefined): boolean {
  return (
    first === undefined || second === undefined || first.late || second.late || first.effect !== second.effect
  )
}

/** What multiplies without end is never run, not even there. */
const able = ({ vector, text, kind }: Spelled) =>
  vector.rule !== 'exec.bomb' && canRun(vector.command) && canRun(text) && !SILENT.test(kind)

/** Those of these pairs that did something else when bash ran both. */
async function dropped(pairs: readonly Spelled[]): Promise<ReadonlySet<Spelled>> {
  const bases = [...new Set(pairs.map(({ vector }) => vector.command))]
  const texts = [...bases, ...pairs.map(({ text }) => text)]
  const ran: Ran[] = []
  for (let i = 0; i < texts.length; i += BATCH)
    ran.push(...(await runAll(texts.slice(i, i + BATCH), programsOf(VECTORS))))
  const first = new Map(bases.map((command, i) => [command, ran[i]]))
  return new Set(pairs.filter(({ vector }, i) => differs(first.get(vector.command), ran[bases.length + i])))
}

function share(pairs: readonly Spelled[]): readonly Spelled[] {
  const random = randomOf(seed)
  const byVector = Map.groupBy(pairs.filter(able), ({ vector }) => vector)
  return random
    .shuffled([...byVector.values()])
    .slice(0, RUN)
    .flatMap((all) => random.shuffled(all).slice(0, EACH))
}

const complain = (all: readonly Spelled[]) =>
  all
    .slice(0, SHOWN)
    .map(
      ({ vector, kind, text }) => `${kind}: ${vector.expect} ${vector.rule}, now ${verdictOf(text)}: ${text}`,
    )

describe('respelling', () => {
  test('part of S01, S03 and S05: another spelling of the same act gets the same verdict', {
    timeout: 1_800_000,
  }, async () => {
    const pairs = [...same(CHOSEN, seed), ...sameTwice(VECTORS, seed, TWICE)]
    const kinds = new Set(pairs.map(({ kind }) => kind.split(' + ')[0]))
    const weaker = pairs.filter(({ vector, text }) => verdictOf(text) !== vector.expect)
    const some = hasSandbox() ? share(pairs) : []
    if (some.length === 0) console.log('no bubblewrap here: no spelling was run by bash')
    const others = await dropped(some)
    console.log(
      `${pairs.length} texts of ${CHOSEN.length} vectors, ${kinds.size} kinds of spelling; bash ran ${some.length}, ${others.size} did something else`,
    )
    for (const { kind, text } of [...others].slice(0, 10))
      console.log(`dropped, ${kind}: ${JSON.stringify(text)}`)
    // What is weaker is complained about only if it does the same.
    const doubtful = hasSandbox() ? weaker.filter(able).slice(0, SHOWN * 4) : []
    const wrong = new Set([...others, ...(doubtful.length === 0 ? [] : await dropped(doubtful))])
    expect(pairs.length).toBeGreaterThanOrEqual(FEWEST_TEXTS)
    expect(others.size).toBeLessThanOrEqual(some.length * DROPPED_MOST)
    expect(complain(weaker.filter((one) => !wrong.has(one)))).toEqual([])
  })

  test('part of S01 and S05: what hides its value is never simply allowed', () => {
    const all = hidden(CHOSEN, seed)
    expect(complain(all.filter(({ text }) => verdictOf(text) === 'allow'))).toEqual([])
  })

  test('part of S03: the same words as data are allowed', () => {
    const all = asData(CHOSEN, seed)
    expect(complain(all.filter(({ text }) => verdictOf(text) !== 'allow'))).toEqual([])
  })
})
