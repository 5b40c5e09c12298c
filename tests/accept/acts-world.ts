// A real directory with declared files and the context that acts take: for the tests of acts, proofs and reverts.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Digest, keyedHash, sha256 } from '../../src/base/hash.ts'
import type { ExecutionId, ServiceName } from '../../src/base/id.ts'
import { readFileFacts } from '../../src/host/file-facts.ts'
import { type Action } from '../../src/plans/actions.ts'
import { type FileChange, type FileState } from '../../src/plans/file-state.ts'
import { type PlannedAction } from '../../src/plans/plan.ts'
import type { CompiledPolicy, ConfigFile, Service } from '../../src/plans/policy.ts'
import type { ActContext } from '../../src/runner/act/context.ts'
import { systemClock, systemRandom } from '../../src/sys/clock.ts'
import { openLauncher } from '../../src/sys/launcher.ts'

export const EXECUTION = 'CHG-2026-0001/1' as ExecutionId
export const KEY = Buffer.from('a key of tests only')

export function declaration(path: string, more: Partial<ConfigFile> = {}): ConfigFile {
  return { path, kind: 'file', secret: false, activation: 'none', keep: 'proof', ...more }
}

export function policyOf(files: readonly ConfigFile[], more: Partial<Service> = {}): CompiledPolicy {
  const service: Service = { name: 'mirai' as ServiceName, host: 'h1', files, logs: {}, ...more }
  const rule = { approvals: 1, roles: ['owner'], keys: ['file'] } as const
  return {
    v: 1,
    version: sha256('policy') as Digest,
    name: 'test',
    language: 'en',
    zone: 'Asia/Tokyo',
    people: [],
    agents: [],
    services: [service],
    rules: {
      tier1: rule,
      tier2: rule,
      standingPerHour: 0,
      windows: [],
      freezes: [],
      notification: { config: 'not_needed', service: 'not_needed' },
      keepSeconds: 60,
      approvalSeconds: 600,
      floorBytes: 0,
      agentUser: 'own',
      level: 'guard',
    },
  }
}

export interface World {
  /** Declared files lie in here. */
  readonly root: string
  readonly copies: string
  readonly state: string
  readonly secrets: Map<string, Buffer>
  context(files: readonly ConfigFile[], more?: Partial<ActContext>): ActContext
  /** Takes bytes as the runner's store has them. */
  blob(bytes: string | Buffer): { readonly digest: Digest; readonly size: number }
  file(name: string, text: string, mode?: number): string
  end(): void
}

/** `at`: where; the default is the machine's temporary directory. */
export function makeWorld(at = tmpdir()): World {
  const base = mkdtempSync(join(at, 'sekisho-acts-'))
  chmodSync(base, 0o755)
  const root = join(base, 'etc')
  const state = join(base, 'state')
  const copies = join(state, 'copies', 'CHG-2026-0001.1')
  mkdirSync(root)
  mkdirSync(copies, { recursive: true, mode: 0o700 })
  chmodSync(state, 0o700)
  const blobs = new Map<string, Buffer>()
  const secrets = new Map<string, Buffer>()
  return {
    root,
    copies,
    state,
    secrets,
    context: (files, more = {}) =>
      contextOf(copies, files, {
        blob: async (digest) => {
          const bytes = blobs.get(digest)
          if (bytes === undefined) throw new Error(`no blob ${digest}`)
          return bytes
        },
        secret: async (reference) => {
          const bytes = secrets.get(reference)
          if (bytes === undefined) throw new Error(`no secret ${reference}`)
          return bytes
        },
        ...more,
      }),
    blob: (bytes) => {
      const buffer = Buffer.from(bytes)
      const digest = sha256(buffer)
      blobs.set(digest, buffer)
      return { digest, size: buffer.length }
    },
    file: (name, text, mode = 0o644) => {
      const path = join(root, name)
      writeFileSync(path, text)
      chmodSync(path, mode)
      return path
    },
    end: () => rmSync(base, { recursive: true, force: true }),
  }
}

/** As the planner makes it: what is read now, and the new bytes with the same owner and mode unless given. */
export async function changeOf(
  path: string,
  text: string | undefined,
  c: ActContext,
  world: Pick<World, 'blob'>,
  owner: { readonly mode?: number; readonly uid?: number; readonly gid?: number } = {},
): Promise<FileChange> {
  const { real, links, state: before } = await readFileFacts(path, c)
  const old =
    before.kind === 'file'
      ? before
      : { mode: 0o644, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  const { mode, uid, gid } = { ...old, ...owner }
  const after: FileState =
    text === undefined ? { kind: 'absent' } : { kind: 'file', ...world.blob(text), mode, uid, gid }
  return { path, real, links, before, after }
}

export function planned(action: Action): PlannedAction {
  return { id: '1', action, undo: [{ kind: 'putBack' }], timeoutMs: 30_000 }
}

type Stores = Pick<ActContext, 'blob' | 'secret'>

/** As in the runner: its copies are made by a standing shell. */
const launcher = openLauncher({ random: systemRandom })

function contextOf(
  copies: string,
  files: readonly ConfigFile[],
  more: Stores & Partial<ActContext>,
): ActContext {
  return {
    run: launcher.run,
    clock: systemClock,
    policy: policyOf(files),
    keyed: (bytes) => keyedHash(KEY, bytes),
    signal: new AbortController().signal,
    systemctl: false,
    execution: EXECUTION,
    copies,
    killPoint: () => {},
    ...more,
  }
}

/** For a process of its own: the blobs are given as texts. */
export function makeContext(
  copies: string,
  files: readonly ConfigFile[],
  blobs: readonly string[],
  more: Partial<ActContext> = {},
): ActContext {
  const store = new Map(blobs.map((text) => [sha256(text), Buffer.from(text)]))
  return contextOf(copies, files, {
    blob: async (digest) => {
      const bytes = store.get(digest)
      if (bytes === undefined) throw new Error(`no blob ${digest}`)
      return bytes
    },
    secret: async (reference) => {
      throw new Error(`no secret ${reference}`)
    },
    ...more,
  })
}
