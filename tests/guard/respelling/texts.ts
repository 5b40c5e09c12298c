// From the vectors to their spellings: the same texts for the same seed.
import { parse } from '../../../src/guard/parse.ts'
import { type Random, randomOf } from '../seed.ts'
import type { Vector } from '../vectors.ts'
import { AS_DATA } from './as-data.ts'
import { BY_HIDING, PATH_HIDING } from './by-hiding.ts'
import { BY_NAMING } from './by-naming.ts'
import { BY_QUOTING } from './by-quoting.ts'
import { BY_RUNNING } from './by-running.ts'
import type { Base, Spelling } from './spelling.ts'
import { wordsOf } from './words.ts'

export interface Spelled {
  readonly vector: Vector
  readonly kind: string
  readonly text: string
}

export const SAME: readonly Spelling[] = [...BY_QUOTING, ...BY_RUNNING, ...BY_NAMING]

function baseOf({ command }: Vector): Base {
  const words = wordsOf(command)
  return { text: command, ...(words === undefined ? {} : { words }) }
}

function spelled(
  vectors: readonly Vector[],
  spellings: readonly Spelling[],
  turns: number,
  random: Random,
): readonly Spelled[] {
  const all: Spelled[] = []
  for (const vector of vectors) {
    const base = baseOf(vector)
    const seen = new Set([base.text])
    for (const spelling of spellings)
      for (let turn = 0; turn < turns; turn++) {
        const text = spelling.spell(base, random)
        if (text === undefined || seen.has(text)) continue
        seen.add(text)
        all.push({ vector, kind: spelling.name, text })
      }
  }
  return all
}

/** What a shell does not take as a command, or a statement of a database that stands alone, is not spelled. */
export const isCommand = ({ rule, command }: Vector): boolean =>
  parse(command).errors === 0 &&
  // An interpreter alone reads what is typed, or what a pipe brings.
  !(rule === 'debug.script' && /^\w+$/.test(command)) &&
  !(rule.startsWith('db.') && /^(?:[A-Z]+|db\.\S*|drop|delete|update)\b/.test(command))

/** Class A: what is done can be read in the text. */
export const same = (vectors: readonly Vector[], seed: number): readonly Spelled[] => {
  const random = randomOf(seed)
  // Paths of the tree have many names: those vectors are spelled more often.
  const near = vectors.filter(({ file }) => file === 'respelled.txt')
  const far = vectors.filter(({ file }) => file !== 'respelled.txt')
  return [...spelled(near, SAME, 2, random), ...spelled(far, SAME, 1, random)]
}

/** Two rules one after the other, where the first leaves a text that the second can take. */
export const sameTwice = (vectors: readonly Vector[], seed: number, count: number): readonly Spelled[] => {
  const random = randomOf(seed)
  const all: Spelled[] = []
  for (let tries = 0; tries < count * 20 && all.length < count; tries++) {
    const vector = random.pick(vectors)
    const first = random.pick(SAME)
    const one = first.spell(baseOf(vector), random)
    if (one === undefined) continue
    const second = random.pick(SAME)
    const words = wordsOf(one)
    const text = second.spell({ text: one, ...(words === undefined ? {} : { words }) }, random)
    if (text !== undefined) all.push({ vector, kind: `${first.name} + ${second.name}`, text })
  }
  return all
}

/** Class B: the value is hidden. */
export const hidden = (vectors: readonly Vector[], seed: number): readonly Spelled[] => {
  const random = randomOf(seed)
  const paths = vectors.filter(({ file, command }) => file === 'respelled.txt' && command.includes('/'))
  return [...spelled(vectors, BY_HIDING, 1, random), ...spelled(paths, PATH_HIDING, 3, random)]
}

/** The mirror: the words are data. */
export const asData = (vectors: readonly Vector[], seed: number): readonly Spelled[] =>
  spelled(vectors, AS_DATA, 1, randomOf(seed))

/** Every word of the vectors that might be a program's name. */
export function programsOf(vectors: readonly Vector[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { command } of vectors)
    for (const [name] of command.matchAll(/[A-Za-z_][\w.+-]*/g)) if (name.length < 64) names.add(name)
  return names
}
