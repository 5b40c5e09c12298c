// What is protected, compiled: `config apply` writes this as guard.json, and nothing in it is written twice.
import type { Path } from './path.ts'

export type Answer = 'allow' | 'ask' | 'deny'

/** A row as it stands in guard.json. Paths are absolute patterns: names, * ? [], ** for any number of names. */
export interface ProtectRow {
  readonly name: string
  readonly kind: 'data' | 'secret' | 'config' | 'self' | 'system'
  readonly service?: string
  readonly paths: readonly string[]
  readonly except?: readonly string[]
  readonly read: Answer
  readonly write: Answer
  readonly delete: Answer
  /** Where it is written: `services.backend.data[0]`. */
  readonly source?: string
  /** The top of a git tree that tracks files in it, as `config apply` found it: git then writes over live data. */
  readonly tree?: string
  /** Data that changes only through an application: where that is. */
  readonly api?: { readonly base: string; readonly docs?: string }
}
export interface ServiceRow {
  readonly name: string
  readonly units: readonly string[]
  readonly processes: readonly string[]
  readonly ports: readonly number[]
  readonly containers: readonly string[]
  readonly urls: readonly string[]
  /** Where its deployed code lies as a work tree or repository. */
  readonly repo?: string
  readonly source?: string
}
export interface GuardPolicy {
  readonly v: 1
  /** Digest of the sources; `builtin` where no policy was ever applied. */
  readonly version: string
  readonly level: 'observe' | 'guard'
  readonly protect: readonly ProtectRow[]
  readonly services: readonly ServiceRow[]
  readonly databases: readonly { readonly name: string; readonly engine: string; readonly service: string }[]
  readonly branches: readonly string[]
  /** Who is asked when there is no other way. */
  readonly ask?: string
  /** Different refused intents after which an agent is paused; never at `observe`. */
  readonly pauseAfter: number
  /** Answers for rules by id, where the policy changes the default. */
  readonly rules: Readonly<Record<string, Answer>>
  readonly strict: boolean
}

/** With its patterns read: made once for many questions. */
export interface Compiled {
  readonly policy: GuardPolicy
  readonly protect: readonly (ProtectRow & {
    readonly patterns: readonly Path[]
    readonly exceptions: readonly Path[]
  })[]
}

export function compile(policy: GuardPolicy): Compiled {
  return {
    policy,
    protect: policy.protect.map((row) => ({
      ...row,
      patterns: row.paths.map(pattern),
      exceptions: (row.except ?? []).map(pattern),
    })),
  }
}

const patterns = new Map<string, Path>()

/** A pattern of the policy as a path: the same wildcards as the shell's. */
export function pattern(source: string): Path {
  let found = patterns.get(source)
  if (found === undefined) {
    const segments = source
      .split('/')
      .filter((part) => part !== '')
      .map((part) => {
        if (part === '**') return 'tree' as const
        // A policy's star takes a leading dot: it was written by somebody who means all files.
        // Most names have no star, and a hook reads hundreds of them at its start.
        if (!part.includes('*')) return [part]
        const pieces = part.split(/(\*)/).filter((one) => one !== '')
        return pieces.map((one) => (one === '*' ? ({ wild: 'component' } as const) : one))
      })
    found = { segments, loose: false }
    patterns.set(source, found)
  }
  return found
}

export const BUILTIN: GuardPolicy = {
  v: 1,
  version: 'builtin',
  level: 'observe',
  protect: [],
  services: [],
  databases: [],
  branches: ['main', 'master'],
  pauseAfter: 5,
  rules: {},
  strict: false,
}
