// The way into one repository for the time of one work. Credentials are files in a private directory of the runner's, gone when the work ends
// whatever happens: no argument, no environment value and no property of a unit ever holds one (backup.md §0).
import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CopyRule } from '../../backup/set.ts'
import { SekishoError } from '../../base/error.ts'
import type { ServiceName } from '../../base/id.ts'
import { privateDirectory } from '../../sys/files.ts'
import type { run } from '../../sys/process.ts'
import { openTree } from '../../tree/openat.ts'
import { removeTree } from '../../tree/remove.ts'
import { yielding } from '../../tree/yield.ts'
import type { SnapshotPorts } from '../ports.ts'
import { type Repository, repositoryOf } from './repository.ts'
import { withReason } from './ssh-reason.ts'

export interface Access {
  readonly repository: Repository
  /** As the rules name it. */
  readonly to: string
  readonly service: ServiceName
  /** Under which its password was handed over: `backup/NAME`. */
  readonly key: string
  /** What every snapshot of ours is named by: fixed, so that one follows the other. */
  readonly host: string
  /** Global options of restic: paths of files, never what is in them. */
  readonly options: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** The pinned authority of a REST server, PEM. */
  readonly ca?: string
  readonly run: typeof run
  readonly limits: CallLimits
  readonly signal?: AbortSignal
}

/** restic goes on for many minutes where nobody answers, and says nothing: the limits are ours. */
export interface CallLimits {
  /** A call that moves no data to speak of. */
  readonly smallMs: number
  /** A call that moves data: this, and what the bytes take at a slow line. */
  readonly baseMs: number
  readonly bytesPerSecond: number
}
export const LIMITS: CallLimits = { smallMs: 120_000, baseMs: 900_000, bytesPerSecond: 1_000_000 }

export function longMs({ limits }: Access, bytes: number): number {
  return limits.baseMs + Math.ceil((bytes / limits.bytesPerSecond) * 1000)
}

export interface AccessParts extends Pick<SnapshotPorts, 'host' | 'process'> {
  readonly place: Pick<SnapshotPorts['place'], 'state'>
  readonly secrets: Pick<SnapshotPorts['secrets'], 'ofBackup'>
}
export interface AccessContext {
  readonly parts: AccessParts
  readonly service: ServiceName
  readonly signal?: AbortSignal
  readonly limits?: CallLimits
}

/** Directories of the engine in the runner's state. */
export function resticPlace(state: string) {
  const base = join(state, 'restic')
  return { base, run: join(base, 'run'), cache: join(base, 'cache'), secrets: join(base, SECRETS) }
}
/** The name under which the bytes of secrets stand in a snapshot, whatever the path above it. */
export const SECRETS = 'sekisho-secrets'

/** Throws backup.repository_form, backup.credential_missing, and what the work throws. */
export async function withAccess<T>(
  rule: Pick<CopyRule, 'name' | 'to' | 'credential'>,
  context: AccessContext,
  work: (access: Access) => Promise<T>,
): Promise<T> {
  const { parts, service, signal, limits = LIMITS } = context
  const repository = repositoryOf(rule.to)
  const place = resticPlace(parts.place.state)
  for (const one of [place.base, place.run, place.cache]) await privateDirectory(one)
  const name = randomBytes(12).toString('hex')
  const own = join(place.run, name)
  held.add(name)
  try {
    mkdirSync(own, { mode: 0o700 })
    const files = await credentialFiles(repository, rule, context, own)
    const access: Access = {
      repository,
      to: rule.to,
      service,
      key: `backup/${rule.credential ?? ''}`,
      host: parts.host,
      options: files.options,
      ...(files.ca === undefined ? {} : { ca: files.ca }),
      env: {
        HOME: own,
        TMPDIR: own,
        TZ: 'UTC',
        RESTIC_CACHE_DIR: place.cache,
        RESTIC_REPOSITORY_FILE: join(own, 'repository'),
        RESTIC_PASSWORD_FILE: join(own, 'password'),
      },
      run: parts.process,
      limits,
      ...(signal === undefined ? {} : { signal }),
    }
    try {
      return await work(access)
    } catch (cause) {
      throw await withReason(cause, access, sshArgv(join(own, 'ssh_config')))
    }
  } finally {
    await removeIn(place.run, name)
    held.delete(name)
  }
}

/** Ours, of this process: a restore is laid out while a backup is made, and each sweeps what lies there without it. */
const held = new Set<string>()

async function credentialFiles(
  repository: Repository,
  { to, credential = '' }: Pick<CopyRule, 'to' | 'credential'>,
  { parts, service }: AccessContext,
  own: string,
): Promise<{ readonly options: readonly string[]; readonly ca?: string }> {
  const value = (part?: string) =>
    parts.secrets.ofBackup(service, part === undefined ? credential : `${credential}.${part}`)
  const needed = async (part?: string) => {
    const found = await value(part)
    if (found !== undefined) return found
    const key = `backup/${credential}${part === undefined ? '' : `.${part}`}`
    throw new SekishoError('backup.credential_missing', { service, key, to })
  }
  const keep = (name: string, bytes: Uint8Array | string) => {
    const path = join(own, name)
    writeFileSync(path, bytes, { mode: 0o600, flag: 'wx' })
    return path
  }
  keep('password', await needed())
  switch (repository.kind) {
    case 'local':
      keep('repository', to)
      return { options: [] }
    case 'sftp': {
      const key = keep('key', lines(await needed('key')))
      const known = keep('known_hosts', lines(await needed('known_hosts')))
      const config = keep('ssh_config', sshConfig(repository, key, known))
      keep('repository', to)
      return { options: ['-o', inCsv(`sftp.command=ssh -F "${config}" ${SSH_NAME} -s sftp`)] }
    }
    case 'rest': {
      const [ca, login] = [await value('ca'), await value('login')]
      keep('repository', `rest:${login === undefined ? repository.url : withLogin(repository.url, login)}`)
      if (ca === undefined) return { options: [] }
      return { options: ['--cacert', keep('ca.pem', lines(ca))], ca: lines(ca) }
    }
  }
}

/** The option is read as a line of CSV, and what is in it then by the rules of a shell. */
function inCsv(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

const SSH_NAME = 'sekisho-copy'

function sshArgv(config: string): readonly string[] {
  return ['ssh', '-F', config, SSH_NAME, '-s', 'sftp']
}

/** Only the key that was handed over, only the host key that was pinned, nobody to ask. */
function sshConfig({ user, host, port }: Extract<Repository, { kind: 'sftp' }>, key: string, known: string) {
  return `${[
    `Host ${SSH_NAME}`,
    `HostName ${host}`,
    `Port ${port}`,
    ...(user === undefined ? [] : [`User ${user}`]),
    `IdentityFile "${key}"`,
    'IdentitiesOnly yes',
    'IdentityAgent none',
    `UserKnownHostsFile "${known}"`,
    'GlobalKnownHostsFile /dev/null',
    'StrictHostKeyChecking yes',
    'PreferredAuthentications publickey',
    'BatchMode yes',
    'ConnectTimeout 20',
    'ServerAliveInterval 15',
    'ServerAliveCountMax 4',
    'ControlMaster no',
    'PermitLocalCommand no',
  ].join('\n')}\n`
}

/** A value that came from a terminal has lost its last line end, and ssh reads no key without one. */
function lines(bytes: Buffer): string {
  return `${bytes.toString('utf8').trimEnd()}\n`
}

/** `user:password`, into the address that stands in a file. */
function withLogin(url: string, login: Buffer): string {
  const [user = '', ...rest] = login.toString('utf8').trim().split(':')
  const at = new URL(url)
  at.username = encodeURIComponent(user)
  at.password = encodeURIComponent(rest.join(':'))
  return at.href
}

/** What a runner that died has left: credentials and bytes of secrets. Called when no other work gathers secrets. */
export async function sweepRestic(state: string): Promise<void> {
  const place = resticPlace(state)
  for (const one of [place.base, place.run]) await privateDirectory(one)
  for (const name of readdirSync(place.run).filter((one) => !held.has(one))) await removeIn(place.run, name)
  await removeIn(place.base, SECRETS)
}

export async function removeIn(parent: string, name: string): Promise<void> {
  const fd = openTree(parent)
  try {
    await removeTree(fd, Buffer.from(name), yielding())
  } finally {
    closeSync(fd)
  }
}
