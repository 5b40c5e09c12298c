// The rehearsal of a migration by a declared tool: up and down on a clone of the real data, compared as any other. Nobody looks between its statements: locks
// are seen from beside, and what its `status` says is part of what must go there and back.
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { decode, integer, record } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import type { MigrateByTool } from '../plans/actions/migrate-by-tool.ts'
import { ask, tell } from '../postgres/query.ts'
import type { Limits } from '../postgres/types.ts'
import type { Problem, TrialCheck } from '../seal/journal.ts'
import type { SnapshotPorts } from '../snapshot/ports.ts'
import { takeFiles } from '../tree/take-files.ts'
import { type Clone, withClone } from './clone.ts'
import { asPlanned } from './live.ts'
import { Names } from './names.ts'
import { onClone, type SqlText } from './on-clone.ts'
import { OWN_PLACES, withOwnPlace } from './own-place.ts'
import { markerFact, notTried, sqlText, verdictOf } from './rehearse.ts'
import type { Ran } from './run.ts'
import { endSessions } from './session.ts'
import {
  becomes,
  cloneServer,
  lineOf,
  runTool,
  type Status,
  statusOf,
  TOOL_WORDS,
  type Tool,
  type ToolHands,
  textsOf,
} from './tool.ts'
import { readToolFiles, type ToolFilesHands } from './tool-files.ts'

const REHEARSAL_MS = 3_600_000

export interface ToolRehearsal {
  readonly parts: SnapshotPorts
  readonly hands: ToolHands
  readonly shown: ToolFilesHands & {
    /** The last kept change by the tool. */
    readonly since?: string
  }
}

export async function rehearseTool(
  action: MigrateByTool,
  { parts, hands, shown }: ToolRehearsal,
): Promise<readonly TrialCheck[]> {
  const limits: Limits = { timeoutMs: REHEARSAL_MS }
  const { live, searchPath, now } = await asPlanned(action, limits)
  return withOwnPlace(join(parts.place.state, OWN_PLACES.tool), async (tree) => {
    const files = await takeFiles(action.directory, { to: tree, leave: shown.leave })
    // INVARIANT: what approvers are shown of the files is what this host finds changed in them, whoever made the plan.
    const { changed, counts } = await readToolFiles(tree, {
      ...shown,
      leave: (path) => shown.leave(join(action.directory, relative(tree, path))),
      withhold: (path) => shown.withhold(join(action.directory, relative(tree, path))),
    })
    if (files.digest !== action.files || !isDeepStrictEqual(changed, action.changed))
      throw new SekishoError('schema.tool_files_moved', { directory: action.directory })
    const started = parts.clock.uptime()
    const texts = [...textsOf(tree, files), ...TOOL_WORDS]
    const up = named(action.argv)
    const down = named(action.back)
    const found = await withClone(live, action, parts, limits, async (clone) => {
      const play = new ToolPlay({ ...action, tree }, action, { clone, searchPath, limits, hands })
      const problems = await play.begin(new Names(texts, now))
      if (problems.length > 0) return { problems }
      const found = await onClone({
        action,
        play: { run: play.run, texts, own: play.own },
        up,
        down,
        clone,
        searchPath,
        live: now,
        limits,
        hands: { uptime: () => parts.clock.uptime(), pause: (ms) => delay(ms) },
      })
      return { found, problems: play.problems, status: play.status }
    })
    const validation: TrialCheck = {
      check: 'validation',
      verdict: 'green',
      facts: {
        validator: 'status',
        files: files.entries.filter(({ kind }) => kind !== 'directory').length,
        changed: { ...counts, ...(shown.since === undefined ? {} : { since: shown.since }) },
      },
      problems: [],
    }
    if (found.found === undefined)
      return [
        validation,
        { check: 'trial', verdict: 'red', facts: {}, problems: found.problems },
        notTried('undo'),
      ]
    const { trial, undo } = found.found
    const problems = [...trial.problems, ...found.problems]
    return [
      validation,
      {
        check: 'trial',
        verdict: verdictOf(problems),
        facts: {
          ...trial.facts,
          milliseconds: Math.round(parts.clock.uptime() - started),
          ...(await markerFact(live, action.database, limits)),
          ...(found.status === undefined ? {} : { status: found.status }),
        },
        problems,
      },
      { check: 'undo', verdict: verdictOf(undo.problems), facts: undo.facts, problems: undo.problems },
    ]
  })
}

const named = (argv: readonly string[]): SqlText => ({ ...sqlText({ name: lineOf(argv), sql: '' }) })

const scanned = record(integer(0), /^[^\0]{1,140}$/, 100_000)

interface On {
  readonly clone: Clone
  readonly searchPath: string
  readonly limits: Limits
  readonly hands: ToolHands
}

/** Runs the tool on the clone, and asks it after each turn how far the database is. */
class ToolPlay {
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
