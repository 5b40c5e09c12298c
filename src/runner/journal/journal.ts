// All files of the journal: one for each execution and one for the rest (spine §3). Opened and verified at start; what is damaged
// stops new starts and stays where it is, while undo and settling go on in a continuation file beside it.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ExecutionId, isExecutionId } from '../../base/id.ts'
import type { KillPoint } from '../../base/kill-point.ts'
import type { Clock } from '../../base/time.ts'
import type { JournalBody, JournalLine } from '../../seal/journal.ts'
import { privateDirectory } from '../../sys/files.ts'
import { lockDescriptor } from '../../sys/lock.ts'
import { run } from '../../sys/process.ts'
import { executionFile } from '../place.ts'
import { type FileDeps, JournalFile } from './file.ts'
import { JournalIndex } from './index.ts'
import { Reserve } from './reserve.ts'

export interface JournalDeps {
  readonly clock: Clock
  readonly killPoint: KillPoint
}

const REST = 'runner'
const SUFFIX = '.jsonl'
const CONTINUED = '.continued.jsonl'

/** One chain of lines: a file and, where that was damaged, its continuation. */
export class Chain {
  readonly #first: JournalFile
  readonly #continuation: JournalFile | undefined
  readonly #learn: (line: JournalLine) => void
  #taken = 0

  constructor(
    first: JournalFile,
    continuation: JournalFile | undefined,
    learn: (line: JournalLine) => void = () => {},
  ) {
    this.#first = first
    this.#continuation = continuation
    this.#learn = learn
    this.#take()
  }

  get lines(): readonly JournalLine[] {
    return this.#continuation === undefined
      ? this.#first.lines
      : [...this.#first.lines, ...this.#continuation.lines]
  }
  /** Damage of the first file; the lines before it still count. */
  get damage(): { readonly path: string; readonly why: string } | undefined {
    const one = [this.#first, this.#continuation].find((file) => file?.damage !== undefined)
    return one?.damage === undefined ? undefined : { path: one.path, why: one.damage }
  }

  /** Undefined when somebody else wrote in between (with `expected`, the number of lines seen). */
  async append(key: string, body: JournalBody, expected?: number): Promise<JournalLine | undefined> {
    const file = this.#continuation ?? this.#first
    const before = this.#continuation === undefined ? 0 : this.#first.lines.length
    const line = await file.append(key, body, expected === undefined ? undefined : expected - before)
    this.#take()
    return line
  }

  async refresh(): Promise<void> {
    await (this.#continuation ?? this.#first).refresh()
    this.#take()
  }

  /** The lines that follow share one lock, until `letGo` or a moment without a line. */
  hold(): void {
    const file = this.#continuation ?? this.#first
    file.hold()
  }

  letGo(): Promise<void> {
    return (this.#continuation ?? this.#first).letGo()
  }

  #take(): void {
    const { lines } = this
    for (; this.#taken < lines.length; this.#taken++) {
      const line = lines[this.#taken]
      if (line !== undefined) this.#learn(line)
    }
  }
}

async function openChain(
  directory: string,
  name: string,
  deps: FileDeps,
  learn?: (line: JournalLine) => void,
): Promise<Chain> {
  const first = await JournalFile.open(join(directory, `${name}${SUFFIX}`), deps)
  if (first.damage === undefined) return new Chain(first, undefined, learn)
  // The continuation stands on the damaged bytes as they are: nobody can mend them unseen.
  const after = { seq: first.lines.length, prev: await first.bytesDigest() }
  return new Chain(first, await JournalFile.open(join(directory, `${name}${CONTINUED}`), deps, after), learn)
}

/** Opens the journal of one execution; the keeper and the boot unit use this too, so each append takes the file's lock. */
export function openExecutionJournal(
  directory: string,
  execution: ExecutionId,
  deps: JournalDeps & { readonly releaseReserve?: () => Promise<boolean> },
  learn?: (line: JournalLine) => void,
): Promise<Chain> {
  const locked: FileDeps = {
    ...deps,
    lock: (descriptor) => lockDescriptor(run, descriptor),
    releaseReserve: deps.releaseReserve ?? (() => new Reserve(directory).release()),
  }
  return openChain(directory, executionFile(execution), locked, learn)
}

export class Journal {
  readonly index: JournalIndex
  readonly #directory: string
  readonly #deps: JournalDeps
  readonly #reserve: Reserve
  readonly #executions = new Map<ExecutionId, Chain>()
  readonly #rest: Chain

  private constructor(
    directory: string,
    deps: JournalDeps,
    rest: Chain,
    reserve: Reserve,
    index: JournalIndex,
  ) {
    this.index = index
    this.#directory = directory
    this.#deps = deps
    this.#rest = rest
    this.#reserve = reserve
  }

  static async open(directory: string, deps: JournalDeps): Promise<Journal> {
    await privateDirectory(directory)
    const reserve = new Reserve(directory)
    const index = new JournalIndex()
    const releaseReserve = () => reserve.release()
    const rest = await openChain(directory, REST, { ...deps, releaseReserve }, (line) => index.take(line))
    const journal = new Journal(directory, deps, rest, reserve, index)
    for (const name of (await readdir(directory)).sort()) {
      const execution = executionOfName(name)
      if (execution !== undefined) await journal.execution(execution)
    }
    await reserve.keep()
    return journal
  }

  /** Why nothing new may start; undefined when every file is sound. */
  get damage(): { readonly path: string; readonly why: string } | undefined {
    for (const chain of [this.#rest, ...this.#executions.values()])
      if (chain.damage !== undefined) return chain.damage
    return undefined
  }

  get directory(): string {
    return this.#directory
  }
  get reserve(): Reserve {
    return this.#reserve
  }

  /** The journal of an execution, made when the first line is written. */
  async execution(execution: ExecutionId): Promise<Chain> {
    const known = this.#executions.get(execution)
    if (known !== undefined) return known
    const opened = await openExecutionJournal(
      this.#directory,
      execution,
      { ...this.#deps, releaseReserve: () => this.#reserve.release() },
      (line) => this.index.take(line),
    )
    const raced = this.#executions.get(execution)
    if (raced !== undefined) return raced
    this.#executions.set(execution, opened)
    return opened
  }

  known(execution: ExecutionId): Chain | undefined {
    return this.#executions.get(execution)
  }

  get rest(): readonly JournalLine[] {
    return this.#rest.lines
  }

  /** A line outside of executions. */
  async append(key: string, body: JournalBody): Promise<JournalLine> {
    const line = await this.#rest.append(key, body)
    if (line === undefined) throw new TypeError('an append without expectation answered nothing')
    return line
  }
}

function executionOfName(name: string): ExecutionId | undefined {
  if (!name.endsWith(SUFFIX) || name.endsWith(CONTINUED)) return undefined
  const base = name.slice(0, -SUFFIX.length)
  const dot = base.lastIndexOf('.')
  const execution = `${base.slice(0, dot)}/${base.slice(dot + 1)}`
  return isExecutionId(execution) ? execution : undefined
}
