// One JSON file of records with ids. It is replaced whole: temporary file, fsync, rename, fsync of the directory.
// INVARIANT M1: whoever reads the file, at any moment and after any crash, sees one whole version.
import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

export interface Stored {
  readonly id: string
}

/** What the service needs of a place that keeps records. A file answers at once, a database when it has been asked. */
export interface Records<T extends Stored> {
  /** What it is called in a log. */
  readonly path: string
  load(): void | Promise<void>
  all(): readonly T[] | Promise<readonly T[]>
  find(id: string): T | undefined | Promise<T | undefined>
  put(record: T): void | Promise<void>
  /** False where there is no such record. */
  remove(id: string): boolean | Promise<boolean>
  /** What is wrong with what is kept, in words; undefined when it is sound. */
  fault(): string | undefined | Promise<string | undefined>
}

export class Store<T extends Stored> implements Records<T> {
  readonly path: string
  readonly #isRecord: (value: unknown) => value is T
  #records: readonly T[] = []
  #looked: { readonly stamp: string; readonly fault: string | undefined } | undefined

  constructor(directory: string, name: string, isRecord: (value: unknown) => value is T) {
    this.path = join(directory, name)
    this.#isRecord = isRecord
    if (!existsSync(this.path)) this.#write([])
    this.load()
  }

  /** Reads the file anew. Throws, and keeps what it had, when the file is not sound. */
  load(): void {
    this.#records = this.#read()
  }

  all(): readonly T[] {
    return this.#records
  }

  find(id: string): T | undefined {
    return this.#records.find((record) => record.id === id)
  }

  put(record: T): void {
    const others = this.#records.filter((each) => each.id !== record.id)
    this.#replace([...others, record])
  }

  /** False where there is no such record. */
  remove(id: string): boolean {
    if (this.find(id) === undefined) return false
    this.#replace(this.#records.filter((record) => record.id !== id))
    return true
  }

  /** What is wrong with the file on disk, in words; undefined when it is sound. Looks again only when it has changed. */
  fault(): string | undefined {
    let stamp: string
    try {
      const { ino, size, mtimeMs } = statSync(this.path)
      stamp = `${ino} ${size} ${mtimeMs}`
    } catch (error) {
      return message(error)
    }
    if (this.#looked?.stamp !== stamp) this.#looked = { stamp, fault: this.#check() }
    return this.#looked.fault
  }

  #check(): string | undefined {
    try {
      this.#read()
      return undefined
    } catch (error) {
      return message(error)
    }
  }

  #read(): readonly T[] {
    const value: unknown = JSON.parse(readFileSync(this.path, 'utf8'))
    if (!Array.isArray(value)) throw new Error(`${this.path}: not a list`)
    const records: T[] = []
    for (const each of value) {
      if (!this.#isRecord(each)) throw new Error(`${this.path}: record ${records.length + 1} is not sound`)
      records.push(each)
    }
    return records
  }

  #replace(records: readonly T[]): void {
    this.#write(records)
    this.#records = records
  }

  #write(records: readonly T[]): void {
    const temporary = `${this.path}.tmp`
    const file = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o640)
    try {
      writeFileSync(file, `${JSON.stringify(records, undefined, 2)}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, this.path)
    const directory = openSync(dirname(this.path), constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      fsyncSync(directory)
    } finally {
      closeSync(directory)
    }
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
