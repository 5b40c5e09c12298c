// Reads what `git ls-tree -r -z -l` prints, with counts, sizes and names checked entry by entry: the first that may not be ends the reading.
import { type Answer, type Refused, refused } from '../base/error.ts'
import { pathRefused, twinsRefused, visible } from './path-rules.ts'
import type { EntryMode, ImportLimits, TreeEntry } from './tree-entry.ts'

/**
 * `candidate`: what somebody proposes, with every rule. `deployed`: what is in production already; it is read within the same limits, its submodules
 * are left out, and its names are not judged, so that a candidate can mend them.
 */
export type TreeRole = 'candidate' | 'deployed'

export type Listing = Answer<{ readonly entries: readonly TreeEntry[]; readonly bytes: number }>

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const TAB = 9
const NUL = 0

export function readListing(listing: Uint8Array, limits: ImportLimits, role: TreeRole): Listing {
  const entries: TreeEntry[] = []
  let bytes = 0
  for (let at = 0; at < listing.length; ) {
    const end = listing.indexOf(NUL, at)
    const tab = listing.indexOf(TAB, at)
    if (end === -1 || tab === -1 || tab > end) return unreadable('a line of the listing is cut off')
    const [mode = '', type = '', blob = '', size = ''] = latin1(listing.subarray(at, tab)).split(/ +/)
    const name = decodedName(listing.subarray(tab + 1, end))
    at = end + 1
    if (name === undefined)
      return refused('code.name_hidden', {
        path: visible(latin1(listing.subarray(tab + 1, end))),
        character: 'UTF-8',
      })
    const wrong = role === 'candidate' ? pathRefused(name) : leadsOut(name)
    if (wrong !== undefined) return wrong
    if (type === 'commit') {
      if (role === 'candidate') return refused('code.submodule', { path: visible(name) })
      continue
    }
    if (!isMode(mode)) return unreadable(`mode ${mode}`)
    const length = Number(size)
    if (!Number.isSafeInteger(length)) return unreadable('a size is missing')
    if (length > limits.fileBytes)
      return refused('code.file_too_large', {
        path: visible(name),
        bytes: length,
        limit: limits.fileBytes,
      })
    bytes += length
    if (bytes > limits.bytes) return refused('code.tree_too_large', { limit: limits.bytes })
    entries.push({ path: name, mode, blob, bytes: length })
    if (entries.length > limits.files) return refused('code.tree_too_many_files', { limit: limits.files })
  }
  const twins = role === 'candidate' ? twinsRefused(entries.map(({ path }) => path)) : undefined
  return twins ?? { ok: true, entries, bytes }
}

function isMode(mode: string): mode is EntryMode {
  return mode === '100644' || mode === '100755' || mode === '120000'
}

/** Also of the deployed tree nothing is written outside of its directory. */
function leadsOut(path: string): Refused | undefined {
  const names = path.split('/')
  const name = names.find((one) => one === '' || one === '.' || one === '..')
  return name === undefined
    ? undefined
    : refused('code.name_reserved', { path: visible(path), name: visible(name) })
}

const unreadable = (why: string) => refused('code.bundle_corrupt', { why })

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 4096))
}

function decodedName(bytes: Uint8Array): string | undefined {
  try {
    return DECODER.decode(bytes)
  } catch {
    return undefined
  }
}

const POINTER = 'version https://git-lfs.github.com/spec/'
export const POINTER_BYTES_MAX = 1024

/** A small text that stands in for a file which lies on another server. */
export function isLargeFilePointer(bytes: Uint8Array): boolean {
  return bytes.length <= POINTER_BYTES_MAX && latin1(bytes.subarray(0, POINTER.length)) === POINTER
}
