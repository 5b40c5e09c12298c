// The one file that starts the parser: bash text to our own small tree. Total: what is not understood is told as an error and the
// rest is kept.

import {
  type AndOr,
  type ArithmeticExpression,
  type Assignment,
  type Word as BashWord,
  type CommandArgument,
  type CommandNode,
  type CompoundList,
  type ParsedScript,
  type PipelineNode,
  parse as parseBash,
  type Redirection,
  type Statement,
  type TestExpression,
} from 'unbash'
import { assignOf, glued, lengthened, withoutInnerTime, withPlainDelimiters } from './glue.ts'
import { type Budget, commandsIn, type Inside, partsOf, wordOf } from './parse-words.ts'
import { ANYTHING, type Assign, type Node, type Part, type Redirect, type Span, type Word } from './tree.ts'
import { clobbered, forced } from './zsh.ts'

export interface Parsed {
  readonly node: Node
  /** What the parser could not read; the tree holds what it could. */
  readonly errors: number
  /** There are more statements than are read. */
  readonly isCut: boolean
}

/** Characters of parts between braces that are read as words of their own, over all; what is beyond may be anything. */
const WRITTEN_OUT = 131_072
/** Statements that are read of one text: more are not run anyway (world.ts). */
const STATEMENTS = 4_096
/** Of a text that has more, read all the same: the last ones. */
const LAST = 64
/** Letters that mean themselves wherever they stand. */
const BARE = /^[\w./-]+$/

/** A number that is not zero. */
const isNumber = (expression: ArithmeticExpression | undefined): boolean =>
  expression?.type === 'ArithmeticWord' && /^[1-9]\d{0,8}$/.test(expression.value)

/** `span`: what every node is said to stand at, for code that stood inside a word. */
export function parse(source: string, span?: Span): Parsed {
  const budget: Budget = { left: WRITTEN_OUT, statements: STATEMENTS }
  const reader = new Reader(span, budget, source.length)
  try {
    const script = parseBash(source)
    const node = reader.script(script)
    const plain = reader.errors > 0 ? withPlainDelimiters(source) : source
    if (plain !== source) return parse(plain, span)
    const untimed = reader.errors > 0 ? withoutInnerTime(source) : source
    const other = untimed === source ? undefined : parse(untimed, span)
    if (other !== undefined && other.errors <= reader.errors) return other
    const isCut = budget.statements < 0
    return { node: isCut ? reader.withLast(node, script) : node, errors: reader.errors, isCut }
  } catch {
    // The parser promises not to throw; if it does, the text is as good as unread.
    return { node: { node: 'list', items: [], span: span ?? [0, source.length] }, errors: 1, isCut: false }
  }
}

type List = Extract<Node, { node: 'list' }>

class Reader implements Inside {
  errors = 0
  readonly #fixed: Span | undefined
  readonly #length: number
  readonly budget: Budget
  constructor(fixed: Span | undefined, budget: Budget, length = Number.POSITIVE_INFINITY) {
    this.#fixed = fixed
    this.budget = budget
    this.#length = length
  }

  at(node: { readonly pos: number; readonly end: number }): Span {
    // What is not closed ends behind the text for unbash.
    return this.#fixed ?? [Math.min(node.pos, this.#length), Math.min(node.end, this.#length)]
  }

  script(script: ParsedScript): List {
    this.errors += script.errors?.length ?? 0
    return { node: 'list', items: this.#statements(script.commands), span: this.at(script) }
  }

  /** With the last statements of a text that has more than are read: what is put behind so many others is meant. */
  withLast(list: List, { commands }: ParsedScript): List {
    this.budget.statements = 4 * LAST
    const last = this.#statements(commands.slice(Math.max(list.items.length, commands.length - LAST)))
    return { ...list, items: [...list.items, ...last] }
  }

  /** Backticks with escapes have a source of their own: their places mean nothing outside. */
  nested(script: ParsedScript | undefined, around: { readonly pos: number; readonly end: number }): Node {
    if (script === undefined) return { node: 'list', items: [], span: this.at(around) }
    const inner = script.source === undefined ? this : new Reader(this.at(around), this.budget)
    const node = inner.script(script)
    if (inner !== this) this.errors += inner.errors
    return node
  }

  #statements(all: readonly Statement[]): readonly Node[] {
    const items: Node[] = []
    for (const one of all) {
      if (--this.budget.statements < 0) break
      items.push(this.#statement(one))
    }
    return items
  }

  #statement(statement: Statement): Node {
    const node = this.#node(statement.command)
    return statement.background === true ? { node: 'background', body: node, span: this.at(statement) } : node
  }

  #list(list: CompoundList): Node {
    return { node: 'list', items: this.#statements(list.commands), span: this.at(list) }
  }

  #node(node: PipelineNode | AndOr | CompoundList): Node {
    const span = this.at(node)
    if (node.type === 'CompoundList') return this.#list(node)
    if (node.type !== 'AndOr' && node.type !== 'Pipeline') return this.#command(node)
    switch (node.type) {
      case 'AndOr': {
        const [first, ...rest] = node.commands.map((one) => this.#node(one))
        return {
          node: 'chain',
          first: first ?? { node: 'list', items: [], span },
          rest: rest.map((one, i) => ({ operator: node.operators[i] ?? '&&', node: one })),
          span,
        }
      }
      case 'Pipeline': {
        const commands = clobbered(node.commands.map((one) => this.#node(one)))
        return commands.length === 1 && commands[0] !== undefined
          ? commands[0]
          : { node: 'pipe', commands, span }
      }
    }
  }

  #command(node: CommandNode): Node {
    const span = this.at(node)
    switch (node.type) {
      case 'Command': {
        const assigns: Assign[] = []
        const words: Word[] = []
        const redirects: Redirect[] = []
        const lists: Assign[] = []
        // A process substitution ends a word for unbash: what stands against it is put together again.
        let end = -1
        const add = (word: Word, one: { readonly pos: number; readonly end: number }) => {
          const assigned = words.length === 0 ? assigns.at(-1) : undefined
          const another = assigned === undefined || one.pos === end ? undefined : assignOf(word)
          if (another !== undefined) assigns.push(another)
          else if (one.pos !== end) words.push(word)
          else if (assigned !== undefined) assigns[assigns.length - 1] = lengthened(assigned, word)
          else words.push(glued(words.pop(), word))
          end = one.end
        }
        for (const one of node.prefix)
          if (one.type === 'Assignment') {
            assigns.push(this.#assign(one))
            end = one.end
          } else redirects.push(this.#redirect(one))
        if (node.name !== undefined) add(this.word(node.name), node.name)
        for (const one of node.suffix)
          if (one.type === 'Word') add(this.word(one), one)
          else if (one.type === 'Assignment') {
            // `declare -a A=(x y)` puts the list into the variable, whatever else it says of it.
            if (one.value.type !== 'Word') lists.push(this.#assign(one))
            add(this.#argument(one), one)
          } else redirects.push(this.#redirect(one))
        const simple: Node = { node: 'simple', assigns, words, redirects: forced(redirects, words), span }
        if (lists.length === 0) return simple
        const first: Node = { node: 'simple', assigns: lists, words: [], redirects: [], span }
        return { node: 'list', items: [first, simple], span }
      }
      case 'Redirected':
        return {
          node: 'redirected',
          body: this.#command(node.command),
          redirects: node.redirects.map((one) => this.#redirect(one)),
          span,
        }
      case 'If':
        return {
          node: 'if',
          branches: [node, ...node.elif].map((one) => ({
            clause: this.#list(one.clause),
            // biome-ignore lint/suspicious/noThenProperty: a word of the shell
            then: this.#list(one.then),
          })),
          ...(node.else === undefined ? {} : { otherwise: this.#list(node.else) }),
          span,
        }
      case 'While':
        return {
          node: 'while',
          ...(node.kind === 'until' ? { until: true as const } : {}),
          clause: this.#list(node.clause),
          body: this.#list(node.body),
          span,
        }
      case 'For':
      case 'Select':
        return {
          node: 'for',
          name: node.name.value,
          ...(node.wordlist === undefined ? {} : { words: node.wordlist.map((one) => this.word(one)) }),
          body: this.#list(node.body),
          span,
        }
      case 'ArithmeticFor': {
        const inner = [node.initialize, node.test, node.update].flatMap((one) => commandsIn(one, this))
        const always = node.test === undefined || isNumber(node.test)
        const clause: Node = { node: 'test', words: [], inner, span, ...(always ? { always } : {}) }
        return { node: 'while', clause, body: this.#list(node.body), span }
      }
      case 'Subshell':
        return { node: 'group', body: this.#list(node.body), subshell: true, span }
      case 'BraceGroup':
        return { node: 'group', body: this.#list(node.body), subshell: false, span }
      case 'Case':
        return {
          node: 'case',
          word: this.word(node.word),
          items: node.items.map((item) => ({
            patterns: item.pattern.map((one) => this.word(one)),
            body: this.#list(item.body),
          })),
          span,
        }
      case 'Function':
        return { node: 'function', name: node.name.value, body: this.#node(node.body), span }
      case 'Coproc':
        return { node: 'coproc', name: node.name?.value ?? 'COPROC', body: this.#node(node.body), span }
      case 'TestCommand':
        return { node: 'test', words: this.#test(node.expression), inner: [], span }
      case 'ArithmeticCommand':
        return {
          node: 'test',
          words: [],
          inner: commandsIn(node.expression, this),
          span,
          ...(isNumber(node.expression) ? { always: true as const } : {}),
        }
    }
  }

  #test(expression: TestExpression): Word[] {
    switch (expression.type) {
      case 'TestUnary':
        return [this.word(expression.operand)]
      case 'TestBinary':
        return [this.word(expression.left), this.word(expression.right)]
      case 'TestLogical':
        return expression.operands.flatMap((one) => this.#test(one))
      case 'TestNot':
        return this.#test(expression.operand)
      case 'TestGroup':
        return this.#test(expression.expression)
    }
  }

  #assign(assignment: Assignment): Assign {
    const { value } = assignment
    return {
      name: assignment.name,
      ...(assignment.index === undefined ? {} : { index: this.word(assignment.index) }),
      append: assignment.append === true,
      value: value.type === 'Word' ? this.word(value) : value.elements.map((one) => this.word(one)),
      span: this.at(assignment),
    }
  }

  /** `export A=$x`: what looks like an assignment among the arguments is one word; of a list only its name. */
  #argument(one: Exclude<CommandArgument, { type: 'Word' }>): Word {
    const { value, append } = one
    const inner = value.type === 'Word' ? this.word(value).parts : []
    const start = value.type === 'Word' ? `${one.name}${append === true ? '+=' : '='}` : one.name
    return { parts: [{ part: 'text', text: start, quoted: true }, ...inner], span: this.at(one) }
  }

  #redirect(one: Redirection): Redirect {
    const { descriptor } = one
    const common = {
      span: this.at(one),
      ...(descriptor === undefined
        ? {}
        : { descriptor: descriptor.type === 'FileDescriptor' ? descriptor.value : descriptor.name }),
    }
    if (one.type === 'HereDoc') {
      const { body } = one
      const parts: Part[] =
        one.delimiter?.quoted === true || body.parts === undefined
          ? [{ part: 'text', text: body.text, quoted: true }]
          : body.parts.flatMap((part) => partsOf(part, true, this))
      return { ...common, operator: '<<', target: { parts, span: this.at(body) } }
    }
    const target = one.target === undefined ? {} : { target: this.word(one.target) }
    return { ...common, operator: one.operator, ...target }
  }

  word(word: BashWord): Word {
    return wordOf(word, this)
  }

  /** What stands between braces is parsed again, as the word of a command. */
  written(source: string, span: Span): Word {
    const { budget } = this
    budget.left -= source.length + 8
    if (budget.left < 0) return { parts: [ANYTHING], span }
    const plain: Word = { parts: [{ part: 'text', text: source, quoted: false }], span }
    if (BARE.test(source)) return plain
    const command = parseBash(`: ${source}`).commands[0]?.command
    const words = command?.type === 'Command' ? command.suffix : []
    const [first] = words
    return first?.type === 'Word' && words.length === 1 ? new Reader(span, budget).word(first) : plain
  }
}
