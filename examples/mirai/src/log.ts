// Logs as lines of JSON: app.log for what happened, error.log for what went wrong, auth.log for who tried to come in.
// The files are opened anew on SIGHUP, so that they can be rotated by renaming.
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { LEVELS, type Level } from './config.ts'

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>

export class Log {
  readonly #directory: string
  readonly #least: number
  #files: { readonly app: number; readonly error: number; readonly auth: number }

  constructor(directory: string, level: Level) {
    this.#directory = directory
    this.#least = LEVELS.indexOf(level)
    mkdirSync(directory, { recursive: true })
    this.#files = this.#open()
  }

  debug(message: string, fields: Fields = {}): void {
    this.#write('debug', message, fields)
  }
  info(message: string, fields: Fields = {}): void {
    this.#write('info', message, fields)
  }
  warn(message: string, fields: Fields = {}): void {
    this.#write('warn', message, fields)
  }
  error(message: string, fields: Fields = {}): void {
    this.#write('error', message, fields)
  }

  /** Written whatever the level is: a failed login must be findable. */
  auth(message: string, fields: Fields): void {
    writeSync(this.#files.auth, line('info', message, fields))
  }

  reopen(): void {
    const old = this.#files
    this.#files = this.#open()
    for (const file of Object.values(old)) closeSync(file)
  }

  close(): void {
    for (const file of Object.values(this.#files)) closeSync(file)
  }

  #open() {
    const open = (name: string) => openSync(join(this.#directory, name), 'a', 0o640)
    return { app: open('app.log'), error: open('error.log'), auth: open('auth.log') }
  }

  #write(level: Level, message: string, fields: Fields): void {
    if (LEVELS.indexOf(level) < this.#least) return
    writeSync(this.#files.app, line(level, message, fields))
    if (level === 'error') writeSync(this.#files.error, line(level, message, fields))
  }
}

function line(level: Level, message: string, fields: Fields): string {
  return `${JSON.stringify({ at: new Date().toISOString(), level: level.toUpperCase(), message, ...fields })}\n`
}
