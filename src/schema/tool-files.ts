// The files of a migration tool as approvers see them: what is new, other or gone since the last kept change by it, each with its text. The gate asks for them
// when it plans, and the trial makes them again and compares, so that nobody is shown something else than what runs.
import { join, relative } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { type Digest, sha256 } from '../base/hash.ts'
import { textIn } from '../base/text-in.ts'
import type { ArtefactEntry } from '../code/artefact-digest.ts'
import { TOOL_FILES_MAX, type ToolFile, type ToolSide } from '../plans/actions/tool-file.ts'
import { takeFiles } from '../tree/take-files.ts'

export interface ToolFilesHands {
  /** Of the last kept change by the tool, as the runner copied them. Absent: there was none, and every file is new. */
  readonly before?: string
  /** Declared secret files: the tool does not get them, and nobody is shown them. */
  readonly leave: (path: string) => boolean
  /** By their paths, as they are declared: files of credentials. The tool gets them; they are told by size and digest alone. */
  readonly withhold: (path: string) => boolean
  /** Takes the secrets that the runner knows out of a text. */
  readonly redact: (text: string) => string
}

export interface ToolFiles {
  readonly files: Digest
  readonly changed: readonly ToolFile[]
  readonly counts: ToolCounts
  /** By the digest that `changed` names. */
  readonly texts: ReadonlyMap<Digest, Buffer>
}

/** Each file once; `untold`: those of which only size and digest are told. */
export interface ToolCounts {
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly untold: number
}

/** Of all texts together, and of all names: more is told by size and digest. */
const TEXTS_BYTES = 4_194_304
const LISTED_BYTES = 300_000

type Named = Exclude<ArtefactEntry, { readonly kind: 'directory' }>

export async function readToolFiles(
  directory: string,
  { before, leave, withhold, redact }: ToolFilesHands,
): Promise<ToolFiles> {
  const old = new Map<string, Named>()
  if (before !== undefined)
    for (const entry of (
      await takeFiles(before, { leave: (path) => leave(join(directory, relative(before, path))) })
    ).entries)
      if (entry.kind !== 'directory') old.set(entry.path, entry)
  const seen = new Map<string, Buffer>()
  const now = await takeFiles(directory, {
    leave,
    see: (entry, bytes) => {
      if (entry.kind === 'directory' || isSame(old.get(entry.path), entry)) return
      seen.set(`after ${entry.path}`, bytes)
    },
  })
  const fresh = new Map(now.entries.flatMap((one) => (one.kind === 'directory' ? [] : [[one.path, one]])))
  const paths = [...new Set([...old.keys(), ...fresh.keys()])]
    .filter((path) => !isSame(old.get(path), fresh.get(path)))
    .sort()
  if (before !== undefined)
    await takeFiles(before, {
      leave: (path) => leave(join(directory, relative(before, path))),
      see: (entry, bytes) => {
        if (!isSame(entry, fresh.get(entry.path))) seen.set(`before ${entry.path}`, bytes)
      },
    })
  const texts = new Map<Digest, Buffer>()
  let left = TEXTS_BYTES
  const sideOf = (which: 'before' | 'after', entry: Named | undefined): ToolSide | undefined => {
    if (entry === undefined) return undefined
    const bytes = seen.get(`${which} ${entry.path}`)
    const isWithheld =
      entry.kind === 'file' && (isPrivate(entry.mode) || withhold(join(directory, entry.path)))
    const text = bytes === undefined || isWithheld ? undefined : textIn(bytes)
    const shown = text === undefined ? undefined : Buffer.from(redact(text))
    if (shown === undefined || shown.length > left) return describe(entry)
    left -= shown.length
    const digest = sha256(shown)
    texts.set(digest, shown)
    return { ...describe(entry), text: digest }
  }
  const changed = paths.map((path): ToolFile => {
    const [was, is] = [old.get(path), fresh.get(path)]
    // The text that runs comes first into the room that there is.
    const after = sideOf('after', is)
    const side = sideOf('before', was)
    return {
      path,
      ...(side === undefined ? {} : { before: side }),
      ...(after === undefined ? {} : { after }),
    }
  })
  const listed = folded(directory, changed)
  const named = new Set(listed.flatMap(({ before, after }) => [before?.text, after?.text]))
  return {
    files: now.digest,
    changed: listed,
    counts: countsOf(changed, listed),
    texts: new Map([...texts].filter(([digest]) => named.has(digest))),
  }
}

/** INVARIANT: a text is shown only of what everybody may read at its place: the gate reads it, and it stays in the ledger. Agents get none (decision 0162). */
const isPrivate = (mode: number): boolean => (mode & 0o004) === 0

function isSame(a: ArtefactEntry | undefined, b: ArtefactEntry | undefined): boolean {
  return a !== undefined && b !== undefined && JSON.stringify(a) === JSON.stringify(b)
}

function describe(entry: Named): ToolSide {
  if (entry.kind === 'link')
    return { mode: '120000', digest: sha256(entry.target), size: Buffer.byteLength(entry.target) }
  return {
    mode: `100${entry.mode.toString(8).padStart(3, '0')}`,
    digest: entry.sha256,
    size: entry.bytes,
  }
}

/** Where there are more than anybody reads, the largest directories stand for what changes in them. Throws schema.tool_files_many. */
function folded(directory: string, files: readonly ToolFile[]): readonly ToolFile[] {
  let list = files
  while (list.length > TOOL_FILES_MAX || Buffer.byteLength(JSON.stringify(list)) > LISTED_BYTES) {
    const counts = new Map<string, number>()
    for (const { path } of list) {
      const cut = path.indexOf('/')
      if (cut > 0 && cut < path.length - 1)
        counts.set(path.slice(0, cut), (counts.get(path.slice(0, cut)) ?? 0) + 1)
    }
    const [most] = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    if (most === undefined)
      throw new SekishoError('schema.tool_files_many', {
        directory,
        files: files.length,
        limit: TOOL_FILES_MAX,
        bytes: LISTED_BYTES,
      })
    const inside = list.filter(({ path }) => path.startsWith(`${most[0]}/`))
    const one = {
      path: `${most[0]}/`,
      ...together('before', inside),
      ...together('after', inside),
    }
    list = [...list.filter((file) => !inside.includes(file)), one].sort((a, b) => (a.path < b.path ? -1 : 1))
  }
  return list
}

function together(which: 'before' | 'after', files: readonly ToolFile[]): Partial<ToolFile> {
  const sides = files.flatMap(({ path, [which]: side }) => (side === undefined ? [] : [{ path, ...side }]))
  if (sides.length === 0) return {}
  const lines = sides.map(({ path, mode, digest }) => `${path}\0${mode}\0${digest}\0`).join('')
  const size = sides.reduce((sum, side) => sum + side.size, 0)
  return { [which]: { mode: '040000', digest: sha256(lines), size } }
}

function countsOf(changed: readonly ToolFile[], listed: readonly ToolFile[]): ToolCounts {
  const told = new Set(
    listed
      .filter(({ before, after }) =>
        [before, after].every((side) => side === undefined || side.text !== undefined),
      )
      .map(({ path }) => path),
  )
  const count = (is: (file: ToolFile) => boolean) => changed.filter(is).length
  return {
    added: count(({ before }) => before === undefined),
    changed: count(({ before, after }) => before !== undefined && after !== undefined),
    removed: count(({ after }) => after === undefined),
    untold: count(({ path }) => !told.has(path)),
  }
}
