// Validates files that no program of the machine can check: Sekisho reads their text by itself.
import type { FileChange, FileView } from '../../host/file-view.ts'
import type { ReadingValidator } from '../../plans/config-kinds/kind.ts'
import { capped, type Problem, problem } from './problem.ts'

export interface ReadingRequest {
  readonly validator: ReadingValidator
  /** `change` is undefined where the plan does not bring the whole file. */
  readonly files: readonly { readonly path: string; readonly change: FileChange | undefined }[]
  readonly live: FileView
}

export interface Reading {
  /** `unread`: the change brings no text at all. */
  readonly verdict: 'green' | 'red' | 'unread'
  readonly problems: readonly Problem[]
  /** Files without a text to read: deleted ones and links. */
  readonly unread: readonly string[]
}

export function validateReading({ validator, files, live }: ReadingRequest): Reading {
  const users = usersIn(live)
  const unread: string[] = []
  const problems: Problem[] = []
  for (const { path, change } of files) {
    if (change?.after.kind !== 'file') {
      unread.push(path)
      continue
    }
    const { bytes, mode, uid } = change.after
    const text = Buffer.from(bytes).toString('utf8')
    for (const fault of validator.read({ path: change.path, text, mode, uid, users })) {
      const line = fault.line === undefined ? {} : { line: fault.line }
      problems.push(problem(fault.code, 'red', fault.text, { path: change.path, ...line }))
    }
  }
  if (unread.length === files.length) return { verdict: 'unread', problems: [], unread }
  return { verdict: problems.length > 0 ? 'red' : 'green', problems: capped(problems), unread }
}

function usersIn(live: FileView): ReadonlySet<string> | undefined {
  const passwd = live.look('/etc/passwd')
  if (passwd?.kind !== 'file') return undefined
  const lines = Buffer.from(passwd.bytes).toString('utf8').split('\n')
  return new Set(lines.map((line) => line.split(':')[0] ?? ''))
}
