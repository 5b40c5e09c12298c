// What a line gives to the code in it: the words that follow, and the variables that the text has exported.
import type { Variable } from '../state.ts'
import type { Gets, Language, Line } from './language.ts'
import { type Code, elementOf, NONE, valueOf } from './value.ts'

/** Words of one line that are looked at. */
const MOST = 64
const NOTHING: ReadonlyMap<string, Code> = new Map()

/** By the full name that it has in the code; a variable also behind `$`, for those that are asked for by a function. */
export function givenBy(
  { gets }: Language,
  variables: ReadonlyMap<string, Variable>,
  line: Line,
): ReadonlyMap<string, Code> {
  if (gets === undefined || (line.words.length === 0 && variables.size === 0)) return NOTHING
  const all = new Map<string, Code>()
  if (line.words.length > 0) addWords(all, gets, line)
  for (const [name, { exported, values }] of variables) {
    if (exported !== true || values.every(({ length }) => length === 0)) continue
    const code = valueOf(...values)
    all.set(`$${name}`, code)
    for (const one of gets.variables) all.set(`${one}.${name}`, code)
  }
  return all
}

function addWords(all: Map<string, Code>, { words, own, next }: Gets, line: Line): void {
  const given = line.words.slice(0, MOST).map((one) => valueOf(one))
  const list = [...Array.from({ length: own[line.script ? 1 : 0] }, () => NONE), ...given]
  for (const name of words) all.set(name, { list })
  if (next !== undefined) all.set(next, elementOf({ list: given }))
}
