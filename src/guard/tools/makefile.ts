// A makefile as far as it says what a target does: its rules with what they need, its variables, its texts for the shell.
import { UNKNOWN_SOURCE } from '../value.ts'

interface Rule {
  readonly targets: readonly string[]
  readonly needs: readonly string[]
  /** Lines of its recipe with the target that they make. */
  readonly recipe: string[]
}

/** What a makefile does when these targets are asked for. */
export interface Made {
  /** Run while it is read, whatever is asked for. */
  readonly reading: readonly string[]
  /** Each line in a shell of its own. */
  readonly recipes: readonly string[]
}

const LONG = 60_000
/** Looked through for what is run while it is read. */
const SEARCHED = 20_000
/** Letters that variables may put in, in all. */
const FILLED = 200_000
const LINES = 2_000
const RUN = 500
export interface Asked {
  /** Targets that the line names. */
  readonly goals: readonly string[]
  /** Variables of the line: they win. */
  readonly given: ReadonlyMap<string, string>
  /**
   * The makefile comes with the line itself: every recipe counts, and what cannot be worked out is not known. One that was there before is
   * taken at its word: what it does not tell are files of the build.
   */
  readonly whole: boolean
}

export function readMakefile(source: string, { goals, given, whole }: Asked): Made {
  const text = source.slice(0, LONG).replaceAll(/\\\r?\n[ \t]*/g, ' ')
  const variables = new Map<string, string>()
  const reading: string[] = [...text.slice(0, SEARCHED).matchAll(SHELL)].map(([, code = '']) => code)
  const rules: Rule[] = []
  let recipe: string[] | undefined
  const room = { left: FILLED }
  const loose: Rule = { targets: [], needs: [], recipe: [] }
  const open = (words: string, own: ReadonlyMap<string, string> = given) =>
    expand(words, variables, own, whole, room)
  const named = (words: string) =>
    open(words)
      .split(/\s+/)
      .filter((word) => word !== '')
  for (const line of text.split('\n').slice(0, LINES)) {
    if (line.startsWith('\t')) {
      ;(recipe ?? loose.recipe).push(line.slice(1))
      continue
    }
    const [, name, how, value = ''] = ASSIGNED.exec(line) ?? []
    if (name !== undefined) {
      if (how === '!=') reading.push(value)
      if (how === '!=') variables.set(name, `$(shell ${value})`)
      else if (how === '+=') variables.set(name, `${variables.get(name) ?? ''} ${value}`)
      else if (how !== '?=' || !variables.has(name)) variables.set(name, value.replace(/\s+#.*$/, ''))
      continue
    }
    const [, targets, needs = '', first] = RULE.exec(line) ?? []
    if (targets === undefined) continue
    recipe = first === undefined ? [] : [first]
    rules.push({ targets: named(targets), needs: named(needs.replaceAll('|', ' ')), recipe })
  }
  const chosen = whole
    ? [...rules, loose].map((rule) => ({ rule, target: rule.targets[0] ?? '' }))
    : chosenOf(rules, goals)
  const recipes = chosen.flatMap(({ rule, target }) => {
    const all = rule.needs.join(' ')
    const own = new Map([...given, ['@', target], ['<', rule.needs[0] ?? ''], ['^', all], ['+', all]])
    return rule.recipe.map((line) => open(line.replace(/^\s*[-@+]*\s*/, ''), own))
  })
  return { reading: reading.map((code) => open(code)), recipes: recipes.slice(0, RUN) }
}

const SHELL = /\$[({]shell\s+([^()]*(?:\([^()]*\)[^()]*)*)[)}]/g
const ASSIGNED = /^ *(?:(?:export|override|private) +)*([\w.-]+) *(::?:?=|\?=|\+=|!=|=) *(.*)$/
const RULE = /^([^\s:#=][^:#=]*)::?(?!=)([^=;#]*)(?:;(.*)|#.*)?$/

/** The asked targets, or the first one, with all that they need. */
function chosenOf(
  rules: readonly Rule[],
  goals: readonly string[],
): readonly { readonly rule: Rule; readonly target: string }[] {
  const first = rules
    .flatMap(({ targets }) => targets)
    .find((one) => !one.startsWith('.') && !one.includes('%'))
  const waiting = goals.length > 0 ? [...goals] : first === undefined ? [] : [first]
  const seen = new Set<string>()
  const chosen: { readonly rule: Rule; readonly target: string }[] = []
  for (let goal = waiting.pop(); goal !== undefined && seen.size < RUN; goal = waiting.pop()) {
    if (seen.has(goal)) continue
    seen.add(goal)
    const target = goal
    for (const rule of rules) {
      if (!rule.targets.some((one) => fits(one, target))) continue
      chosen.push({ rule, target })
      waiting.push(...rule.needs)
    }
  }
  return chosen
}

function fits(pattern: string, target: string): boolean {
  const at = pattern.indexOf('%')
  if (at === -1) return pattern === target
  const [start, end] = [pattern.slice(0, at), pattern.slice(at + 1)]
  return target.length > start.length + end.length && target.startsWith(start) && target.endsWith(end)
}

const OWN = new Map([
  ['MAKE', 'make'],
  ['RM', 'rm -f'],
  ['SHELL', '/bin/sh'],
  ['CURDIR', '.'],
])
const DEPTH = 8
/** What the makefile does not tell. */
const MADE = 'build/made'

/** With its variables put in; a text for the shell stays one. */
function expand(
  source: string,
  variables: ReadonlyMap<string, string>,
  given: ReadonlyMap<string, string>,
  whole: boolean,
  room: { left: number },
): string {
  let out = source.replaceAll('$$', DOLLAR)
  for (let depth = 0; depth < DEPTH && out.includes('$') && room.left > 0; depth++) {
    const before = out
    room.left -= out.length
    out = out.replaceAll(REFERENCE, (_, long: string | undefined, short: string | undefined, at: number) => {
      const name = long ?? short ?? ''
      const value = given.get(name) ?? variables.get(name) ?? OWN.get(name)
      if (value !== undefined) return value.replaceAll('$$', DOLLAR)
      if (name.startsWith('shell ')) return `${DOLLAR}(${name.slice('shell '.length)})`
      if (name.startsWith('wildcard ')) return name.slice('wildcard '.length)
      if (whole) return UNKNOWN_SOURCE.replaceAll('$', DOLLAR)
      // What stands before a command is a sign for make or for its own output.
      return at === 0 && !/[ ,]/.test(name) ? '' : MADE
    })
    if (out === before) break
  }
  return out.replaceAll(DOLLAR, '$')
}
const DOLLAR = '\u0001'
const REFERENCE = /\$(?:[({]([^(){}]*)[)}]|([\w@<^+*?%]))/g
