// A secret that a channel needs, read at each sending from the file that the rules name, so that a new one holds at once.
import { SekishoError } from '../base/error.ts'
import { readRegular } from '../sys/files.ts'

const LIMIT = 4096

export type ReadSecret =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly why: 'secret_unreadable' | 'secret_for_all' | 'secret_empty' }

/** A file that everybody may read holds no secret. The line's end is not part of it. */
export async function readSecret(path: string): Promise<ReadSecret> {
  try {
    const read = await readRegular(path, LIMIT)
    if (read === undefined) return { ok: false, why: 'secret_unreadable' }
    if ((read.stat.mode & 0o004) !== 0) return { ok: false, why: 'secret_for_all' }
    const value = read.bytes.toString('utf8').replace(/\r?\n$/, '')
    return value === '' ? { ok: false, why: 'secret_empty' } : { ok: true, value }
  } catch (error) {
    if (!(error instanceof SekishoError)) throw error
    return { ok: false, why: 'secret_unreadable' }
  }
}
