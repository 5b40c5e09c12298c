// A settings file of somebody else's program: read whole or refused, its indentation and the order of its keys kept.
import { unlink } from 'node:fs/promises'
import { SekishoError } from '../base/error.ts'
import { isObject, JsonError, type JsonObject, parseJson } from '../base/json.ts'
import { fileError, readRegular } from '../sys/files.ts'

const LIMIT = 4_194_304
export interface SettingsFile {
  readonly path: string
  /** Undefined where there is no file. */
  readonly text: string | undefined
  readonly settings: JsonObject
}

/** Throws guard.settings_unreadable with the place, file.*. */
export async function readSettings(path: string): Promise<SettingsFile> {
  const file = await readRegular(path, LIMIT)
  if (file === undefined) return { path, text: undefined, settings: {} }
  const text = file.bytes.toString('utf8')
  if (text.trim() === '') return { path, text, settings: {} }
  try {
    const value = parseJson(text.replace(/^\ufeff/, ''))
    if (isObject(value)) return { path, text, settings: value as JsonObject }
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    throw new SekishoError(
      'guard.settings_unreadable',
      { path, why: 'json', says: /\((.*)\)/s.exec(cause.message)?.[1] ?? cause.message },
      { cause },
    )
  }
  throw new SekishoError('guard.settings_unreadable', { path, why: '… ≠ { … }' })
}

/** The text of changed settings in the form of the file that they came from. */
export function settingsText({ text, settings: before }: SettingsFile, after: JsonObject): string {
  const source = text ?? ''
  const indent = /\n([ \t]+)"/.exec(source)?.[1] ?? (source.includes('\n') || source === '' ? '  ' : '')
  const ordered = Object.fromEntries([
    ...Object.keys(before).flatMap((key) => (after[key] === undefined ? [] : [[key, after[key]] as const])),
    ...Object.entries(after).filter(([key]) => before[key] === undefined),
  ])
  const end = source === '' || /\r?\n$/.test(source) ? '\n' : ''
  const fresh = JSON.stringify(ordered, null, indent) + end
  return source.includes('\r\n') ? fresh.replaceAll('\n', '\r\n') : fresh
}

export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw fileError(path, cause)
  })
}
