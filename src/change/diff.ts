// The text of a change's difference: what `sekisho change diff` prints and what is sealed by its digest. Pure and bounded.
// Bytes that are not UTF-8 are shown by size and digest. Of a secret file only names of variables appear.
import { type Digest, sha256 } from '../base/hash.ts'
import { textIn } from '../base/text-in.ts'
import type { Exec } from '../plans/actions/exec.ts'
import type { Migrate } from '../plans/actions/migrate.ts'
import type { MigrateByTool } from '../plans/actions/migrate-by-tool.ts'
import type { Request, Sent } from '../plans/actions/request.ts'
import type { ToolFile, ToolSide } from '../plans/actions/tool-file.ts'
import { type Action, differenceLines } from '../plans/actions.ts'
import type { CodeBlob, CodeFile } from '../plans/code.ts'
import type { FileChange } from '../plans/file-state.ts'
import type { Staged } from '../plans/restore.ts'
import { restoreText } from './restore-text.ts'

export type FileDiff =
  | {
      readonly kind: 'write'
      readonly path: string
      readonly before?: Uint8Array
      readonly after: Uint8Array
    }
  | { readonly kind: 'delete'; readonly path: string; readonly before?: Uint8Array }
  | { readonly kind: 'link'; readonly path: string; readonly target: string; readonly before?: string }
  /** The link itself is removed; what it leads to stays. */
  | { readonly kind: 'unlink'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'env'
      readonly path: string
      readonly added: readonly string[]
      readonly changed: readonly string[]
      readonly removed: readonly string[]
    }
  | { readonly kind: 'act'; readonly line: string }
  | { readonly kind: 'restore'; readonly staged: Staged }
  /** Of a change of code: a side that is too large to be shown is told by size and digest. */
  | {
      readonly kind: 'code'
      readonly file: CodeFile
      readonly before?: Uint8Array
      readonly after?: Uint8Array
    }
  /** Of the files of a migration tool: the text of a side is what may be shown of it. */
  | {
      readonly kind: 'tool'
      readonly directory: string
      readonly file: ToolFile
      readonly before?: Uint8Array
      readonly after?: Uint8Array
    }

const CONTEXT = 3
/** Above this number of different lines both sides are shown whole. */
const MAX_EDITS = 2000

/** Bytes of the two states of a file, where they are files. */
export interface FileBytes {
  readonly before?: Uint8Array | undefined
  readonly after?: Uint8Array | undefined
}

/**
 * The difference of one file of a plan. The gate seals this text, and the approver's program makes it again from the plan. Both use this
 * function, so that they cannot differ about a file whose name is a link.
 */
export function fileDiff({ path, before, after }: FileChange, bytes: FileBytes): FileDiff {
  const old = before.kind === 'file' && bytes.before !== undefined ? { before: bytes.before } : {}
  switch (after.kind) {
    case 'absent':
      return before.kind === 'link'
        ? { kind: 'unlink', path, target: before.target }
        : { kind: 'delete', path, ...old }
    case 'link': {
      const was =
        before.kind === 'absent' ? {} : { before: before.kind === 'link' ? `link ${before.target}` : 'file' }
      return { kind: 'link', path, target: after.target, ...was }
    }
    case 'file':
    case 'secret':
      return { kind: 'write', path, after: bytes.after ?? new Uint8Array(), ...old }
  }
}

/** What an action does that writes no file. Both the gate and the approver's program use this function. */
export function actsDiff(action: Action): FileDiff[] {
  return differenceLines(action).map((line) => ({ kind: 'act', line }))
}

/** What is sent, and what takes it back: each whole, as a new text. */
export function requestDiff(action: Request): FileDiff[] {
  const textOf = ({ method, url, body }: Sent) =>
    Buffer.from(`${method} ${url}\n${body === undefined || body === '' ? '' : `${body}\n`}`)
  return [
    { kind: 'write', path: `sent/${action.call}`, after: textOf(action) },
    ...(action.inverse === undefined
      ? []
      : [{ kind: 'write', path: `back/${action.call}`, after: textOf(action.inverse) } as const]),
  ]
}

/** The two SQL files of a migration, as new texts. */
export function sqlDiff({ up, down }: Migrate, contents: (digest: Digest) => Uint8Array): FileDiff[] {
  return [
    { kind: 'write', path: `up/${up.name}`, after: contents(up.digest) },
    ...(down === undefined
      ? []
      : [{ kind: 'write', path: `down/${down.name}`, after: contents(down.digest) } as const]),
  ]
}

/**
 * What changes in the files of a migration tool or of a command, each by its whole path: new ones whole. Where nothing changes, what is run. `text` gives what is shown of
 * a side. A side of which nothing is shown is told by size and digest.
 */
export function toolDiff(
  action: MigrateByTool | Exec,
  text: (digest: Digest) => Uint8Array | undefined,
): FileDiff[] {
  const { directory } = action
  const changed = (action.kind === 'exec' ? action.own?.changed : action.changed) ?? []
  return changed.length === 0 ? actsDiff(action) : filesDiff(directory, changed, text)
}

function filesDiff(
  directory: string,
  changed: readonly ToolFile[],
  text: (digest: Digest) => Uint8Array | undefined,
): FileDiff[] {
  const bytes = (side: ToolSide | undefined) => (side?.text === undefined ? undefined : text(side.text))
  return changed.map((file) => {
    const [before, after] = [bytes(file.before), bytes(file.after)]
    return {
      kind: 'tool',
      directory,
      file,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    }
  })
}

export function diffText(files: readonly FileDiff[]): string {
  return files.map(one).join('')
}

function one(file: FileDiff): string {
  switch (file.kind) {
    case 'write':
      return unified(file.path, file.before, file.after)
    case 'delete':
      return unified(file.path, file.before, undefined)
    case 'link':
      return `--- ${file.before === undefined ? '/dev/null' : file.path}\n+++ ${file.path}\n${
        file.before === undefined ? '' : `-${file.before}\n`
      }+link ${file.target}\n`
    case 'unlink':
      return `--- ${file.path}\n+++ /dev/null\n-link ${file.target}\n`
    case 'env':
      return [
        `--- ${file.path}`,
        `+++ ${file.path}`,
        ...file.removed.map((key) => `-${key}`),
        ...file.changed.map((key) => `~${key}`),
        ...file.added.map((key) => `+${key}`),
        '',
      ].join('\n')
    case 'act':
      return `${file.line}\n`
    case 'restore':
      return restoreText(file.staged)
    case 'code':
      return codeText(file)
    case 'tool':
      return toolText(file)
  }
}

function unified(path: string, before: Uint8Array | undefined, after: Uint8Array | undefined): string {
  const head = `--- ${before === undefined ? '/dev/null' : path}\n+++ ${after === undefined ? '/dev/null' : path}\n`
  const old = before === undefined ? '' : textIn(before)
  const fresh = after === undefined ? '' : textIn(after)
  if (old === undefined || fresh === undefined) return `${head}${side('-', before)}${side('+', after)}`
  const a = lines(old)
  const b = lines(fresh)
  return `${head}${hunks(edits(a, b), CONTEXT)}`
}

/** Names of both sides, then mode where it changes, then the lines. */
function codeText({ file, before, after }: Extract<FileDiff, { readonly kind: 'code' }>): string {
  const head = `--- ${file.before === undefined ? '/dev/null' : (file.from ?? file.path)}\n+++ ${file.after === undefined ? '/dev/null' : file.path}\n`
  const isMode = file.before !== undefined && file.after !== undefined && file.before.mode !== file.after.mode
  const mode = isMode ? `~mode ${file.before?.mode} to ${file.after?.mode}\n` : ''
  const isWhole = (of: CodeBlob | undefined, bytes: Uint8Array | undefined) =>
    of === undefined || bytes !== undefined
  if (file.before?.digest === file.after?.digest) return `${head}${mode}`
  if (isWhole(file.before, before) && isWhole(file.after, after)) {
    const [old, fresh] = [before, after].map((one) => (one === undefined ? '' : textIn(one)))
    if (old !== undefined && fresh !== undefined)
      return `${head}${mode}${hunks(edits(lines(old), lines(fresh)), CONTEXT)}`
  }
  return `${head}${mode}${told('-', file.before)}${told('+', file.after)}`
}

function toolText({ directory, file, before, after }: Extract<FileDiff, { readonly kind: 'tool' }>): string {
  const { path, before: was, after: is } = file
  const whole = `${directory}/${path}`
  const target = (side: ToolSide | undefined, bytes: Uint8Array | undefined) =>
    side?.mode === '120000' && bytes !== undefined ? textIn(bytes) : undefined
  const [from, to] = [target(was, before), target(is, after)]
  if (to !== undefined)
    return one({
      kind: 'link',
      path: whole,
      target: to,
      ...(was === undefined ? {} : { before: from === undefined ? 'file' : `link ${from}` }),
    })
  if (from !== undefined && is === undefined) return one({ kind: 'unlink', path: whole, target: from })
  const text = codeText({
    kind: 'code',
    file: { kind: 'changed', path: whole, ...(was && { before: was }), ...(is && { after: is }) },
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  })
  // Only a secret in it is another one: no line differs of what may be shown.
  const isUnseen = was?.text !== undefined && was.text === is?.text && was.digest !== is.digest
  return isUnseen ? `${text}${told('-', was)}${told('+', is)}` : text
}

const told = (mark: string, of: { readonly size: number; readonly digest: Digest } | undefined) =>
  of === undefined ? '' : `${mark}${of.size} bytes, sha256 ${of.digest}\n`

function side(mark: string, bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : `${mark}${bytes.length} bytes, sha256 ${sha256(bytes)}\n`
}

/** A last line without its line feed is told apart, as diff(1) does. */
function lines(text: string): string[] {
  if (text === '') return []
  const list = text.split('\n')
  if (list.at(-1) === '') {
    list.pop()
    return list
  }
  list.push(`${list.pop() ?? ''}\n\\ No newline at end of file`)
  return list
}

interface Edit {
  readonly mark: ' ' | '-' | '+'
  readonly line: string
}

function edits(a: readonly string[], b: readonly string[]): Edit[] {
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end++
  const same = (line: string): Edit => ({ mark: ' ', line })
  return [
    ...a.slice(0, start).map(same),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ]
}

/** Myers' shortest edit script, or both sides whole where it would be long. */
function middle(a: readonly string[], b: readonly string[]): Edit[] {
  const whole = (): Edit[] => [
    ...a.map((line): Edit => ({ mark: '-', line })),
    ...b.map((line): Edit => ({ mark: '+', line })),
  ]
  if (a.length === 0 || b.length === 0) return whole()
  const max = Math.min(a.length + b.length, MAX_EDITS)
  const trace: Map<number, number>[] = []
  let reach = new Map<number, number>([[1, 0]])
  for (let d = 0; d <= max; d++) {
    trace.push(new Map(reach))
    for (let k = -d; k <= d; k += 2) {
      let x = down(reach, k, d) ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1
      let y = x - k
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x++
        y++
      }
      reach.set(k, x)
      if (x >= a.length && y >= b.length) return backwards(trace, a, b)
    }
    reach = new Map(reach)
  }
  return whole()
}

const down = (reach: ReadonlyMap<number, number>, k: number, d: number) =>
  k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1))

function backwards(
  trace: readonly ReadonlyMap<number, number>[],
  a: readonly string[],
  b: readonly string[],
): Edit[] {
  const found: Edit[] = []
  let x = a.length
  let y = b.length
  for (let d = trace.length - 1; d >= 0; d--) {
    const reach = trace[d] as ReadonlyMap<number, number>
    const k = x - y
    const before = down(reach, k, d) ? k + 1 : k - 1
    const beforeX = reach.get(before) ?? 0
    const beforeY = beforeX - before
    while (x > beforeX && y > beforeY) {
      x--
      y--
      found.push({ mark: ' ', line: a[x] as string })
    }
    if (d === 0) break
    if (x === beforeX) {
      y--
      found.push({ mark: '+', line: b[y] as string })
    } else {
      x--
      found.push({ mark: '-', line: a[x] as string })
    }
  }
  return found.reverse()
}

function hunks(all: readonly Edit[], context: number): string {
  const out: string[] = []
  let a = 1
  let b = 1
  let i = 0
  while (i < all.length) {
    const next = all.findIndex((edit, at) => at >= i && edit.mark !== ' ')
    if (next === -1) break
    const from = Math.max(i, next - context)
    a += from - i
    b += from - i
    let to = next
    for (let at = next; at < all.length && at <= to + 2 * context; at++) if (all[at]?.mark !== ' ') to = at
    const until = Math.min(all.length, to + context + 1)
    const body = all.slice(from, until)
    const olds = body.filter(({ mark }) => mark !== '+').length
    const news = body.filter(({ mark }) => mark !== '-').length
    out.push(`@@ -${olds === 0 ? a - 1 : a},${olds} +${news === 0 ? b - 1 : b},${news} @@\n`)
    out.push(...body.map(({ mark, line }) => `${mark}${line}\n`))
    a += olds
    b += news
    i = until
  }
  return out.join('')
}
