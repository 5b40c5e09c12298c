// Reads the code of a script language for its effects: values are followed through variables, calls are looked up, everything else is
// passed over. Every branch is taken.

import { unmarked } from '../hole.ts'
import { ANY } from '../value.ts'
import { filled } from './fill.ts'
import { ofKit } from './kits.ts'
import type { Given } from './language.ts'
import { lex, type Token } from './lex.ts'
import { Parts } from './parts.ts'
import { type Code, either, elementOf, joined, NONE, named, originsOf, plain, textOf } from './value.ts'
import { ASSIGN, MODIFIERS, ONE, SILENT, SOME, STOPS, WORDS } from './words.ts'

/** Words that are looked at for the loop of a list. */
const AHEAD = 64
const DEPTH = 60

export class Reader extends Parts {
  #depth = 0

  program(): void {
    while (this.at < this.tokens.length) {
      if (!this.tell.call.shell.world.step()) return
      this.statement()
    }
  }

  /** Always goes on by a token at the least. */
  statement(): void {
    const before = this.at
    if (this.language.statement?.(this) !== true) {
      const token = this.peek()
      if (token?.kind === 'line' || token?.kind === 'sign') {
        if (
          token.text === '(' ||
          token.text === '[' ||
          token.text === '{' ||
          token.text === '-' ||
          token.text === '\\'
        )
          this.expression()
        else this.at++
      } else this.expression()
    }
    if (this.at === before) this.at++
  }

  /** With assignments and what follows a comma left alone. */
  expression(): Code {
    if (++this.#depth > DEPTH) {
      this.#depth--
      this.at++
      return NONE
    }
    const start = this.at
    let left = this.#unary()
    for (;;) {
      const token = this.peek()
      if (token === undefined || token.kind === 'line') break
      if (token.kind === 'sign') {
        if (STOPS.has(token.text)) break
        if (token.text === '{' && this.language.bare !== true) break
        if (token.text === '{' || token.text === '(' || token.text === '[') break
        this.at++
        if (ASSIGN.has(token.text)) {
          left = this.#assign(start, left, token.text)
          break
        }
        if (token.text === '?') {
          const one = this.expression()
          this.take(':')
          left = either(one, this.expression())
        } else if (token.text === '=>') left = this.expression()
        else if (this.language.join === token.text) left = joined(left, this.#unary())
        else if (token.text === '/' && left.name === '@path')
          left = { ...joined(joined(left, textOf('/')), this.#unary()), name: '@path' }
        else if (token.text === '%' && left.values !== undefined) left = filled(left, this.#unary())
        else if (token.text === '||' || token.text === '??' || token.text === '//')
          left = either(left, this.#unary())
        else if (token.text === '<<' && this.language.bare === true) this.expression()
        else if (token.text !== '++' && token.text !== '--') {
          const right = this.#unary()
          left = originsOf(left, right).length === 0 ? NONE : { origins: originsOf(left, right) }
        }
        continue
      }
      if (token.kind === 'name') {
        if (token.text === 'as') {
          this.at++
          const name = this.name()
          if (name !== undefined) this.bind(name, left)
        } else if (token.text === 'for' || token.text === 'foreach') {
          this.at++
          this.loop()
        } else if (WORDS.has(token.text)) {
          this.at++
          left = either(left, this.#unary())
        } else if (token.text === 'if' || token.text === 'unless') {
          this.at++
          const condition = this.#unary()
          if (originsOf(condition).length > 0) left = either(left, condition)
        } else break
        continue
      }
      // Strings beside each other are one.
      if (token.kind === 'string' && this.tokens[this.at - 1]?.kind === 'string') {
        left = joined(left, this.#primary())
        continue
      }
      break
    }
    this.#depth--
    return left
  }

  #assign(start: number, left: Code, sign: string): Code {
    const target = this.tokens[this.at - 2]
    let right = this.expression()
    if ((sign === '+=' || sign === '.=') && left !== NONE) right = joined(left, right)
    if (target?.kind === 'name' && (this.at - start > 1 || start === this.at - 2))
      this.bind(target.text, right)
    return right
  }

  #unary(): Code {
    const token = this.peek()
    if (token === undefined) return NONE
    // A symbol is its name.
    if (token.text === ':' && token.kind === 'sign' && this.peek(1)?.kind === 'name') {
      this.at += 2
      return textOf(this.peek(-1)?.text ?? '')
    }
    if (token.kind === 'sign' && /^(?:[-+!~&*]|\.\.\.|\*\*|\\|\+\+|--|->|@|:|::)$/.test(token.text)) {
      this.at++
      return this.#depth > DEPTH ? NONE : this.#unary()
    }
    const isSilent = token.kind === 'name' && SILENT.has(token.text) && !this.names.has(token.text)
    if (isSilent && !this.is('.', 1) && !this.is('=', 1)) {
      this.at++
      return this.#unary()
    }
    return this.#postfix(this.#primary())
  }

  #postfix(given: Code): Code {
    let code = given
    for (let turn = 0; turn < 2_000; turn++) {
      const token = this.peek()
      if (token === undefined) return code
      if (
        token.kind === 'sign' &&
        (token.text === '.' ||
          token.text === '?.' ||
          token.text === '->' ||
          token.text === '::' ||
          (token.text === ':' && this.language.name === 'lua'))
      ) {
        if (token.text === '.' && this.language.join === '.') return code
        const next = this.peek(1)
        if (next?.kind === 'name' || next?.kind === 'command') {
          this.at += next.kind === 'name' ? 2 : 1
          if (next.kind === 'name') code = this.member(code, next.text)
          if (next.kind === 'name' && this.#isCallAlone(code, next.text))
            code = this.call(code, { all: [], named: new Map(), on: code.base ?? NONE })
          continue
        }
        if (next?.text === '(' || next?.text === '[' || next?.text === '{') {
          this.at++
          continue
        }
        return code
      }
      if (token.kind === 'sign' && token.text === '(') {
        this.at++
        code = this.call(code, this.given(')', code))
        continue
      }
      if (
        token.kind === 'sign' &&
        (token.text === '[' || (token.text === '{' && this.#isIndex())) &&
        (code !== NONE || this.tokens[this.at - 1]?.text === ']')
      ) {
        this.at++
        const from = this.at
        const inside = this.given(token.text === '[' ? ']' : '}')
        if (code.list !== undefined && this.#isOpenIndex(from)) {
          code = this.#isSlice(from) ? { list: code.list } : elementOf(code)
          continue
        }
        const indexed = this.language.calls.get(`${code.name ?? ''}.[]`)
        if (indexed !== undefined) {
          code = indexed(this, inside) ?? NONE
          continue
        }
        const key = plain(inside.all[0])
        code =
          key === undefined
            ? code.list === undefined
              ? { origins: originsOf(code) }
              : elementOf(code)
            : this.member(code, key)
        continue
      }
      const isLua = this.language.name === 'lua'
      if (
        code.name !== undefined &&
        (token.kind === 'string'
          ? isLua || this.tokens[this.at - 1]?.text === '$'
          : // `request{ url = … }`
            isLua && token.text === '{')
      ) {
        const only = token.kind === 'string' ? this.#primary() : this.#table()
        code = this.call(code, { all: [only], named: new Map(), on: code.base ?? NONE })
        continue
      }
      const hasBlock = (this.is('{') && this.is('|', 1)) || (this.is('do') && this.is('|', 1))
      if (hasBlock && this.language.bare === true && code.base !== undefined) {
        code = this.call(code, { all: [], named: new Map(), on: code.base })
        continue
      }
      if (this.language.bare === true && code.name !== undefined && this.#takesBare(code.name)) {
        code = this.call(code, this.bare(code))
        continue
      }
      return code
    }
    return code
  }

  /** A method without arguments, where brackets may be left away. */
  #isCallAlone(code: Code, name: string): boolean {
    if (this.language.bare !== true || code.base === undefined) return false
    const isListed = code.base.list !== undefined && (ONE.has(name) || SOME.has(name))
    if (!isListed && !this.language.methods.has(name)) return false
    if (this.is('(') || this.is('=') || ((this.is('{') || this.is('do')) && this.is('|', 1))) return false
    return !this.#takesBare(code.name ?? '')
  }

  /** `{ url = …, method = … }` of Lua. */
  #table(): Code {
    this.at++
    const { all, named: fields } = this.given('}')
    return { list: all, fields }
  }

  /** `list[1:]`, `list[-1]`, `list[i]`: which of them is not told by a number. */
  #isOpenIndex(from: number): boolean {
    return this.at - from !== 2 || this.tokens[from]?.kind !== 'number'
  }
  #isSlice(from: number): boolean {
    const inside = this.tokens.slice(from, this.at - 1)
    return (
      inside.length < 8 && inside.some(({ kind, text }) => kind === 'sign' && /^(?:::?|\.{2,3})$/.test(text))
    )
  }

  /** `$x{key}` of Perl. */
  #isIndex(): boolean {
    const before = this.tokens[this.at - 1]
    return this.language.syntax.sigils !== undefined && before?.kind === 'name' && before.text.startsWith('$')
  }

  #takesBare(name: string): boolean {
    const token = this.peek()
    if (token === undefined || token.kind === 'line' || token.kind === 'regex') return false
    if (!this.language.calls.has(name) && !this.language.methods.has(name.slice(name.lastIndexOf('.') + 1)))
      return false
    if (token.kind === 'sign')
      return (
        token.text === '[' ||
        token.text === '\\' ||
        token.text === ':' ||
        token.text === '*' ||
        token.text === '<'
      )
    return !(
      token.kind === 'name' &&
      (MODIFIERS.has(token.text) || WORDS.has(token.text) || token.text === 'for' || token.text === 'foreach')
    )
  }

  member(code: Code, name: string): Code {
    const field = code.fields?.get(name)
    if (field !== undefined) return field
    if (code.list !== undefined && /^\d+$/.test(name)) return code.list[Number(name)] ?? NONE
    const full =
      code.name === undefined || code.name.length > 160 || this.language.roots?.has(code.name) === true
        ? name
        : `${code.name}.${name}`
    return (
      this.tell.given.get(full) ??
      this.language.values.get(full) ?? { name: code.name === undefined ? `@.${name}` : full, base: code }
    )
  }

  call(code: Code, given: Given): Code {
    const name = code.name ?? ''
    const last = name.slice(name.lastIndexOf('.') + 1)
    const action = this.language.calls.get(name) ?? this.language.methods.get(last)
    if (action !== undefined) return action(this, given) ?? NONE
    const listed = code.base?.list ?? given.all[0]?.list
    if (listed !== undefined && SOME.has(last)) return { list: listed }
    if (listed !== undefined && ONE.has(last)) return elementOf({ list: listed })
    const parameters = this.functions.get(last)
    if (parameters === undefined) ofKit(this.tell, code.base, last, given)
    for (const [i, parameter] of (parameters ?? []).entries()) {
      const one = given.all[i]
      if (one !== undefined) this.bind(parameter, one)
    }
    const value = this.language.values.get(`${name}()`)
    if (value !== undefined) return value
    const origins = originsOf(code, ...given.all)
    const made = name === '' ? {} : { name: `${name}()` }
    return origins.length === 0 ? made : { ...made, origins }
  }

  /** `[one.stop() for one in all]`: what a name stands for is said behind what is done with it. */
  #comprehended(): void {
    const from = this.at
    let depth = 0
    for (let i = 0; i < AHEAD; i++) {
      const token = this.peek(i)
      if (token === undefined) return
      if (token.kind === 'sign' && /^[([{]$/.test(token.text)) depth++
      if (token.kind === 'sign' && /^[)\]}]$/.test(token.text) && depth-- === 0) return
      if (depth > 0 || i === 0 || token.kind !== 'name' || token.text !== 'for') continue
      if (this.peek(i + 1)?.kind !== 'name' || !(this.is('in', i + 2) || this.is(',', i + 2))) return
      this.at += i + 1
      this.loop()
      this.at = from
      return
    }
  }

  #primary(): Code {
    const token = this.peek()
    if (token === undefined) return NONE
    switch (token.kind) {
      case 'string':
        this.at++
        return this.text(token)
      case 'command':
        this.at++
        return this.#command(token)
      case 'number':
        this.at++
        return textOf(token.text)
      case 'hole':
        this.at++
        if (!this.tell.quiet) this.tell.call.shell.world.say('unknown code', this.tell.field.span)
        return NONE
      case 'name':
        return this.#word(token)
      case 'sign':
        if (token.text === '(' || token.text === '[') {
          this.at++
          this.#comprehended()
          const { all, named: fields } = this.given(token.text === '(' ? ')' : ']')
          if (token.text === '(')
            return all.length === 1 && fields.size === 0 ? (all[0] as Code) : { list: all }
          return fields.size === 0 ? { list: all } : { list: all, fields }
        }
        if (token.text === '{') return this.block()
        if (token.text === '|' && this.language.bare === true) this.at++
        return NONE
      case 'line':
      case 'regex':
        this.at++
        return NONE
    }
  }

  #word(token: Token): Code {
    this.at++
    const { text } = token
    if (
      text === 'function' ||
      text === 'sub' ||
      text === 'def' ||
      text === 'fn' ||
      text === 'fun' ||
      text === 'func' ||
      text === 'lambda'
    ) {
      this.parameters()
      return this.is('{') ? this.block() : NONE
    }
    if ((text === 'for' || text === 'foreach') && this.language.syntax.sigils !== '$@%&') {
      this.loop()
      return NONE
    }
    if (text === 'foreach' || text === 'for') {
      this.loop()
      return NONE
    }
    const known = this.names.get(text)
    if (known !== undefined) return known
    return this.tell.given.get(text) ?? this.language.values.get(text) ?? named(text)
  }

  text(token: Token): Code {
    let code: Code = { values: [[]] }
    for (const part of token.parts ?? [token.text])
      code = joined(code, typeof part === 'string' ? { values: [unmarked(part)] } : this.inner(part.source))
    return code
  }

  /** An expression inside of a string. */
  inner(source: string): Code {
    if (this.#depth > DEPTH - 4) return NONE
    const one = new Reader(
      lex(source, this.language.syntax),
      this.language,
      this.tell,
      this.names,
      this.functions,
    )
    one.#depth = this.#depth + 8
    const code = one.expression()
    return code.values === undefined && originsOf(code).length === 0 ? { values: [[ANY]] } : code
  }

  #command(token: Token): Code {
    const code = this.text(token)
    const action = this.language.calls.get('@command')
    return action?.(this, { all: [code], named: new Map(), on: NONE }) ?? NONE
  }
}
