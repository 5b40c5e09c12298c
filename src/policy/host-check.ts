// What only the host can say about a policy before it holds: is each declared file a file of ours to change, and does the health
// address answer itself. What looks is handed in; nothing is changed by looking.
import type { PolicyProblem } from '../base/policy-problem.ts'
import type { NotifyRules } from '../notify/rules.ts'
import type { Health, Service } from '../plans/policy.ts'
import { dropInDirectory } from './document.ts'
import type { HostFacts } from './host-facts.ts'
import { type Note, noted } from './note.ts'
import type { ReadPolicy } from './read.ts'

export const MAX_FILE = 1_048_576

/** A path as it is on the host. `real` is the end of the chain of links (the path itself without one). */
export type PathLook =
  | { readonly kind: 'absent'; readonly directory: boolean; readonly real: string }
  | {
      readonly kind: 'file'
      readonly size: number
      readonly names: number
      readonly real: string
      /** Not everybody on this machine may read it. */
      readonly isPrivate?: boolean
    }
  | { readonly kind: 'directory' | 'device' | 'pipe' | 'socket'; readonly real: string }
  | { readonly kind: 'unreadable'; readonly why: string }

/** One answer of a health address; links of the answer are not followed. */
export type HealthLook =
  | { readonly kind: 'answer'; readonly status: number; readonly to?: string }
  | { readonly kind: 'certificate'; readonly why: string }
  | { readonly kind: 'silent'; readonly why: string }

export interface HostView {
  /** What the guard's file takes from the host; absent where only paths and addresses are looked at. */
  readonly facts?: (services: readonly Service[]) => Promise<HostFacts>
  readonly path: (path: string) => Promise<PathLook>
  readonly health: (health: Health) => Promise<HealthLook>
}

/** Refusals and warnings in one list; `isRefusal` tells them apart. */
export async function checkHost(
  policy: ReadPolicy & { readonly ok: true },
  host: HostView,
): Promise<readonly PolicyProblem[]> {
  const declared = new Set(policy.declared.map(({ path }) => path))
  const secrets = new Set(
    policy.compiled.runner.services.flatMap(({ files }) =>
      files.filter(({ secret }) => secret).map(({ path }) => path),
    ),
  )
  const looks = await Promise.all(
    policy.declared.map(async ({ at, path }) => ({
      at: `${at}.path`,
      path,
      look: await host.path(dropInDirectory(path) ?? path),
    })),
  )
  const addresses = policy.compiled.runner.services.flatMap(({ name, health }) =>
    health === undefined ? [] : [{ at: `services.${name}.health.url`, health }],
  )
  const channelSecrets = secretFiles(policy.compiled.runner.notify)
  const found = await Promise.all(
    channelSecrets.map(async ({ at, path }) => ({ at, path, look: await host.path(path) })),
  )
  const answers = await Promise.all(
    addresses.map(async ({ at, health }) => ({ at, health, look: await host.health(health) })),
  )
  return noted((note) => {
    for (const { at, path, look } of looks)
      if (look.kind === 'file' && look.isPrivate === true && !secrets.has(path))
        note(at, 'host.private', { value: path })
    for (const { at, path, look } of looks)
      if (dropInDirectory(path) === undefined) checkPath(at, path, look, declared, note)
      else checkDropIns(at, path, look, note)
    for (const { at, path, look } of found) checkSecret(at, path, look, note)
    for (const { at, health, look } of answers) checkAnswer(at, health, look, note)
    for (const service of policy.compiled.runner.services) checkPlaces(service, note)
  }, policy.positionOf)
}

/** The files of secrets that channels need. */
function secretFiles(
  rules: NotifyRules | undefined,
): readonly { readonly at: string; readonly path: string }[] {
  return (rules?.channels ?? []).flatMap((one) => {
    const [key, path] =
      one.kind === 'mail'
        ? ['password', one.password]
        : one.kind === 'webhook'
          ? ['secret', one.secret]
          : ['token', one.token]
    return path === undefined ? [] : [{ at: `notify.channels.${one.name}.${key}.file`, path }]
  })
}

/** Whoever sends reads it each time, so it may come later: until then nothing is delivered. */
function checkSecret(at: string, path: string, look: PathLook, note: Note): void {
  if (look.kind !== 'file') note(at, 'notify.secret_absent', { value: path })
  else if (look.isPrivate === false) note(at, 'notify.secret_for_all', { value: path })
  else if (look.size === 0) note(at, 'notify.secret_empty', { value: path })
}

/** Ours lie in `daily` below the place: whoever names that directory itself would have copies that are never found. */
function checkPlaces({ name, backup }: Service, note: Note): void {
  for (const { kind, to } of backup?.copies ?? [])
    if (kind === 'directory' && /\/daily\/*$/.test(to))
      note(`services.${name}.backup`, 'host.backup_daily', {
        value: to,
        above: to.replace(/\/+daily\/*$/, '') || '/',
      })
}

function checkPath(
  at: string,
  path: string,
  look: PathLook,
  declared: ReadonlySet<string>,
  note: Note,
): void {
  if (look.kind === 'unreadable') {
    note(at, 'host.unreadable', { value: path, why: look.why })
    return
  }
  // INVARIANT P2: the file that a change really replaces is declared itself; no link widens the inventory.
  if (!covers(declared, look.real)) {
    note(at, 'host.link_leaves', { value: path, to: look.real })
    return
  }
  switch (look.kind) {
    case 'absent':
      if (look.directory) note(at, 'host.absent', { value: path })
      else note(at, 'host.no_directory', { value: path.slice(0, path.lastIndexOf('/')) || '/' })
      return
    case 'file':
      if (look.size > MAX_FILE) note(at, 'host.too_large', { value: path, size: look.size, limit: MAX_FILE })
      if (look.names > 1) note(at, 'host.hard_links', { value: path, links: look.names })
      return
    case 'directory':
    case 'device':
    case 'pipe':
    case 'socket':
      note(at, 'host.not_regular', { value: path, type: look.kind })
  }
}

function covers(declared: ReadonlySet<string>, path: string): boolean {
  if (declared.has(path)) return true
  return path.endsWith('.conf') && declared.has(`${path.slice(0, path.lastIndexOf('/'))}/*.conf`)
}

/** A drop-in directory that is not there is made by the first drop-in; one that is a link leads the bytes elsewhere. */
function checkDropIns(at: string, path: string, look: PathLook, note: Note): void {
  const directory = dropInDirectory(path) ?? path
  if (look.kind === 'unreadable') note(at, 'host.unreadable', { value: directory, why: look.why })
  else if (look.real !== directory) note(at, 'host.link_leaves', { value: directory, to: look.real })
  else if (look.kind !== 'directory' && look.kind !== 'absent')
    note(at, 'host.not_regular', { value: directory, type: look.kind })
}

function checkAnswer(at: string, health: Health, look: HealthLook, note: Note): void {
  switch (look.kind) {
    case 'certificate':
      note(at, 'host.health_certificate', { why: look.why })
      return
    case 'silent':
      note(at, 'host.health_silent', { why: look.why })
      return
    case 'answer':
      if (look.status >= 300 && look.status < 400 && look.status !== health.status)
        note(at, 'host.health_redirects', { status: look.status, to: look.to ?? '' })
      else if (look.status !== health.status)
        note(at, 'host.health_status', { status: look.status, expected: health.status })
  }
}
