// A makefile as far as it says what a target does: its rules with what they need, its variables, its texts for the shell.
import { TEXT_LIMIT } from '../readable.ts'
import { UNKNOWN_SOURCE } from '../value.ts'
import { DOLLAR, forShell, MakeText, type Own, stemOf, wordsIn } from './make-text.ts'

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
  /** Variables that each of those shells has. */
  readonly exported: ReadonlyMap<string, string>
  /** What runs them. */
  readonly shell: string | undefined
}

/** Looked through for what is run while it is read. */
const SEARCHED = 20_000
const LINES = 6_000
const RUN = 500
/** Rules for whatever fits, and variables of one target. */
const PATTERNS = 128
const EXPORTED = 64
/** Makefiles in makefiles. */
const INCLUDED = 8
export interface Asked {
  /** What the makefile is called. */
  readonly name: string
  /** Targets that the line names. */
  readonly goals: readonly string[]
  /** Variables of the line: they win. */
  readonly given: ReadonlyMap<string, string>
  /** Variables of whoever starts it. */
  readonly environment: (name: string) => string | undefined
  /** The texts of another one that it takes in. */
  readonly included: (file: string) => readonly string[]
  /**
   * The makefile comes with the line itself: every recipe counts, and what cannot be worked out is not known. One that was there before is
   * taken at its word: what it does not tell are files of the build.
   */
  readonly whole: boolean
}

export function readMakefile(source: string, asked: Asked): Made {
  return new Makefile(asked).read(source)
}

const SHELL = /\$[({]shell\s+([^()]*(?:\([^()]*\)[^()]*)*)[)}]/g
const MODIFIED = /^ *((?:(?:export|override|private|unexport) +)*)/
const ASSIGNED = /^([\w.-]+) *(::?:?=|\?=|\+=|!=|=) *(.*)$/
const DEFINED = /^define +([\w.-]+) *(::?:?=|\?=|\+=|=)? *$/
const RULE = /^([^\s:#=][^:#=]*)::?(?!=)([^=;#]*)(?:;(.*)|#.*)?$/
/** `target: NAME = value` */
const FOR_TARGET =
  /^([^\s:#=][^:#=]*)::? *(?:(?:export|override|private) +)*([\w.-]+) *(?:::?:?|\?|\+)?= *(.*)$/

/** A definition over several lines that is being read. */
interface Defining {
  readonly name: string
  readonly lines: string[]
}

class Makefile {
  readonly #asked: Asked
  readonly #text: MakeText
  readonly #variables = new Map<string, string>()
  readonly #overriding = new Set<string>()
  readonly #exported = new Set<string>()
  /** Variables that a target has for itself and for what it needs. */
  readonly #ofTarget: { readonly target: string; readonly name: string; readonly value: string }[] = []
  readonly #rules: Rule[] = []
  readonly #loose: Rule = { targets: [], needs: [], recipe: [] }
  readonly #reading: string[] = []
  #recipe: string[] | undefined
  #defining: Defining | undefined
  #mark = '\t'
  #lines = LINES
  #depth = 0

  constructor(asked: Asked) {
    this.#asked = asked
    this.#text = new MakeText({
      value: (name) => this.#valueOf(name),
      unknown: (name, isFirst) => {
        if (asked.whole) return UNKNOWN_SOURCE.replaceAll('$', DOLLAR)
        // What stands before a command is a sign for make or for its own output.
        return isFirst && !/[ ,]/.test(name) ? '' : MADE
      },
      isDoubt: (text) => text.includes(MADE) || text.includes(DOLLAR),
      evaluate: (text) => this.#readIn(forShell(text)),
      does: (code) => this.#reading.push(code),
    })
  }

  read(source: string): Made {
    for (const file of wordsIn(this.#open('$(MAKEFILES)').replaceAll(MADE, ''))) this.#include(file)
    this.#readIn(source)
    const { whole } = this.#asked
    const chosen = whole
      ? [...this.#rules, this.#loose].map((rule) => ({ rule, target: rule.targets[0] ?? '', own: NONE }))
      : this.#chosen()
    const isOne = this.#rules.some(({ targets }) => targets.includes('.ONESHELL'))
    const recipes = new Set<string>()
    for (const { rule, target, own } of chosen) {
      const lines = rule.recipe.flatMap((line) => this.#recipeLine(line, rule, target, own))
      for (const line of isOne ? [lines.join('\n')] : lines) if (recipes.size < RUN) recipes.add(line)
    }
    return {
      reading: this.#reading.map((code) => forShell(this.#open(code))),
      recipes: [...recipes],
      exported: new Map(
        [...this.#exported]
          .slice(0, EXPORTED)
          .flatMap((name) =>
            this.#valueOf(name) === undefined ? [] : [[name, forShell(this.#open(`$(${name})`))] as const],
          ),
      ),
      shell: this.#variables.has('SHELL') ? this.#open('$(SHELL)').trim() : undefined,
    }
  }

  #open(source: string, own?: Own): string {
    return this.#text.open(source, own)
  }

  #valueOf(name: string): string | undefined {
    const { given, environment, name: file } = this.#asked
    return (
      (this.#overriding.has(name) ? undefined : given.get(name)) ??
      this.#variables.get(name) ??
      environment(name)?.replaceAll('$', '$$$$') ??
      (name === 'MAKEFILE_LIST' ? file : OWN.get(name))
    )
  }

  #recipeLine(line: string, { needs }: Rule, target: string, own: Own): readonly string[] {
    const every = needs.join(' ')
    const slash = target.lastIndexOf('/')
    const automatic = new Map([
      ['@', target],
      ['@D', slash === -1 ? '.' : target.slice(0, slash)],
      ['@F', target.slice(slash + 1)],
      ['<', needs[0] ?? ''],
      ['^', every],
      ['+', every],
      ['?', every],
    ])
    return this.#open(line.replace(SIGNS, ''), (name) => automatic.get(name) ?? own(name))
      .split('\n')
      .map((one) => forShell(one.replace(SIGNS, '')))
  }

  #readIn(source: string): void {
    if (this.#depth > INCLUDED) return
    this.#depth++
    const text = source
      .slice(0, TEXT_LIMIT)
      .replace(/^\uFEFF/, '')
      .replaceAll(/\\\r?\n[ \t]*/g, ' ')
    const isRead = this.#asked.whole ? text : text.replaceAll(/^\t.*$/gm, '')
    for (const [, code = ''] of isRead.slice(0, SEARCHED).matchAll(SHELL)) this.#reading.push(code)
    for (const line of text.split(/\r?\n/)) {
      if (this.#lines-- <= 0) break
      this.#line(line)
    }
    this.#depth--
  }

  #line(line: string): void {
    if (this.#defining !== undefined) {
      if (/^ *endef\b/.test(line)) this.#define(this.#defining)
      else this.#defining.lines.push(line)
      return
    }
    if (line.startsWith(this.#mark)) {
      ;(this.#recipe ?? this.#loose.recipe).push(line.slice(1))
      return
    }
    const signs = MODIFIED.exec(line)?.[0] ?? ''
    const rest = line.slice(signs.length)
    const [, defined] = DEFINED.exec(rest) ?? []
    if (defined !== undefined) {
      this.#defining = { name: defined, lines: [] }
      return
    }
    const [, name, how = '', value = ''] = ASSIGNED.exec(rest) ?? []
    if (name !== undefined) {
      if (signs.includes('override')) this.#overriding.add(name)
      if (/\bexport/.test(signs)) this.#exported.add(name)
      this.#assign(name, how, value)
    } else if (/\bexport/.test(signs)) for (const one of wordsIn(this.#open(rest))) this.#exported.add(one)
    else this.#directive(rest)
  }

  #define({ name, lines }: Defining): void {
    this.#defining = undefined
    this.#variables.set(name, lines.join('\n'))
  }

  #assign(name: string, how: string, source: string): void {
    const comment = source.search(/\s#/)
    const value = comment === -1 ? source : source.slice(0, comment)
    if (how === '!=') this.#reading.push(value)
    if (how === '!=') this.#variables.set(name, `$(shell ${value})`)
    else if (how === '+=') this.#variables.set(name, `${this.#variables.get(name) ?? ''} ${value}`)
    // Worked out at once: it may name itself.
    else if (how.includes(':')) this.#variables.set(name, this.#open(value).replaceAll(DOLLAR, '$$$$'))
    else if (how !== '?=' || this.#valueOf(name) === undefined) this.#variables.set(name, value)
    if (name === '.RECIPEPREFIX') this.#mark = value === '' ? '\t' : (value[0] ?? '\t')
  }

  #directive(line: string): void {
    const files = /^(?:-|s)?include +(.+)$/.exec(line)?.[1]
    if (files !== undefined) {
      for (const file of wordsIn(this.#open(files))) this.#include(file)
      return
    }
    const [, targets = '', own, value = ''] = FOR_TARGET.exec(line) ?? []
    if (own !== undefined) {
      // A shell gets it like any other.
      if (/: *(?:\w+ +)*export /.test(line)) this.#exported.add(own)
      if (this.#exported.has(own) && !this.#variables.has(own)) this.#variables.set(own, value)
      for (const target of wordsIn(this.#open(targets)))
        if (this.#ofTarget.length < PATTERNS) this.#ofTarget.push({ target, name: own, value })
      return
    }
    const [, made, needs = '', first] = RULE.exec(line) ?? []
    if (made !== undefined && !made.startsWith('$(')) {
      this.#rule(made, needs, first)
      return
    }
    if (!line.includes('$') || line.startsWith('#')) return
    const [, named, needed = '', recipe] = RULE.exec(this.#open(line)) ?? []
    if (named !== undefined) this.#rule(named, needed, recipe)
  }

  #rule(targets: string, needs: string, first: string | undefined): void {
    this.#recipe = first === undefined ? [] : [first]
    this.#rules.push({
      targets: wordsIn(this.#open(targets)),
      needs: wordsIn(this.#open(needs.replaceAll('|', ' '))),
      recipe: this.#recipe,
    })
  }

  #include(file: string): void {
    for (const one of this.#asked.included(file)) this.#readIn(one)
  }

  /** The asked targets, or the first one, with all that they need. */
  #chosen(): readonly { readonly rule: Rule; readonly target: string; readonly own: Own }[] {
    const { goals } = this.#asked
    const rules = this.#rules
    const usual = wordsIn(this.#open(this.#variables.get('.DEFAULT_GOAL') ?? ''))
    const first =
      usual[0] ??
      rules.flatMap(({ targets }) => targets).find((one) => !one.startsWith('.') && !one.includes('%'))
    const waiting = (goals.length > 0 ? goals : first === undefined ? [] : [first]).map((goal) => ({
      goal,
      own: NONE,
    }))
    const exact = Map.groupBy(
      rules.flatMap((rule) => rule.targets.map((target) => ({ target, rule }))),
      ({ target }) => target,
    )
    const patterns = rules
      .filter(({ targets }) => targets.some((one) => one.includes('%')))
      .slice(0, PATTERNS)
    const seen = new Set<string>()
    const chosen: { readonly rule: Rule; readonly target: string; readonly own: Own }[] = []
    for (let next = waiting.pop(); next !== undefined && seen.size < RUN; next = waiting.pop()) {
      const target = next.goal
      if (seen.has(target)) continue
      seen.add(target)
      const own = this.#ownOf(target, next.own)
      const fitting = [
        ...(exact.get(target) ?? []).map(({ rule }) => ({ rule, stem: '' })),
        ...patterns.flatMap((rule) => {
          const stem = rule.targets.map((one) => stemOf(one, target)).find((one) => one !== undefined)
          return stem === undefined ? [] : [{ rule, stem }]
        }),
      ]
      const usually = (exact.get('.DEFAULT') ?? []).map(({ rule }) => ({ rule, stem: '' }))
      for (const { rule, stem } of fitting.length > 0 ? fitting : usually) {
        chosen.push({ rule, target, own: (name) => (name === '*' ? stem : own(name)) })
        for (const goal of rule.needs) waiting.push({ goal: goal.replace('%', () => stem), own })
      }
    }
    return chosen
  }

  #ownOf(target: string, above: Own): Own {
    const found = this.#ofTarget.filter((one) => stemOf(one.target, target) !== undefined)
    if (found.length === 0) return above
    const values = new Map(found.map(({ name, value }) => [name, value]))
    return (name) => (this.#asked.given.has(name) ? undefined : values.get(name)) ?? above(name)
  }
}

const NONE: Own = () => undefined
/** Signs of a recipe's line for make. */
const SIGNS = /^\s*[-@+]*\s*/

const OWN = new Map([
  ['MAKE', 'make'],
  ['RM', 'rm -f'],
  ['SHELL', '/bin/sh'],
  ['CURDIR', '.'],
  ['PWD', '.'],
])
/** What the makefile does not tell. */
const MADE = 'build/made'
