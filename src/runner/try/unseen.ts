// New names of files in a proposal that nobody has approved yet. A name that lies in a directory which others may not enter is not looked
// up: whether something is there, how long it is and what it holds make no difference to any answer, or a proposal could ask the host.
import { closedBelow, type FileChange, type FileView, withChanges } from '../../host/file-view.ts'
import type { NamedFile, NginxConfig } from '../../host/nginx-config.ts'
import type { FileRole } from '../../host/nginx-directives.ts'
import { type Problem, problem } from './problem.ts'

/** The length of an AES-128 ticket key; nginx takes this or 80. */
const TICKET_BYTES = 48
const STAND_INS: Partial<Record<FileRole, Uint8Array>> = {
  ticket: Buffer.alloc(TICKET_BYTES, 0x5a),
  password: Buffer.from('dummy\n'),
}

export interface Unseen {
  /** The shadow in which stand-ins lie under the names that are not looked up. */
  readonly shadow: FileView
  readonly problems: readonly Problem[]
}

export function unseenOf(
  before: NginxConfig,
  after: NginxConfig,
  live: FileView,
  changes: readonly FileChange[],
): Unseen {
  const changed = new Set(changes.map(({ path }) => path))
  const known = new Set(before.named.map(keyOf))
  // Where a certificate of the same directory is in force already, the next one is looked at as it is: that is where they are kept.
  const inForce = new Set(before.named.map((one) => `${one.role} ${closedBelow(live, one.file)?.directory}`))
  const standIns: FileChange[] = []
  const problems: Problem[] = []
  for (const one of after.named) {
    const closed = closedBelow(live, one.file)
    if (closed === undefined || known.has(keyOf(one)) || changed.has(closed.path)) continue
    const place = { path: one.path, line: one.line }
    const bytes = STAND_INS[one.role]
    if (bytes !== undefined) {
      standIns.push({ path: closed.path, after: { kind: 'file', bytes, mode: 0o600, uid: 0, gid: 0 } })
      problems.push(problem('nginx.name_not_looked', 'note', one.file, place))
    } else if (!inForce.has(`${one.role} ${closed.directory}`))
      problems.push(problem('nginx.name_hidden', 'red', one.file, place))
  }
  return { shadow: withChanges(withChanges(live, changes), standIns), problems }
}

const keyOf = ({ role, file }: NamedFile) => `${role} ${file}`
