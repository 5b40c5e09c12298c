// Pushes a commit of production to the declared address: fast-forward only, with a credential that the caller reads, and with no setting of any repository.
// That a push fails is a state of its own and undoes nothing.
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RepositoryState } from '../code/repository-state.ts'
import { IMPORT_LIMITS } from '../code/tree-entry.ts'
import { fileError } from '../sys/files.ts'
import type { ProcessResult } from '../sys/process.ts'
import { type GitCall, type GitParts, gitLines, gitSaid } from './git.ts'
import { takeBase } from './import.ts'
import { type Quarantine, writeOpen } from './quarantine.ts'

export interface PushRequest {
  readonly repository: Pick<RepositoryState, 'path' | 'gitDir' | 'branch'>
  readonly url: string
  readonly commit: string
  /** A private key for an address of ssh; `user:token` or a token for one of https. */
  readonly credential?: Uint8Array
  readonly scratch: string
  readonly timeoutMs?: number
}

/**
 * `diverged`: the address has commits that production has not. `rejected`: the other side refused. `credential`: it let us not in. `scheme`: no address that is taken.
 */
export type PushFailure = 'diverged' | 'rejected' | 'unreachable' | 'credential' | 'time' | 'scheme'
export type PushState =
  | { readonly state: 'pushed' }
  | { readonly state: 'failed'; readonly why: PushFailure; readonly said: string }

const PUSH_MS = 120_000
const ABSENT = '0'.repeat(40)

/** The commit that the branch has at the address; undefined where there is no such branch. */
export async function remoteTip(
  parts: GitParts,
  quarantine: Quarantine,
  request: Omit<PushRequest, 'commit'>,
): Promise<{ readonly tip: string | undefined } | Extract<PushState, { state: 'failed' }>> {
  return withAccess(parts, request, (access) => tipAt(quarantine, request, access))
}

export async function push(
  parts: GitParts,
  quarantine: Quarantine,
  request: PushRequest,
): Promise<PushState> {
  return withAccess(parts, request, async (access) => {
    const remote = await tipAt(quarantine, request, access)
    if ('state' in remote) return remote
    if (remote.tip === request.commit) return { state: 'pushed' }
    const behind = await knowsItsPast(parts, quarantine, request, remote.tip)
    if (behind !== undefined) return behind
    const said = await quarantine.git(
      [
        'push',
        '--porcelain',
        '--no-verify',
        request.url,
        `${request.commit}:refs/heads/${request.repository.branch}`,
      ],
      access,
    )
    return said.code === 0 ? { state: 'pushed' } : failed(said)
  })
}

/** The past of production is fetched only where the address lies behind it. */
async function knowsItsPast(
  parts: GitParts,
  quarantine: Quarantine,
  { repository, commit, scratch }: PushRequest,
  tip: string | undefined,
): Promise<PushState | undefined> {
  const contains = async () =>
    tip !== undefined && (await quarantine.git(['merge-base', '--is-ancestor', tip, commit])).code === 0
  if (await contains()) return undefined
  const base = await quarantine.shallowCommits()
  if (base.length > 0) {
    const wrong = await takeBase(
      parts,
      quarantine,
      { repository, commits: base, scratch, history: 'all' },
      IMPORT_LIMITS,
    )
    if (wrong !== undefined) return { state: 'failed', why: 'rejected', said: wrong.code }
  }
  if (tip === undefined || (await contains())) return undefined
  return { state: 'failed', why: 'diverged', said: tip }
}

type Access = Omit<GitCall, 'gitDir' | 'as'>
/** Lines that say nothing of the cause. */
const IDLE =
  /^(?:Please make sure you have the correct access rights|and the repository exists|Could not read from remote repository|failed to push some refs|hint:)/

async function tipAt(
  quarantine: Quarantine,
  { url, repository }: Omit<PushRequest, 'commit'>,
  access: Access,
): Promise<{ readonly tip: string | undefined } | Extract<PushState, { state: 'failed' }>> {
  const ref = `refs/heads/${repository.branch}`
  const listed = await quarantine.git(['ls-remote', '--refs', url, ref], access)
  if (listed.code !== 0) return failed(listed)
  const line = listed.stdout.split('\n').find((one) => one.endsWith(`\t${ref}`))
  const tip = line?.split('\t')[0]
  return { tip: tip === ABSENT ? undefined : tip }
}

async function withAccess<T>(
  parts: GitParts,
  request: Omit<PushRequest, 'commit'>,
  work: (access: Access) => Promise<T>,
): Promise<T | Extract<PushState, { state: 'failed' }>> {
  const scheme = schemeOf(request.url)
  if (scheme === undefined) return { state: 'failed', why: 'scheme', said: '' }
  const directory = await mkdtemp(join(request.scratch, 'push-')).catch((cause: unknown) => {
    throw fileError(request.scratch, cause)
  })
  try {
    if (parts.as !== undefined) await chown(directory, parts.as.uid, parts.as.gid)
    const config = [
      `protocol.${scheme}.allow=always`,
      'http.followRedirects=false',
      'credential.helper=',
      'push.default=nothing',
    ]
    const env = await accessOf(parts, scheme, request, directory)
    const accounts = scheme === 'ssh' ? await accountsOf(parts, directory) : {}
    return await work({ config, env, ...accounts, timeoutMs: request.timeoutMs ?? PUSH_MS })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** The account that git runs as, by a name: ssh asks for it. */
async function accountsOf({ as }: GitParts, directory: string): Promise<Pick<GitCall, 'accounts'>> {
  if (as === undefined) return {}
  const accounts = join(directory, 'passwd')
  const lines = [
    `root:x:0:0::/:/usr/sbin/nologin`,
    `sekisho-git:x:${as.uid}:${as.gid}::/nonexistent:/usr/sbin/nologin`,
  ]
  await writeOpen(accounts, `${lines.join('\n')}\n`)
  return { accounts }
}

type Scheme = 'ssh' | 'https' | 'http' | 'file'

/** An address that begins with a hyphen, or that names a helper program, is none. */
export function schemeOf(url: string): Scheme | undefined {
  if (/[\p{C}\s]/u.test(url) || url.startsWith('-')) return undefined
  const named = /^(https?|ssh|file):\/\/[^-]/.exec(url)?.[1]
  if (named !== undefined) return named as Scheme
  if (/^\/[^:]*$/.test(url)) return 'file'
  return /^(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!\/\/|:)[^-]/.test(url) ? 'ssh' : undefined
}

/** A key is a file that only git's account can read, for as long as the call takes; a token stands in the environment of git alone. */
async function accessOf(
  parts: GitParts,
  scheme: Scheme,
  { credential, url }: Omit<PushRequest, 'commit'>,
  directory: string,
): Promise<Readonly<Record<string, string>>> {
  switch (scheme) {
    case 'file':
      return {}
    case 'ssh': {
      const key = join(directory, 'key')
      if (credential !== undefined) {
        // A stored secret has lost its last line feed, and ssh reads no key without it.
        const text = Buffer.from(credential).toString('utf8').trimEnd()
        await writeFile(key, `${text}\n`, { mode: 0o600 })
        if (parts.as !== undefined) await chown(key, parts.as.uid, parts.as.gid)
      }
      const options = [
        'BatchMode=yes',
        'StrictHostKeyChecking=yes',
        'UserKnownHostsFile=/dev/null',
        'IdentitiesOnly=yes',
        'IdentityAgent=none',
        'ConnectTimeout=20',
      ]
      const identityFile = credential === undefined ? [] : ['-i', key]
      return {
        GIT_SSH_COMMAND: [
          'ssh',
          '-F',
          '/dev/null',
          ...options.flatMap((one) => ['-o', one]),
          ...identityFile,
        ].join(' '),
      }
    }
    case 'https':
    case 'http': {
      if (credential === undefined) return {}
      const text = Buffer.from(credential).toString('utf8').trim()
      const pair = text.includes(':') ? text : `git:${text}`
      return {
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: `http.${new URL(url).origin}/.extraHeader`,
        GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(pair).toString('base64')}`,
      }
    }
  }
}

function failed(result: ProcessResult): Extract<PushState, { state: 'failed' }> {
  const text = `${result.stdout}\n${result.stderr}`
  const lines = gitLines(result).filter((line) => !IDLE.test(line))
  const said = lines.length === 0 ? gitSaid(result) : lines.slice(-3).join(' · ').slice(0, 300)
  const state = (why: PushFailure) => ({ state: 'failed', why, said }) as const
  if (result.timedOut) return state('time')
  if (/\[rejected\]|non-fast-forward|fetch first/.test(text)) return state('diverged')
  if (/\[remote rejected\]|pre-receive hook declined|protected branch/.test(text)) return state('rejected')
  if (
    /Permission denied|Authentication failed|could not read Username|Host key verification failed|403|401/.test(
      text,
    )
  )
    return state('credential')
  return state('unreachable')
}
