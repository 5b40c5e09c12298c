// Takes the commits of a bundle into a quarantine and reads deployed and proposed tree there. Nothing is unbundled, archived or checked out: the pack goes
// through `index-pack --strict`, the tree is read entry by entry, and content by its id.
import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { type Answer, type Refused, refused } from '../base/error.ts'
import { type BundleHeader, readBundleHeader } from '../code/bundle-header.ts'
import { changesBetween, type FileChange } from '../code/file-change.ts'
import { linksRefused } from '../code/path-rules.ts'
import type { RepositoryState } from '../code/repository-state.ts'
import {
  type CommitFacts,
  IMPORT_LIMITS,
  type ImportLimits,
  isCommitId,
  LISTING_BYTES_PER_FILE,
  type TreeEntry,
} from '../code/tree-entry.ts'
import { isLargeFilePointer, POINTER_BYTES_MAX, readListing, type TreeRole } from '../code/tree-listing.ts'
import { fileError } from '../sys/files.ts'
import type { ProcessResult } from '../sys/process.ts'
import { readBlobs } from './blobs.ts'
import { type GitParts, gitSaid } from './git.ts'
import { withView } from './production.ts'
import { openQuarantine, type Quarantine } from './quarantine.ts'

export interface ImportRequest {
  /** The file of the bundle: ours, readable by this process. */
  readonly bundle: string
  /** The whole id of the commit that is proposed. */
  readonly commit: string
  readonly repository: RepositoryState
  /** An empty directory of ours that becomes the quarantine. */
  readonly directory: string
  /** A directory of ours through which everybody can pass. */
  readonly scratch: string
  readonly limits?: ImportLimits
}

export interface Imported {
  readonly quarantine: Quarantine
  readonly deployed: CommitFacts
  readonly candidate: CommitFacts
  /** Commits that the candidate adds. */
  readonly commits: number
  readonly changes: readonly FileChange[]
}

export async function importBundle(
  parts: GitParts,
  request: ImportRequest,
): Promise<Answer<{ readonly imported: Imported }>> {
  const limits = request.limits ?? IMPORT_LIMITS
  const { commit, repository } = request
  if (!isCommitId(commit)) return refused('code.commit_unknown', { commit: commit.slice(0, 80) })
  const { size } = await stat(request.bundle).catch((cause: unknown) => {
    throw fileError(request.bundle, cause)
  })
  if (size > limits.bundleBytes)
    return refused('code.bundle_too_large', { bytes: size, limit: limits.bundleBytes })
  const read = readBundleHeader(await beginningOf(request.bundle, size))
  if (!read.ok) return read
  const quarantine = await openQuarantine(parts, request.directory)
  const taken = await takeObjects(parts, quarantine, read.header, request, limits)
  if (taken !== undefined) return taken
  const kind = await quarantine.git(['cat-file', '-t', commit])
  if (kind.stdout.trim() !== 'commit') return refused('code.commit_unknown', { commit })
  const contains = await quarantine.git(['merge-base', '--is-ancestor', repository.commit, commit])
  if (contains.code !== 0)
    return refused('code.not_based', { commit, deployed: repository.commit, branch: repository.branch })
  const deployed = await readCommit(quarantine, repository.commit, limits, 'deployed')
  if (!deployed.ok) return deployed
  const candidate = await readCommit(quarantine, commit, limits, 'candidate')
  if (!candidate.ok) return candidate
  if (deployed.facts.tree === candidate.facts.tree) return refused('code.nothing_changed', { commit })
  const count = await quarantine.git(['rev-list', '--count', `${repository.commit}..${commit}`])
  return {
    ok: true,
    imported: {
      quarantine,
      deployed: deployed.facts,
      candidate: candidate.facts,
      commits: Number(count.stdout.trim()),
      changes: changesBetween(deployed.facts.entries, candidate.facts.entries),
    },
  }
}

/** First what the bundle builds on, from production; then the bundle. */
async function takeObjects(
  parts: GitParts,
  quarantine: Quarantine,
  header: BundleHeader,
  { bundle, repository, scratch }: ImportRequest,
  limits: ImportLimits,
): Promise<Refused | undefined> {
  const commits = [...new Set([repository.commit, ...header.needs])]
  for (const history of ['tips', 'all'] as const) {
    const wrong = await takeBase(parts, quarantine, { repository, commits, scratch, history }, limits)
    if (wrong !== undefined) return wrong
    const proposed = await indexProposed(quarantine, bundle, header.packAt, limits)
    if (proposed.code === 0) return undefined
    // A bundle may leave out what stands in older commits of production.
    if (history === 'tips' && /did not receive expected object/.test(proposed.stderr)) continue
    if (proposed.timedOut || proposed.signal !== undefined)
      return refused('code.bundle_limit', { why: gitSaid(proposed) })
    return refused('code.bundle_corrupt', { why: gitSaid(proposed) })
  }
  return refused('code.bundle_corrupt', { why: 'objects are missing' })
}

export interface BaseRequest {
  readonly repository: Pick<RepositoryState, 'path' | 'gitDir'>
  readonly commits: readonly string[]
  readonly scratch: string
  /** `tips`: the commits with their trees. `all`: and everything before them. */
  readonly history: 'tips' | 'all'
}

/** Commits of production, into the quarantine. */
export async function takeBase(
  parts: GitParts,
  quarantine: Quarantine,
  request: BaseRequest,
  limits: ImportLimits,
): Promise<Refused | undefined> {
  const found = await baseOf(parts, request, limits)
  if ('ok' in found) return found
  await quarantine.shallow(request.history === 'tips' ? request.commits : [])
  const own = await indexPack(quarantine, found.pack, limits)
  return own.code === 0
    ? undefined
    : refused('code.repository_unreadable', { path: request.repository.path, why: gitSaid(own) })
}

const PACK_BYTES_MAX = 1_073_741_824

async function baseOf(
  parts: GitParts,
  { repository, commits, scratch, history }: BaseRequest,
  limits: ImportLimits,
): Promise<Refused | { readonly pack: Uint8Array }> {
  return withView(parts, repository.gitDir, scratch, async (view) => {
    const known = await view.git(['cat-file', '--batch-check=%(objectname) %(objecttype)'], {
      input: commits.map((commit) => `${commit}\n`).join(''),
    })
    const lines = known.stdout.trim().split('\n')
    const missing = commits.find((commit) => !lines.includes(`${commit} commit`))
    if (missing !== undefined) return refused('code.bundle_needs', { commit: missing, path: repository.path })
    const shallow = history === 'tips' ? commits.map((commit) => `--shallow ${commit}\n`) : []
    const packed = await view.git(['pack-objects', '--stdout', '--revs', '--quiet', '--delta-base-offset'], {
      input: [...shallow, ...commits.map((commit) => `${commit}\n`)].join(''),
      maxOutput: PACK_BYTES_MAX,
      timeoutMs: limits.milliseconds,
    })
    if (packed.code !== 0)
      return refused('code.repository_unreadable', { path: repository.path, why: gitSaid(packed) })
    return { pack: packed.stdoutBytes }
  })
}

/** What a head of a bundle may take. */
async function beginningOf(path: string, size: number): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const bytes = Buffer.alloc(Math.min(size, HEADER_BYTES_MAX))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** The pack is read by git itself, from where it begins: a bundle may be larger than what this process should hold. */
async function indexProposed(
  quarantine: Quarantine,
  path: string,
  packAt: number,
  limits: ImportLimits,
): Promise<ProcessResult> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    // Reading moves the place at which the descriptor stands.
    for (let at = 0; at < packAt; ) {
      const { bytesRead } = await file.read(Buffer.alloc(packAt - at), 0, packAt - at, null)
      if (bytesRead === 0) break
      at += bytesRead
    }
    return await quarantine.git(INDEX_PACK, { inputFrom: file.fd, timeoutMs: limits.milliseconds })
  } finally {
    await file.close()
  }
}

const HEADER_BYTES_MAX = 1_048_576
const INDEX_PACK = ['index-pack', '--stdin', '--strict', '--fix-thin', `--max-input-size=${PACK_BYTES_MAX}`]

function indexPack(quarantine: Quarantine, pack: Uint8Array, limits: ImportLimits): Promise<ProcessResult> {
  return quarantine.git(INDEX_PACK, { input: pack, timeoutMs: limits.milliseconds })
}

type ReadCommit = Answer<{ readonly facts: CommitFacts }>

/** The whole tree of a commit in the quarantine, within the limits. */
export async function readCommit(
  quarantine: Quarantine,
  commit: string,
  limits: ImportLimits,
  role: TreeRole,
): Promise<ReadCommit> {
  const tree = await quarantine.git(['rev-parse', '--verify', '--quiet', `${commit}^{tree}`])
  if (tree.code !== 0) return refused('code.commit_unknown', { commit })
  const listing = await quarantine.git(['ls-tree', '-r', '-z', '-l', '--full-tree', commit], {
    maxOutput: limits.files * LISTING_BYTES_PER_FILE,
    timeoutMs: limits.milliseconds,
  })
  if (listing.overflowed || listing.timedOut)
    return refused('code.tree_too_many_files', { limit: limits.files })
  if (listing.code !== 0) return refused('code.bundle_corrupt', { why: gitSaid(listing) })
  const read = readListing(listing.stdoutBytes, limits, role)
  if (!read.ok) return read
  if (role === 'candidate') {
    const wrong = await contentRefused(quarantine, read.entries)
    if (wrong !== undefined) return wrong
  }
  return {
    ok: true,
    facts: { commit, tree: tree.stdout.trim(), entries: read.entries, bytes: read.bytes },
  }
}

const TARGET_BYTES_MAX = 4096

/** Where links lead, and whether a file is a pointer to another server. */
async function contentRefused(
  quarantine: Quarantine,
  entries: readonly TreeEntry[],
): Promise<Refused | undefined> {
  const long = entries.find(({ mode, bytes }) => mode === '120000' && bytes > TARGET_BYTES_MAX)
  if (long !== undefined) return refused('code.link_leads_out', { path: long.path, target: '…' })
  const small = entries.filter(({ mode, bytes }) => mode === '120000' || bytes <= POINTER_BYTES_MAX)
  const targets = new Map<string, string>()
  for await (const { entry, bytes } of readBlobs(quarantine, small)) {
    if (entry.mode === '120000') targets.set(entry.path, Buffer.from(bytes).toString('utf8'))
    else if (isLargeFilePointer(bytes)) return refused('code.large_file_pointer', { path: entry.path })
  }
  return linksRefused(targets)
}

/** One file of a commit in the quarantine; undefined where it is not there, larger than `max` or no file. */
export async function readFileAt(
  quarantine: Quarantine,
  commit: string,
  path: string,
  max: number,
): Promise<Uint8Array | undefined> {
  const found = await quarantine.git(['ls-tree', '-z', '-l', '--full-tree', commit, '--', path], {
    env: { GIT_LITERAL_PATHSPECS: '1' },
  })
  if (found.code !== 0) return undefined
  const read = readListing(found.stdoutBytes, { ...IMPORT_LIMITS, fileBytes: max }, 'deployed')
  const entry = read.ok ? read.entries.find((one) => one.path === path) : undefined
  if (entry === undefined) return undefined
  for await (const { bytes } of readBlobs(quarantine, [entry])) return bytes
  return undefined
}
