// Holds the directory of the current entry open, with its parents. Entries come in order, so mostly the directory stays the same.
import { closeSync, mkdirSync } from 'node:fs'
import { below, openDirectory, told } from './openat.ts'

const SLASH = 0x2f

export interface Chain {
  /** The descriptor of a directory below the root, which is the caller's where the path has no bytes. Good until the next call. */
  at(directory: Buffer): number
  close(): void
}

/** `make`: the mode of directories that are made where there are none. */
export function openChain(root: number, make?: number): Chain {
  const names: Buffer[] = []
  const fds: number[] = []
  /** Undefined after a failure: then only the open descriptors are known. */
  let last: Buffer | undefined = Buffer.alloc(0)

  const close = (keep: number) => {
    while (fds.length > keep) {
      closeSync(fds.pop() as number)
      names.pop()
    }
  }
  const open = (parent: number, name: Buffer): number => {
    if (make !== undefined)
      try {
        mkdirSync(below(parent, name), make)
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw told(cause, parent, name)
      }
    return openDirectory(parent, name)
  }
  return {
    at(directory) {
      if (last?.equals(directory) === true) return fds.at(-1) ?? root
      const wanted = components(directory)
      let same = 0
      while (same < names.length && same < wanted.length && names[same]?.equals(wanted[same] as Buffer))
        same++
      close(same)
      last = undefined
      for (const name of wanted.slice(same)) {
        fds.push(open(fds.at(-1) ?? root, name))
        names.push(name)
      }
      last = Buffer.from(directory)
      return fds.at(-1) ?? root
    },
    close: () => {
      close(0)
      last = undefined
    },
  }
}

export function components(path: Buffer): Buffer[] {
  const parts: Buffer[] = []
  let start = 0
  if (path.length === 0) return parts
  for (let slash = path.indexOf(SLASH); slash !== -1; slash = path.indexOf(SLASH, start)) {
    parts.push(path.subarray(start, slash))
    start = slash + 1
  }
  parts.push(path.subarray(start))
  return parts
}

/** The directory and the last component of a path. */
export function parted(path: Buffer): { directory: Buffer; name: Buffer } {
  const slash = path.lastIndexOf(SLASH)
  if (slash === -1) return { directory: Buffer.alloc(0), name: path }
  return { directory: path.subarray(0, slash), name: path.subarray(slash + 1) }
}
