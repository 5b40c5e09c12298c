// A child process of a test, heard: what it said and how it ended. Who waits for something that the child should do is told at once when
// it has ended instead, by itself or by a signal, with what it said: nobody waits for the dead.
import type { ChildProcess } from 'node:child_process'
import { until } from './until.ts'

export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Heard {
  readonly child: ChildProcess
  readonly out: () => string
  readonly err: () => string
  /** undefined while it lives. */
  readonly end: () => End | undefined
  /** Waits for its end. */
  readonly ended: (limitMs?: number) => Promise<End>
  /** Waits for a fact that this child brings about. */
  readonly until: <T>(what: string, look: Look<T>, limitMs?: number) => Promise<T>
}
export type Look<T> = () => Promise<T | undefined | false> | T | undefined | false

const LIMIT_MS = 60_000
/** A grandchild may hold the pipes open after the end; what the child itself said is here by then. */
const LAST_WORDS_MS = 200

export function hear(child: ChildProcess): Heard {
  let out = ''
  let err = ''
  let end: End | undefined
  child.stdout?.on('data', (chunk) => {
    out += String(chunk)
  })
  child.stderr?.on('data', (chunk) => {
    err += String(chunk)
  })
  child.once('error', (error) => {
    err += String(error)
    end ??= { code: null, signal: null }
  })
  child.once('close', (code, signal) => {
    end ??= { code, signal }
  })
  child.once('exit', (code, signal) => {
    setTimeout(() => {
      end ??= { code, signal }
    }, LAST_WORDS_MS).unref()
  })
  const saying = (what: string) => (error: unknown) => {
    const state =
      end === undefined ? 'it lives and said' : `it ended with ${end.code ?? end.signal ?? 'no start'}`
    throw new Error(`${what}: ${state}\n${out}${err}`, { cause: error })
  }
  return {
    child,
    out: () => out,
    err: () => err,
    end: () => end,
    ended: (limitMs = LIMIT_MS) => until('the end of the child', limitMs, () => end).catch(saying('no end')),
    until: (what, look, limitMs = LIMIT_MS) =>
      until(what, limitMs, async () => {
        // Asked before we look: what it did just before its end counts.
        const wasOver = end !== undefined
        const found = await look()
        if (found !== undefined && found !== false) return found
        if (wasOver) throw new Error(`the child is dead`)
        return undefined
      }).catch(saying(what)),
  }
}
