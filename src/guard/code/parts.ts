// The parts of an expression that hold others: arguments, blocks, the heads of loops and functions; and the cursor over the tokens.
import type { Teller } from './effects.ts'
import type { Given, Language } from './language.ts'
import type { Token } from './lex.ts'
import { type Code, either, elementOf, NONE, plain } from './value.ts'

export abstract class Parts {
  readonly language: Language
  readonly tell: Teller
  readonly names: Map<string, Code>
  readonly functions: Map<string, readonly string[]>
  protected readonly tokens: readonly Token[]
  at = 0

  constructor(
    tokens: readonly Token[],
    language: Language,
    tell: Teller,
    names: Map<string, Code>,
    functions: Map<string, readonly string[]>,
  ) {
    this.tokens = tokens
    this.language = language
    this.tell = tell
    this.names = names
    this.functions = functions
  }

  abstract expression(): Code
  abstract statement(): void
  abstract text(token: Token): Code

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.at + ahead]
  }
  is(text: string, ahead = 0): boolean {
    const token = this.tokens[this.at + ahead]
    return token !== undefined && token.text === text && (token.kind === 'sign' || token.kind === 'name')
  }
  take(text: string): boolean {
    if (!this.is(text)) return false
    this.at++
    return true
  }
  name(): string | undefined {
    const token = this.peek()
    if (token?.kind !== 'name') return undefined
    this.at++
    return token.text
  }

  bind(name: string, code: Code): void {
    const before = this.names.get(name)
    this.names.set(
      name,
      before === undefined || before === NONE ? code : code === NONE ? before : either(code, before),
    )
  }

  /** The head of a loop: `x in list`, `(const x of list)`, `my $x (list)`, `($list as $x)`. */
  loop(): void {
    const open = this.take('(')
    while (this.is('const') || this.is('let') || this.is('var') || this.is('my') || this.is('auto')) this.at++
    const from = this.at
    const names: string[] = []
    while (this.peek()?.kind === 'name' && !this.is('in') && !this.is('of')) {
      names.push(this.name() ?? '')
      if (!this.take(',')) break
    }
    if (this.take('in') || this.take('of')) {
      const each = elementOf(this.expression())
      for (const one of names) this.bind(one, each)
    } else if (!open && this.is('(') && names.length === 1) {
      this.at++
      const given = this.given(')')
      for (const one of given.all)
        this.bind(names[0] ?? '', one.list === undefined && one.name !== '@glob' ? one : elementOf(one))
      return
    } else {
      this.at = from
      const list = this.expression()
      if (this.take('as') || this.tokens[this.at - 2]?.text === 'as') {
        const one = this.tokens[this.at - 1]
        if (one?.kind === 'name') this.names.set(one.text, elementOf(list))
      }
    }
    if (open) this.take(')')
  }

  /** Arguments without brackets, to the end of the statement. */
  bare(code: Code): Given {
    const all: Code[] = []
    const fields = new Map<string, Code>()
    for (let turn = 0; turn < 100; turn++) {
      const token = this.peek()
      if (
        token === undefined ||
        token.kind === 'line' ||
        (token.kind === 'sign' && /^[);}\]]$/.test(token.text))
      )
        break
      const before = this.at
      this.#argument(all, fields)
      if (!this.take(',') && !this.take('=>')) break
      if (this.at === before) break
    }
    return { all, named: fields, on: code.base ?? NONE }
  }

  given(close: string, callee?: Code): Given {
    const all: Code[] = []
    const fields = new Map<string, Code>()
    for (;;) {
      const token = this.peek()
      if (token === undefined) break
      if (this.take(close)) break
      const before = this.at
      if (token.kind === 'line' || this.take(',') || this.take(';')) {
        if (this.at === before) this.at++
        continue
      }
      this.#argument(all, fields, callee)
      if (this.at === before) this.at++
    }
    return { all, named: fields, on: callee?.base ?? NONE }
  }

  #argument(all: Code[], fields: Map<string, Code>, callee?: Code): void {
    const token = this.peek()
    if (
      token?.kind === 'name' &&
      (this.is('=', 1) || (this.is(':', 1) && (!this.is(':', 2) || this.peek(3)?.kind === 'name'))) &&
      !token.text.startsWith('$')
    ) {
      this.at += 2
      fields.set(token.text, this.expression())
      return
    }
    // `:symbol => value` of Ruby, `key => value` of Perl and PHP.
    if (token?.kind === 'sign' && token.text === ':' && this.peek(1)?.kind === 'name' && this.is('=>', 2)) {
      const key = this.peek(1)?.text ?? ''
      this.at += 3
      fields.set(key, this.expression())
      return
    }
    // `'key' => value`, `KEY => value`: a value with a name.
    const isKey = token?.kind === 'string' || (token?.kind === 'name' && !token.text.startsWith('$'))
    if (isKey && this.is('=>', 1) && this.language.syntax.sigils !== undefined) {
      const key = token?.kind === 'string' ? (plain(this.text(token)) ?? '') : (token?.text ?? '')
      this.at += 2
      const value = this.expression()
      fields.set(key, value)
      all.push(value)
      return
    }
    // A function given to another one: its parameter is an element of what the method is called on.
    const each = callee?.base
    // A promise hands over what it becomes.
    const handed =
      each === undefined ? NONE : callee?.name?.endsWith('.then') === true ? each : elementOf(each)
    if (each !== undefined && token?.kind === 'name' && this.is('=>', 1)) this.bind(token.text, handed)
    else if (
      each !== undefined &&
      token?.text === '(' &&
      this.peek(1)?.kind === 'name' &&
      this.is(')', 2) &&
      this.is('=>', 3)
    )
      this.bind(this.peek(1)?.text ?? '', handed)
    all.push(this.expression())
  }

  /** A block or a record: both are read, entry by entry. */
  block(each?: Code): Code {
    this.at++
    const fields = new Map<string, Code>()
    if (this.is('|')) this.#blockParameters(each)
    for (;;) {
      const token = this.peek()
      if (token === undefined) break
      if (this.take('}')) break
      const before = this.at
      const next = this.peek(1)
      const isKey =
        (token.kind === 'name' || token.kind === 'string') &&
        next?.kind === 'sign' &&
        (next.text === ':' || next.text === '=>')
      if (isKey) {
        this.at += 2
        fields.set(token.kind === 'name' ? token.text : (plain(this.text(token)) ?? ''), this.expression())
      } else this.statement()
      if (this.at === before) this.at++
    }
    return { fields }
  }

  #blockParameters(each: Code | undefined): void {
    this.at++
    for (let turn = 0; turn < 20 && this.peek() !== undefined && !this.take('|'); turn++) {
      const name = this.name()
      if (name !== undefined && each !== undefined) this.bind(name, elementOf(each))
      else if (name === undefined) this.at++
    }
  }

  /** `name(a, b)` after the word that begins a function. */
  parameters(): void {
    const name = this.name()
    const list: string[] = []
    const close = this.take('(') ? ')' : ':'
    for (let turn = 0; turn < 60; turn++) {
      const token = this.peek()
      if (token === undefined || token.kind === 'line' || token.text === '{' || this.take(close)) break
      if (
        token.kind === 'name' &&
        (this.tokens[this.at - 1]?.kind !== 'sign' || this.tokens[this.at - 1]?.text !== '=')
      )
        list.push(token.text)
      this.at++
    }
    if (name !== undefined) this.functions.set(name, list)
  }
}
