// Records of stages of code in the runner's state, one file each, mode 0600. A stage whose digest the journal does not name was not made by this runner.
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Decoder, decode, list, text } from '../../base/decode.ts'
import { SekishoError } from '../../base/error.ts'
import { canonical, type Json, parseJson } from '../../base/json.ts'
import { codeStagedDigest } from '../../plans/code.ts'
import { privateDirectory, readRegular, writeDurable } from '../../sys/files.ts'
import type { Body } from '../journal/index.ts'
import { type CodeRecord, codeRecord } from './record.ts'

const LIMIT = 16_777_216
const paths: Decoder<readonly string[]> = list(text({ max: 4096 }), 100)

export class CodeStore {
  readonly #directory: string
  constructor(directory: string) {
    this.#directory = directory
  }

  async save(record: CodeRecord): Promise<void> {
    await privateDirectory(this.#directory)
    const line = `${canonical(record as unknown as Json)}\n`
    await writeDurable(this.#path(record.staged.stage, 'json'), line, { mode: 0o600 })
  }

  /** Throws deploy.stage_gone, also where the journal names another digest, or none, for it. */
  async load(
    stage: string,
    index: { readonly stages: ReadonlyMap<string, Body<'staged'>> },
  ): Promise<CodeRecord> {
    const gone = new SekishoError('deploy.stage_gone', { stage })
    const found = await readRegular(this.#path(stage, 'json'), LIMIT)
    if (found === undefined) throw gone
    const read = decode(codeRecord, parseJson(found.bytes.toString('utf8')))
    if (!read.ok || index.stages.get(stage)?.digest !== codeStagedDigest(read.value.staged)) throw gone
    return read.value
  }

  list(): Promise<readonly string[]> {
    return this.#names(/^([0-9a-f]{32})\.json$/)
  }

  /** Durable when it returns: nothing is made for a stage before it is recorded here. */
  async begin(stage: string, made: readonly string[]): Promise<void> {
    await privateDirectory(this.#directory)
    await writeDurable(this.#path(stage, 'begun.json'), `${canonical(made as unknown as Json)}\n`, {
      mode: 0o600,
    })
  }

  async ended(stage: string): Promise<void> {
    await rm(this.#path(stage, 'begun.json'), { force: true })
  }

  /** Stages that were begun and not finished, with the directories that were made for them. */
  async begun(): Promise<readonly { readonly stage: string; readonly made: readonly string[] }[]> {
    const found: { stage: string; made: readonly string[] }[] = []
    for (const stage of await this.#names(/^([0-9a-f]{32})\.begun\.json$/)) {
      const file = await readRegular(this.#path(stage, 'begun.json'), LIMIT)
      const read = file === undefined ? undefined : decode(paths, parseJson(file.bytes.toString('utf8')))
      if (read?.ok === true) found.push({ stage, made: read.value })
    }
    return found
  }

  async forget(stage: string): Promise<void> {
    await rm(this.#path(stage, 'json'), { force: true })
  }

  async #names(form: RegExp): Promise<readonly string[]> {
    const names = await readdir(this.#directory).catch(() => [] as string[])
    return names.flatMap((name) => form.exec(name)?.[1] ?? [])
  }

  #path(stage: string, ending: string): string {
    return join(this.#directory, `${stage}.${ending}`)
  }
}
