// A declared tool on a clone: each turn of it in a room that reaches the clone alone, and what its `status` says after each turn.
import { setTimeout as delay } from 'node:timers/promises'
import { decode, integer, record } from '../base/decode.ts'
import type { MigrateByTool } from '../plans/actions/migrate-by-tool.ts'
import { ask, tell } from '../postgres/query.ts'
import type { Limits } from '../postgres/types.ts'
import type { Problem } from '../seal/journal.ts'
import type { Clone } from './clone.ts'
import type { Names } from './names.ts'
import type { Ran } from './run.ts'
import { endSessions } from './session.ts'
import {
  becomes,
  cloneServer,
  lineOf,
  runTool,
  type Status,
  statusOf,
  type Tool,
  type ToolHands,
} from './tool.ts'

const scanned = record(integer(0), /^[^\0]{1,140}$/, 100_000)

interface On {
  readonly clone: Clone
  readonly searchPath: string
  readonly limits: Limits
  readonly hands: ToolHands
}

/** Runs the tool on the clone, and asks it after each turn how far the database is. */
export class ToolPlay {
  readonly #tool: Tool
  readonly #of: Pick<MigrateByTool, 'database' | 'role' | 'lockMs'>
  readonly #on: On
  readonly #problems = new Map<string, Problem>()
  /** Tables that `status` has read: in them the tool keeps how far it is. */
  own: ReadonlySet<string> = new Set()
  #names: Names | undefined
  #before: Status | undefined
  #after: Status | undefined

  constructor(tool: Tool, of: Pick<MigrateByTool, 'database' | 'role' | 'lockMs'>, on: On) {
    this.#tool = tool
    this.#of = of
    this.#on = on
  }

  get problems(): readonly Problem[] {
    return [...this.#problems.values()]
  }

  /** What decides in production whether it was applied. Undefined where it was never seen on both sides. */
  get status(): { readonly before: string; readonly after: string; readonly said: string[] } | undefined {
    if (this.#before === undefined || this.#after === undefined) return undefined
    const told = [this.#before, this.#after].map(({ said }) => this.#told(said))
    return { before: this.#before.digest, after: this.#after.digest, said: told }
  }

  /** Twice the same, or it decides nothing. */
  async begin(names: Names): Promise<readonly Problem[]> {
    this.#names = names
    await this.#become(this.#of.lockMs)
    const scans = await this.#scans()
    this.#before = await this.#status()
    const after = await this.#scans()
    this.own = new Set(Object.keys(after).filter((table) => after[table] !== scans[table]))
    const again = this.#before === undefined ? undefined : await this.#status()
    if (again !== undefined && again.digest !== this.#before?.digest) this.#note('schema.status_moves')
    return this.problems
  }

  readonly run = async (
    direction: 'up' | 'down',
    { lockMs, withinMs }: { readonly lockMs: number; readonly withinMs: number },
  ): Promise<Ran> => {
    const { clone, limits, hands } = this.#on
    await this.#become(lockMs)
    const argv = direction === 'up' ? this.#tool.argv : this.#tool.back
    const { run, why, isLate } = await runTool(this.#tool, argv, this.#server(), withinMs, hands)
    const by = (statement: string) => tell(clone.restorer, 'postgres', [statement], limits)
    const isEnded = await endSessions(by, { login: clone.migrator.role, database: clone.database }, (ms) =>
      delay(ms),
    )
    const milliseconds = Math.max(1, Math.round(run.seconds * 1000))
    const ran = { isLate, statements: [], locked: {}, milliseconds }
    if (!isEnded) return { ...ran, why: 'an earlier session does not end' }
    if (why !== undefined) return { ...ran, why }
    await this.#settle(direction)
    return ran
  }

  async #settle(direction: 'up' | 'down'): Promise<void> {
    const now = await this.#status()
    if (now === undefined) return
    if (direction === 'down') {
      if (now.digest !== this.#before?.digest) this.#note('schema.status_back')
      return
    }
    if (now.digest === this.#before?.digest) this.#note('schema.status_same')
    else if (this.#after !== undefined && now.digest !== this.#after.digest) this.#note('schema.status_moves')
    this.#after ??= now
  }

  /** How often each table was read, as the server counts it when a session ends. */
  async #scans(): Promise<Readonly<Record<string, number>>> {
    const { clone, limits } = this.#on
    const counts = `SELECT coalesce(json_object_agg(schemaname || '.' || relname, coalesce(seq_scan, 0) + coalesce(idx_scan, 0)), '{}') FROM pg_stat_user_tables`
    const read = decode(scanned, await ask(clone.restorer, clone.database, counts, limits))
    return read.ok ? read.value : {}
  }

  async #status(): Promise<Status | undefined> {
    const found = await statusOf(this.#tool, this.#server(), this.#on.hands)
    if (!('why' in found)) return found
    this.#note('schema.status_failed', this.#told(found.why))
    return undefined
  }

  #server() {
    const { clone } = this.#on
    return cloneServer(clone.migrator, clone.database, clone.migrator.role)
  }

  async #become(lockMs: number): Promise<void> {
    const { clone, searchPath, limits } = this.#on
    // As itself: a login may set what its own sessions begin with.
    const self = { ...clone.migrator, settings: [] }
    const of = { login: clone.migrator.role, role: this.#of.role, searchPath, lockMs }
    await becomes(self, clone.database, of, limits)
  }

  #told(text: string): string {
    return (this.#names?.message(text) ?? '').slice(0, 300)
  }

  #note(code: string, text = ''): void {
    this.#problems.set(code, { code, path: lineOf(this.#tool.status), text })
  }
}
