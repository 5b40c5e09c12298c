// Which names a candidate may hold: what a terminal, another file system or a later `git` would read as something else is refused.
import { type Refused, refused } from '../base/error.ts'

const PATH_BYTES_MAX = 1024
const NAME_BYTES_MAX = 255
const DEPTH_MAX = 64
/** Control characters, direction marks, invisible characters that join names, byte order mark, line and paragraph separators. */
const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/u

/** Of one path; undefined where it may be. */
export function pathRefused(path: string): Refused | undefined {
  const hidden = HIDDEN.exec(path)?.[0]
  if (hidden !== undefined)
    return refused('code.name_hidden', { path: visible(path), character: codePoint(hidden) })
  const names = path.split('/')
  if (byteLength(path) > PATH_BYTES_MAX || names.length > DEPTH_MAX)
    return refused('code.name_too_long', { path: visible(path).slice(0, 200) })
  for (const name of names) {
    if (name === '' || name === '.' || name === '..' || isOfGit(name))
      return refused('code.name_reserved', { path: visible(path), name: visible(name) })
    if (byteLength(name) > NAME_BYTES_MAX)
      return refused('code.name_too_long', { path: visible(path).slice(0, 200) })
  }
  return undefined
}

/** The directory of git itself, as other file systems spell it. */
function isOfGit(name: string): boolean {
  return /^(?:\.git|git~1)[. ]*(?:$|:)/i.test(name)
}

/**
 * Two paths that one file system holds apart and another does not: `A` beside `a`, `é` in one character beside `é` in two. Directories count too.
 */
export function twinsRefused(paths: readonly string[]): Refused | undefined {
  const seen = new Map<string, string>()
  for (const path of paths) {
    for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
      const part = end === -1 ? path : path.slice(0, end)
      const folded = part.normalize('NFC').toLowerCase().normalize('NFC')
      const other = seen.get(folded)
      if (other === undefined) seen.set(folded, part)
      else if (other !== part) return refused('code.name_twins', { path: part, other })
      if (end === -1) break
    }
  }
  return undefined
}

const LINKS_MAX = 40

/** A link that leads out of the tree, directly or through other links of it; undefined where all stay inside. */
export function linksRefused(targets: ReadonlyMap<string, string>): Refused | undefined {
  for (const [path, target] of targets) {
    if (HIDDEN.test(target))
      return refused('code.name_hidden', {
        path,
        character: codePoint(HIDDEN.exec(target)?.[0] ?? ''),
      })
    if (!staysInside(path, targets)) return refused('code.link_leads_out', { path, target: visible(target) })
  }
  return undefined
}

function staysInside(path: string, targets: ReadonlyMap<string, string>): boolean {
  let rest = path.split('/')
  let at: string[] = []
  let followed = 0
  while (rest.length > 0) {
    const [name, ...after] = rest as [string, ...string[]]
    rest = after
    if (name === '' || name === '.') continue
    if (name === '..') {
      if (at.length === 0) return false
      at = at.slice(0, -1)
      continue
    }
    const target = targets.get([...at, name].join('/'))
    if (target === undefined) at = [...at, name]
    else {
      if (target.startsWith('/') || ++followed > LINKS_MAX) return false
      rest = [...target.split('/'), ...rest]
    }
  }
  return true
}

/** As a person reads it: each hidden character as its number. */
export function visible(text: string): string {
  return text.replace(new RegExp(HIDDEN, 'gu'), (character) => `<${codePoint(character)}>`)
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}
