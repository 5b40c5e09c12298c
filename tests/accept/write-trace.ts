// What a trace of system calls says about writes: which paths were written by processes that see the host's own files. Given the trace and a line to
// begin behind; prints JSON. Processes in a mount namespace of their own are counted and not judged: their paths are not the host's.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

export interface Written {
  /** Resolved paths, each once. */
  readonly paths: readonly string[]
  readonly calls: number
  readonly processes: number
  /** Of them in a mount namespace of their own. */
  readonly inRooms: number
  readonly lines: number
}

const OPENS = /^(open|openat|openat2|creat)$/
const BY_NAME =
  /^(mkdir|mkdirat|rmdir|unlink|unlinkat|rename|renameat|renameat2|link|linkat|symlink|symlinkat|mknod|mknodat|chmod|fchmodat|fchmodat2|chown|lchown|fchownat|truncate|utimensat|setxattr|lsetxattr|removexattr|lremovexattr|mount|umount2|move_mount)$/
const BY_DESCRIPTOR = /^(fchmod|fchown|ftruncate|fsetxattr|fremovexattr|fallocate)$/
/** Only the last name is made; the other one is read. */
const MAKES_LAST = /^(symlink|symlinkat|link|linkat|mount)$/

interface Call {
  readonly pid: number
  readonly name: string
  readonly text: string
  readonly result: string
  readonly line: number
}

export async function writtenIn(file: string, from: number): Promise<Written> {
  const calls = await callsOf(file)
  const parents = new Map<number, { readonly of: number; readonly line: number; readonly isRoom: boolean }>()
  const threads = new Map<number, number>()
  const entered = new Map<number, number>()
  for (const { pid, name, text, result, line } of calls) {
    if (/^(clone|clone3|fork|vfork)$/.test(name)) {
      const child = Number(
        /\/\* (\d+) in strace's PID NS \*\//.exec(result)?.[1] ?? Number.parseInt(result, 10),
      )
      if (child > 0) parents.set(child, { of: pid, line, isRoom: text.includes('CLONE_NEWNS') })
      if (child > 0 && text.includes('CLONE_THREAD')) threads.set(child, pid)
    }
    const isIn =
      /^(chroot|pivot_root)$/.test(name) || (/^(unshare|setns)$/.test(name) && text.includes('CLONE_NEWNS'))
    if (isIn && result.startsWith('0') && !entered.has(pid)) entered.set(pid, line)
  }
  const isInRoom = (pid: number, line: number): boolean => {
    if ((entered.get(pid) ?? Number.POSITIVE_INFINITY) <= line) return true
    const parent = parents.get(pid)
    return parent !== undefined && (parent.isRoom || isInRoom(parent.of, parent.line))
  }
  const groupOf = (pid: number): number => {
    const leader = threads.get(pid)
    return leader === undefined ? pid : groupOf(leader)
  }
  const open = new Map<string, string>()
  const directories = new Map<number, string>()
  const descriptor = (pid: number, number: string): string | undefined =>
    open.get(`${groupOf(pid)} ${number}`) ??
    (parents.has(pid) ? descriptor(parents.get(pid)?.of ?? 0, number) : undefined)
  const directoryOf = (pid: number): string =>
    directories.get(groupOf(pid)) ?? (parents.has(pid) ? directoryOf(parents.get(pid)?.of ?? 0) : '/')
  const resolved = (pid: number, path: string, at: string | undefined): string => {
    const [, number = '', rest = ''] = /^\/proc\/(?:self|thread-self|\d+)\/fd\/(\d+)(.*)$/.exec(path) ?? []
    if (number !== '') return `${descriptor(pid, number) ?? `/proc/self/fd/${number}`}${rest}`
    return path.startsWith('/') ? path : `${at ?? directoryOf(pid)}/${path}`.replace(/\/+/g, '/')
  }
  const paths = new Set<string>()
  let count = 0
  for (const { pid, name, text, result, line } of calls) {
    const isGood = /^\d/.test(result)
    const at = /^\d+<([^>]*)>/.exec(result)?.[1]
    if (OPENS.test(name) && isGood && at !== undefined)
      open.set(`${groupOf(pid)} ${Number.parseInt(result, 10)}`, at)
    if (name === 'chdir' && isGood)
      directories.set(groupOf(pid), resolved(pid, namesIn(text)[0]?.path ?? '/', undefined))
    if (name === 'fchdir' && isGood) directories.set(groupOf(pid), /^\d+<([^>]*)>/.exec(text)?.[1] ?? '/')
    if (line <= from || !isGood || isInRoom(pid, line)) continue
    const found: string[] = []
    if (OPENS.test(name) && (name === 'creat' || /O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)/.test(text)))
      found.push(at ?? text)
    if (BY_DESCRIPTOR.test(name)) found.push(/^\d+<([^>]*)>/.exec(text)?.[1] ?? text)
    if (BY_NAME.test(name)) {
      const names = namesIn(text)
      // Without a name the descriptor itself is meant.
      if (names.length === 0) found.push(/^\d+<([^>]*)>/.exec(text)?.[1] ?? text)
      for (const one of MAKES_LAST.test(name) && name !== 'mount' ? names.slice(-1) : names.slice(0, 2))
        found.push(resolved(pid, one.path, one.at))
    }
    count += found.length
    for (const one of found) paths.add(one.replace(/ ?\(deleted\)$/, ''))
  }
  const processes = new Set(calls.filter(({ line }) => line > from).map(({ pid }) => groupOf(pid)))
  return {
    paths: [...paths].sort(),
    calls: count,
    processes: processes.size,
    inRooms: [...processes].filter((pid) => isInRoom(pid, Number.POSITIVE_INFINITY)).length,
    lines: calls.at(-1)?.line ?? 0,
  }
}

/** Names in the order of the arguments, each with the directory that it is relative to. */
function namesIn(text: string): readonly { readonly path: string; readonly at?: string }[] {
  return [...text.matchAll(/(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"/g)].map(
    ([, at, path = '']) => ({
      path: path.replace(/\\([0-7]{1,3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
      ...(at === undefined ? {} : { at }),
    }),
  )
}

/** A call that another thread interrupted is told in two pieces. */
async function callsOf(file: string): Promise<readonly Call[]> {
  const begun = new Map<number, string>()
  const calls: Call[] = []
  let line = 0
  for await (const text of createInterface({ input: createReadStream(file) })) {
    line++
    const [, number = '', rest = ''] = /^(\d+) +(.*)$/.exec(text) ?? []
    const pid = Number(number)
    if (rest.endsWith('<unfinished ...>')) {
      begun.set(pid, rest.slice(0, -'<unfinished ...>'.length))
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)
    const whole = resumed === null ? rest : `${begun.get(pid) ?? ''}${resumed[1] ?? ''}`
    const [, name, given, result] = /^(\w+)\((.*)\) += (.*)$/.exec(whole) ?? []
    if (name !== undefined) calls.push({ pid, name, text: given ?? '', result: result ?? '', line })
  }
  return calls
}

if (import.meta.main) {
  const [file = '', from = '0'] = process.argv.slice(2)
  console.log(JSON.stringify(await writtenIn(file, Number(from))))
}
