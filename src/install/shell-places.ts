// What an installation leaves outside of its own directory for people at a shell: its commands in the PATH, and files that bash and zsh
// read when a command is completed for the first time.
import { lstat, mkdir, readlink, symlink, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readRegular, writeDurable } from '../sys/files.ts'

interface At {
  /** Where the code lies. */
  readonly code: string
  /** The command in the PATH; the others stand beside it. */
  readonly link: string
}

const COMMANDS = ['sekisho', 'sekisho-verify'] as const

const places = ({ code, link }: At) =>
  COMMANDS.map((name) => ({
    command: join(code, 'bin', name),
    path: name === 'sekisho' ? link : join(dirname(link), name),
  }))

/** By path; the shells look there by themselves. */
function completions({ code, link }: At): readonly (readonly [string, string])[] {
  const share = join(dirname(link), '../share')
  const ask = (shell: string) => `eval "$(${join(code, 'bin/sekisho')} completion ${shell})"\n`
  return [
    [join(share, 'bash-completion/completions/sekisho'), ask('bash')],
    [join(share, 'zsh/site-functions/_sekisho'), `#compdef sekisho\n${ask('zsh')}`],
  ]
}

/** A program of somebody else that has the name of a command; it is left alone. */
export interface Foreign {
  readonly path: string
  readonly command: string
  /** Where its link leads, or the path itself. */
  readonly other: string
}

export async function makeShellPlaces(at: At): Promise<readonly Foreign[]> {
  const foreign: Foreign[] = []
  for (const { command, path } of places(at)) {
    const other = await link(command, path)
    if (other !== undefined) foreign.push({ path, command, other })
  }
  for (const [path, text] of completions(at)) {
    if ((await lstat(path).catch(() => undefined)) !== undefined && !(await isOurs(path))) continue
    await mkdir(dirname(path), { recursive: true, mode: 0o755 })
    await writeDurable(path, text, { mode: 0o644 })
  }
  return foreign
}

const OURS = /^(#compdef sekisho\n)?eval "\$\(\/\S+\/bin\/sekisho completion (bash|zsh)\)"\n$/

/** Written by an installation, this one or one whose code lies elsewhere. */
async function isOurs(path: string): Promise<boolean> {
  const there = await readRegular(path, 4096).catch(() => undefined)
  return there !== undefined && OURS.test(there.bytes.toString('utf8'))
}

/** Takes away what still is as it was made. */
export async function removeShellPlaces(at: At): Promise<void> {
  for (const { command, path } of places(at))
    if ((await readlink(path).catch(() => '')) === command) await unlink(path)
  for (const [path, text] of completions(at)) {
    const there = await readRegular(path, 4096).catch(() => undefined)
    if (there?.bytes.toString('utf8') === text) await unlink(path)
  }
}

/** What else has the name: a link's end, or the path itself where it is a program. Undefined where ours is in place. */
async function link(target: string, path: string): Promise<string | undefined> {
  const there = await lstat(path).catch(() => undefined)
  if (there !== undefined) {
    if (!there.isSymbolicLink()) return path
    const to = await readlink(path)
    return to === target ? undefined : to
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  await symlink(target, path)
  return undefined
}
