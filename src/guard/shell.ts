// Walks a text as bash would and runs nothing: every branch taken, every loop once or twice (walk.ts), every word with all values it may
// have. What programs do is asked of `dispatch`; this file knows the shell alone.
import { aroundOf } from './around.ts'
import { assignments } from './assign.ts'
import { takesRoom } from './devices.ts'
import type { Verb } from './effect.ts'
import { type Around, expandWords } from './expand.ts'
import type { Field } from './fields.ts'
import { contentsOf, laterNames, written } from './holdings.ts'
import { isMark } from './mark.ts'
import { parse } from './parse.ts'
import { isNamedAsFile, type Path, path, pathKey, resolve } from './path.ts'
import { callsItself, onlyRead } from './questions.ts'
import { readable } from './readable.ts'
import { deliver, redirect } from './redirect.ts'
import { join, put, restored, type State, type Variable, without } from './state.ts'
import {
  costOf,
  either,
  environmentStream,
  FROM_PROGRAM,
  gathered,
  isBlank,
  isEndless,
  NOTHING,
  opaque,
  type Stream,
} from './stream.ts'
import type { Node, Simple, Span } from './tree.ts'
import { literal, prefix, quote, show, trimmed, type Value } from './value.ts'
import { walk } from './walk.ts'
import { DEPTH, type Found, type World } from './world.ts'

/** One program about to start: its words, what it reads, and the shell that starts it. */
export interface Call {
  readonly name: Field
  readonly args: readonly Field[]
  readonly span: Span
  readonly stdin: Stream
  readonly shell: Shell
}

/** Answers what the program writes to its standard output. */
export type Dispatch = (call: Call) => Stream

/** Files that are followed in one text. */
const HELD = 512
/** Later names of files. */
const LINKS = 128
/** What is done to the name, and not to what it leads to. */
const TAKES_AWAY: ReadonlySet<Verb> = new Set(['path.delete', 'path.move'])
const ANYWHERE: readonly Path[] = [{ segments: ['tree'], loose: true }]

export class Shell {
  state: State
  readonly world: World
  readonly dispatch: Dispatch
  readonly #depth: number

  constructor(world: World, dispatch: Dispatch, state: State, depth = 0) {
    this.world = world
    this.dispatch = dispatch
    this.state = state
    this.#depth = depth
  }

  /** A subshell: what it changes of the shell is lost, what it did to files is not. */
  fork(change: Partial<State> = {}): Shell {
    return new Shell(this.world, this.dispatch, { ...this.state, ...change }, this.#depth + 1)
  }

  /** Takes over what a subshell did to the world outside of itself. */
  keepFiles(child: Shell): void {
    const { files, links } = child.state
    if (files !== this.state.files || links !== this.state.links) this.state = { ...this.state, files, links }
  }

  /** Runs it in a subshell. */
  subshell(body: Node, stdin: Stream, change: Partial<State> = {}): Stream {
    const child = this.fork(change)
    const out = child.run(body, stdin)
    this.keepFiles(child)
    return out
  }

  emit(found: Found, span: Span): void {
    const { links } = this.state
    // A deep path is asked about by every rule.
    const depth = found.on.kind === 'path' ? found.on.path.segments.length : 0
    if (!this.world.step(1 + (links.length >> 3) + (depth > 16 ? depth : 0))) return
    if (links.length > 0 && found.on.kind === 'path')
      for (const other of laterNames(this.state, found.on.path, TAKES_AWAY.has(found.verb)))
        this.#tell({ ...found, on: { kind: 'path', path: other } }, span)
    this.#tell(found, span)
  }

  #tell(found: Found, span: Span): void {
    const { user, host, via } = this.state
    this.world.emit({
      certainty: 'exact',
      reversible: 'unknown',
      ...found,
      ...(this.state.doubtful === true ? { certainty: 'unknown' as const } : {}),
      via,
      span,
      ...(user === undefined ? {} : { as: user }),
      ...(host === undefined ? {} : { host }),
    })
  }

  /** Every path that a value means here. What a search for processes wrote is no name that we know. */
  paths(value: Value): readonly Path[] {
    if (this.world.isSpent || isMark(value)) return ANYWHERE
    const first = value[0]
    // Long words cost what they are long.
    for (const piece of value)
      if (typeof piece === 'string' && piece.length > 512) this.world.step(piece.length >> 7)
    if (typeof first === 'string' && /^\/(?!proc\/)/.test(first)) return [resolve(value, path('/'))]
    return this.state.cwd.map((cwd) => resolve(value, cwd))
  }

  /** A file of this text or of the machine, as a stream. */
  contents(paths: readonly Path[], recursive = false): Stream {
    return contentsOf(this.state, paths, recursive)
  }

  remember(paths: readonly Path[], stream: Stream, append: boolean, span?: Span): void {
    if (span !== undefined && isEndless(stream))
      for (const one of paths)
        if (takesRoom(one)) this.emit({ verb: 'host.fill', on: { kind: 'path', path: one } }, span)
    for (const one of paths) this.world.outlets.get(pathKey(one))?.(stream)
    if (!this.pay(this.state.files)) return
    if (this.state.files.size > HELD) {
      this.world.limit ??= 'effects'
      return
    }
    this.state = { ...this.state, files: written(this.state.files, paths, stream, append) }
  }

  set(name: string, variable: Variable): void {
    const reference = this.state.variables.get(name)?.reference
    const target = variable.reference === undefined && reference !== undefined ? reference : name
    const size = variable.values.reduce((sum, one) => sum + one.length, 0)
    if (!this.pay(this.state.variables) || (size > 32 && !this.world.step(size >> 2))) return
    this.state = { ...this.state, variables: put(this.state.variables, target, variable) }
  }

  /** What is known is copied to be changed: it is paid for by its size. */
  pay({ size }: { readonly size: number }): boolean {
    return size < 32 || this.world.step(size >> 4)
  }

  /** A later name of a file. */
  link(from: Path, to: Path): void {
    const { links } = this.state
    if (links.length < LINKS) this.state = { ...this.state, links: [...links, { from, to }] }
    else this.world.limit ??= 'effects'
  }

  /** Code that stood in a word, a file or a stream. `span`: where the reader finds it. */
  code(source: string, span: Span, stdin: Stream = NOTHING): Stream {
    if (!this.world.step(1 + (source.length >> 2))) return FROM_PROGRAM
    const { text, limit } = readable(source)
    this.world.limit ??= limit
    const { node, errors, isCut } = parse(text, span)
    if (errors > 0) this.world.say('syntax', span)
    if (isCut) this.world.limit ??= 'commands'
    return this.run(node, stdin)
  }

  run(node: Node, stdin: Stream): Stream {
    if (this.#depth > DEPTH) {
      this.world.limit ??= 'depth'
      return FROM_PROGRAM
    }
    if (!this.world.step()) return FROM_PROGRAM
    return node.node === 'simple' ? this.#simple(node, stdin) : walk(this, node, stdin)
  }

  around(): Around {
    return aroundOf(this)
  }

  /** What a substitution leaves: the output without its last line ends. */
  capture(body: Node): readonly Value[] {
    const child = this.fork()
    const single = onlyRead(body)
    const stream = single === undefined ? child.run(body, NOTHING) : redirect(child, single, NOTHING).stdin
    this.keepFiles(child)
    return stream.texts === undefined ? [opaque(stream)] : stream.texts.map(trimmed)
  }

  #simple(node: Simple, stdin: Stream): Stream {
    if (!this.world.command()) return FROM_PROGRAM
    const around = this.around()
    const assigned = assignments(this, node.assigns)
    if (node.words.length === 0) {
      for (const { name, variable } of assigned) this.set(name, variable)
      const before = this.state.descriptors
      const streams = redirect(this, node.redirects, stdin)
      // `{fd}>file` without a command stays open.
      const named = [...this.state.descriptors].filter(([key]) => typeof key === 'string')
      this.state = {
        ...this.state,
        descriptors: named.length === 0 ? before : new Map([...before, ...named]),
      }
      const empties = node.assigns.length === 0 && node.redirects.length === 1
      return deliver(this, NOTHING, streams.sink, node.span, empties)
    }
    const ways = expandWords(node.words, around)
    const before = this.state
    const streams = redirect(this, node.redirects, stdin)
    if (assigned.length > 0) {
      const variables = new Map(this.state.variables)
      for (const { name, variable } of assigned) variables.set(name, { ...variable, exported: true })
      this.state = { ...this.state, variables }
    }
    let out: Stream | undefined
    let state: State | undefined
    const start = this.state
    if (ways.length > 1) this.world.step(ways.length * 4)
    const told = this.world.effects.length
    for (const way of ways) {
      this.state = start
      const one = this.#start(way, streams.stdin, node)
      out = out === undefined || out === one ? one : either(out, one)
      state = state === undefined ? this.state : join(state, this.state)
    }
    this.state = state ?? start
    this.state = restored(
      this.state,
      before,
      assigned.map(({ name }) => name),
      isExec(ways),
    )
    // What it prints goes to somebody, who says what it runs, or types it.
    if (
      streams.sink.to === 'network' &&
      (ways.some(isPrompt) || this.world.effects.slice(told).some(({ verb }) => verb === 'exec.downloaded'))
    )
      this.emit({ verb: 'exec.shell-server', on: { kind: 'program', name: 'sh' } }, node.span)
    return deliver(this, out ?? NOTHING, streams.sink, node.span, out !== undefined && isBlank(out))
  }

  #start(way: readonly Field[], stdin: Stream, node: { readonly span: Span }): Stream {
    const [name, ...args] = way
    if (name === undefined) return NOTHING
    return this.start(name, args, stdin, node.span)
  }

  /** Starts a program by its words: functions and aliases of the text first. */
  start(name: Field, args: readonly Field[], stdin: Stream, span: Span): Stream {
    // `/dev/stdin` and `/dev/fd/0` are what comes in.
    if (
      (stdin.texts !== undefined || stdin.origins.length > 0) &&
      stdin !== NOTHING &&
      args.some(({ value }) => prefix(value).startsWith('/dev/'))
    )
      this.state = { ...this.state, descriptors: put(this.state.descriptors, 0, { read: stdin }) }
    // Long lists of words, handed from wrapper to wrapper, and long texts, from filter to filter, are paid for each time.
    if (!this.world.step(2 + (args.length > 256 ? args.length : 0) + costOf(stdin))) return FROM_PROGRAM
    const plain = literal(name.value)
    if (plain !== undefined) {
      const body = this.state.functions.get(plain)
      if (body !== undefined) return this.#callFunction(plain, body, args, stdin)
      const alias = this.state.aliases.get(plain)
      if (alias !== undefined) {
        const { aliases } = this.state
        const child = this.fork({ aliases: without(aliases, plain) })
        const words = args.map(({ value }) => quote(value)).join(' ')
        child.code(`${alias} ${words}`, name.span, stdin)
        this.keepFiles(child)
      }
    }
    return this.dispatch({ name, args, stdin, span, shell: this })
  }

  #callFunction(name: string, body: Node, args: readonly Field[], stdin: Stream): Stream {
    if (this.#depth > DEPTH / 2) return FROM_PROGRAM
    const before = this.state
    const running = before.calls?.find((one) => one.name === name)
    if (running !== undefined && (before.forks ?? 0) !== running.forks) {
      // In the background, again and again.
      this.emit({ verb: 'exec.bomb', on: { kind: 'program', name } }, body.span)
      return FROM_PROGRAM
    }
    // A function that calls itself is followed a few times: the budget ends it.
    const inner = new Shell(
      this.world,
      this.dispatch,
      {
        ...before,
        positional: args.map(({ value }) => value),
        calls: [...(before.calls ?? []), { name, forks: before.forks ?? 0 }],
      },
      this.#depth + 4,
    )
    if (callsItself(body, name)) inner.emit({ verb: 'exec.bomb', on: { kind: 'program', name } }, body.span)
    const out = inner.run(body, stdin)
    this.state = {
      ...inner.state,
      positional: before.positional,
      calls: before.calls ?? [],
      forks: before.forks ?? 0,
    }
    return out
  }

  /** A stream leaves the host: its origins are what matters. `bare`: through a socket, and no client of a protocol. */
  upload(given: Stream, span: Span, to: Value, bare = false): void {
    // A client of HTTP sends a token with each request: that is what it is for. A socket has no such use.
    const held = bare && given.origins.some(({ from }) => from === 'variable')
    const stream = held ? { origins: gathered(given.origins, environmentStream().origins) } : given
    for (const origin of stream.origins)
      if (origin.from === 'database')
        this.emit({ verb: 'net.upload', on: { kind: 'database', engine: origin.engine } }, span)
      else if (origin.from === 'file')
        this.emit(
          {
            verb: 'net.upload',
            on: { kind: 'path', path: origin.path },
            recursive: origin.recursive && !isNamedAsFile(origin.path),
            note: show(to),
          },
          span,
        )
  }

  /** Equal for equal paths: as the files of this text are kept. */
  keyOf(one: Path): string {
    return pathKey(one)
  }

  /** Resolves later names of a path: links and copies made earlier in the text. */
  aliased(one: Path): readonly Path[] {
    return laterNames(this.state, one)
  }
}

const isExec = (ways: readonly (readonly Field[])[]) =>
  ways.some((way) => literal(way[0]?.value ?? []) === 'exec')

/** A shell that is typed into, by its words: `bash -i`. */
const isPrompt = ([name, ...args]: readonly Field[]) =>
  /(?:^|\/)(?:ba|da|z|k|mk|a|fi|c|tc)?sh$/.test(literal(name?.value ?? []) ?? '') &&
  args.some(({ value }) => /^-[a-z]*i[a-z]*$/.test(literal(value) ?? '')) &&
  args.every(({ value }) => prefix(value).startsWith('-'))

export type { Field }
