// Records of stages in the runner's state, one file each, mode 0600: the facts that people saw, and the identities of files and databases. A stage
// whose digest the journal does not name was not made by this runner.
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Decoder, decode, integer, list, literal, object, optional, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { canonical, type Json, parseJson } from '../base/json.ts'
import type { Instant } from '../base/time.ts'
import { type Staged, staged, stagedDigest } from '../plans/restore.ts'
import type { StagedBody } from '../snapshot/ports.ts'
import { privateDirectory, readRegular, writeDurable } from '../sys/files.ts'
import type { StageRecord } from './stage-record.ts'

const LIMIT = 67_108_864
const word = text({ max: 4096 })

const record: Decoder<StageRecord> = object({
  staged,
  exchanges: list(object({ path: word, beside: word, staged: optional(word), live: optional(word) }), 200),
  swaps: list(
    object({
      port: integer(1, 65_535),
      pair: object({
        live: word,
        beside: word,
        liveOid: integer(),
        besideOid: integer(),
        closed: optional(integer()),
      }),
    }),
    200,
  ),
  places: optional(list(word, 200)),
  agent: optional(literal(true)),
})

/** A database that is loaded beside a live one: `id` is what names it (stage-database.ts). */
export interface LoadedDatabase {
  readonly port: number
  readonly database: string
  readonly id: string
}
/** What staging has begun to make. */
export interface Made {
  readonly places: readonly string[]
  readonly databases: readonly LoadedDatabase[]
}
const made: Decoder<Made> = object({
  places: list(word, 1000),
  databases: list(object({ port: integer(1, 65_535), database: word, id: word }), 1000),
})

/** `places`: directories that hold this stage alone, to be removed with it. */
export type StoredStage = StageRecord & {
  readonly places?: readonly string[]
  /** An agent asked for it. */
  readonly agent?: true
}

export class StageStore {
  readonly #directory: string
  constructor(directory: string) {
    this.#directory = directory
  }

  async save(stage: StoredStage): Promise<void> {
    await privateDirectory(this.#directory)
    await writeDurable(this.#path(stage.staged.stage), `${canonical(stage as unknown as Json)}\n`, {
      mode: 0o600,
    })
  }

  /** Throws restore.stage_gone, also where the journal names another digest, or none, for it. */
  async load(
    stage: string,
    index: { readonly stages: ReadonlyMap<string, StagedBody> },
  ): Promise<StoredStage> {
    const gone = new SekishoError('restore.stage_gone', { stage })
    const found = await readRegular(this.#path(stage), LIMIT)
    if (found === undefined) throw gone
    const read = decode(record as Decoder<StoredStage>, parseJson(found.bytes.toString('utf8')))
    if (!read.ok) throw gone
    const known = index.stages.get(stage)
    if (known === undefined || known.digest !== stagedDigest(read.value.staged)) throw gone
    return read.value
  }

  async list(): Promise<readonly string[]> {
    const names = await readdir(this.#directory).catch(() => [] as string[])
    return names.flatMap((name) => /^([0-9a-f]{32})\.json$/.exec(name)?.[1] ?? [])
  }

  /** A change was tried with it, so it is not replaced by a newer one. */
  async tried(stage: string): Promise<void> {
    await writeDurable(join(this.#directory, `${stage}.tried`), '', { mode: 0o600 })
  }

  async isTried(stage: string): Promise<boolean> {
    return (await readRegular(join(this.#directory, `${stage}.tried`), 0)) !== undefined
  }

  /** Durable when it returns. INVARIANT S1: nothing is made for a stage before it is recorded here. */
  async begin(stage: string, of: Made): Promise<void> {
    await privateDirectory(this.#directory)
    await writeDurable(this.#begun(stage), `${canonical(of as unknown as Json)}\n`, { mode: 0o600 })
  }

  /** It is ready, or everything that was made for it is removed. */
  async ended(stage: string): Promise<void> {
    await rm(this.#begun(stage), { force: true })
  }

  /** Stages that were begun and not finished, with what was made for them. */
  async begun(): Promise<readonly { readonly stage: string; readonly made: Made }[]> {
    const names = await readdir(this.#directory).catch(() => [] as string[])
    const found: { stage: string; made: Made }[] = []
    for (const name of names) {
      const stage = /^([0-9a-f]{32})\.begun\.json$/.exec(name)?.[1]
      if (stage === undefined) continue
      const file = await readRegular(this.#begun(stage), LIMIT)
      const read = file === undefined ? undefined : decode(made, parseJson(file.bytes.toString('utf8')))
      if (read?.ok === true) found.push({ stage, made: read.value })
    }
    return found
  }

  async forget(stage: string): Promise<void> {
    await rm(join(this.#directory, `${stage}.tried`), { force: true })
    await rm(this.#path(stage), { force: true })
  }

  #begun(stage: string): string {
    return join(this.#directory, `${stage}.begun.json`)
  }

  #path(stage: string): string {
    return join(this.#directory, `${stage}.json`)
  }
}

/** True where its time is over. An approval of it cannot be older. */
export function isOver({ expires }: Staged, now: Instant): boolean {
  return expires < now
}
