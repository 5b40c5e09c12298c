// The config playbook: from what somebody wants of declared files, and the facts read of them, to one frozen plan.
// Values in, values out: the same wish on the same facts gives the same plan, byte for byte.
import { type Answer, refused } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { byteOrder, type ChangeId } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import { mask } from '../guard/mask.ts'
import type { EditEnv, EnvSetting } from '../plans/actions/edit-env.ts'
import { kindRow } from '../plans/config-kinds/registry.ts'
import { dataDirectoryOf } from '../plans/data-directory.ts'
import { type FileChange, type FileState, type Link, NEW_FILE } from '../plans/file-state.ts'
import { ownNameOf } from '../plans/own-name.ts'
import type { Plan } from '../plans/plan.ts'
import { configPlan } from '../plans/playbooks/config.ts'
import { type CompiledPolicy, type ConfigFile, declaredFile, type Service } from '../plans/policy.ts'
import { isWritable } from '../seal/env-value.ts'

export type FileWanted =
  | {
      readonly kind: 'write'
      readonly path: string
      readonly digest: Digest
      readonly size: number
      /** Of a file that comes back: the owner and mode it had. */
      readonly as?: { readonly mode: number; readonly uid: number; readonly gid: number }
    }
  | { readonly kind: 'delete'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }

export interface EnvWanted {
  readonly path: string
  readonly set: readonly EnvSetting[]
  readonly unset: readonly string[]
}

/** What was read of one declared path (plans/fingerprint.ts, kind `file`). */
export interface FileFacts {
  readonly path: string
  readonly real: string
  readonly links: readonly Link[]
  readonly state: FileState
  /** Whose the declared name is, where it is a link itself. */
  readonly link?: { readonly uid: number; readonly gid: number }
}

export interface ConfigWish {
  readonly change: ChangeId
  readonly revision: number
  readonly files: readonly FileWanted[]
  readonly env: readonly EnvWanted[]
  readonly keep?: 'proof' | 'person'
  readonly window?: { readonly from: Instant; readonly until: Instant }
}

export interface ConfigFacts {
  readonly files: readonly FileFacts[]
  /** How long each unit may take to stop, by name, in ms. */
  readonly stopTimeoutMs: Readonly<Record<string, number>>
  /** The declared health of the service was read as red. */
  readonly down?: boolean
  /** Units that do not run now. */
  readonly inactive?: readonly string[]
}

/** Names whose values nobody should read: such a value goes by `secret put`, never through plan and ledger. */
const LOOKS_SECRET =
  /(^|_)(PASSWORD|PASSWD|PASS|SECRET|TOKEN|CREDENTIALS?|PRIVATE|API_?KEY|ACCESS_?KEY|SECRET_?KEY|DATABASE_URL|DSN)($|_)/i

export function planConfig(
  policy: CompiledPolicy,
  service: Service,
  wish: ConfigWish,
  facts: ConfigFacts,
): Answer<{ readonly plan: Plan }> {
  const paths = [...wish.files.map(({ path }) => path), ...wish.env.map(({ path }) => path)]
  if (paths.length === 0) return refused('plan.nothing_to_do', { service: service.name })
  if (new Set(paths).size !== paths.length) return refused('plan.path_twice', { paths })
  for (const path of paths)
    if (declaredFile(service, path) === undefined)
      return refused('plan.path_not_declared', {
        path,
        service: service.name,
        declared: service.files.map((one) => one.path),
        missing: paths.filter((one) => declaredFile(service, one) === undefined),
      })
  for (const { path } of wish.files)
    if (declaredFile(service, path)?.secret === true) return refused('plan.secret_by_key_only', { path })
  for (const { path } of wish.env)
    if (!isByKey(declaredFile(service, path))) return refused('plan.not_dotenv', { path })
  const open = wish.env
    .flatMap(({ set }) => set)
    .find(({ key, to }) => to.kind === 'text' && (LOOKS_SECRET.test(key) || mask(to.value) !== to.value))
  if (open !== undefined) return refused('plan.looks_secret', { key: open.key, service: service.name })
  const unwritable = wish.env
    .flatMap(({ set }) => set)
    .find(({ to }) => to.kind === 'text' && !isWritable(to.value))
  if (unwritable !== undefined) return refused('plan.value_not_writable', { key: unwritable.key })

  const changes: FileChange[] = []
  for (const wanted of [...wish.files].sort((a, b) => byteOrder(a.path, b.path))) {
    const read = facts.files.find((one) => one.path === wanted.path)
    if (read === undefined) return refused('plan.not_read', { path: wanted.path })
    const change = fileChange(wanted, read, declaredFile(service, wanted.path))
    if (!change.ok) return change
    changes.push(change.change)
  }
  if (
    wish.env.length === 0 &&
    changes.every(({ before, after }) => JSON.stringify(before) === JSON.stringify(after))
  )
    return refused('plan.already_so', { paths })

  const found = facts.files.filter(({ path }) => paths.includes(path))
  const reals = [...found, ...changes].map(({ real }) => real)
  const data = dataDirectoryOf(service, ...paths, ...reals)
  if (data?.change === 'api-only')
    return refused('plan.data_api_only', { dir: data.dir, service: service.name })

  const env: EditEnv[] = []
  for (const { path, set, unset } of wish.env) {
    const read = facts.files.find((one) => one.path === path)
    if (read === undefined) return refused('plan.not_read', { path })
    if (set.length + unset.length === 0) return refused('plan.nothing_to_do', { service: service.name })
    const { real, links, state: before } = read
    env.push({ kind: 'editEnv', path, real, links, before, set, unset })
  }
  const { change, revision, window } = wish
  const { stopTimeoutMs } = facts
  const plan = configPlan(policy, service, {
    change,
    revision,
    files: changes,
    env,
    reals: found,
    stopTimeoutMs,
    down: facts.down === true,
    inactive: facts.inactive ?? [],
    keepByPerson: wish.keep === 'person',
    ...(window === undefined ? {} : { window }),
  })
  return { ok: true, plan }
}

function fileChange(
  wanted: FileWanted,
  read: FileFacts,
  declared: ConfigFile | undefined,
): Answer<{ readonly change: FileChange }> {
  const { path, real, links, state: before } = read
  const { mode: fresh, ...anew } = (wanted.kind === 'write' ? wanted.as : undefined) ?? NEW_FILE
  const owner = before.kind === 'absent' ? anew : { uid: before.uid, gid: before.gid }
  const mode = before.kind === 'file' ? before.mode : before.kind === 'absent' ? fresh : NEW_FILE.mode
  const owned = declared === undefined ? undefined : kindRow(declared.kind).owned
  switch (wanted.kind) {
    case 'write':
      return {
        ok: true,
        change: {
          path,
          real,
          links,
          before,
          after: { kind: 'file', digest: wanted.digest, size: wanted.size, mode, ...owner, ...owned },
        },
      }
    case 'delete': {
      // What is deleted is the declared name; where that is a link, the link and not the file behind it, which may be gone already.
      const own = inPlaceOf(read)
      if (own.before.kind === 'absent') return refused('plan.already_so', { paths: [path] })
      return { ok: true, change: { path, ...own, after: { kind: 'absent' } } }
    }
    case 'link':
      return {
        ok: true,
        change: {
          path,
          ...inPlaceOf(read),
          after: { kind: 'link', target: wanted.target, uid: 0, gid: 0 },
        },
      }
  }
}

/** The declared name itself: a link where it is one, else the file; the links of its directories are only followed. */
function inPlaceOf({
  path,
  real,
  links,
  state,
  link,
}: FileFacts): Pick<FileChange, 'real' | 'links' | 'before'> {
  const own = ownNameOf(path, links)
  return own?.target === undefined || link === undefined
    ? { real, links, before: state }
    : { real: own.path, links: [], before: { kind: 'link', target: own.target, ...link } }
}

function isByKey(file: ConfigFile | undefined): boolean {
  return file !== undefined && kindRow(file.kind).byKey === true
}

/** The name on the card: what kind of configuration this is. */
export function configKind(service: Service, paths: readonly string[]): string {
  const kinds = new Set(paths.map((path) => declaredFile(service, path)?.kind ?? 'file'))
  return kinds.size === 1 ? ([...kinds][0] as string) : 'several'
}
