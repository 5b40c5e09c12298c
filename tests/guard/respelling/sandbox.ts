// Real bash in a place of its own: bubblewrap with nothing of the host but /usr (read-only), no network, no powers, two small file systems
// in memory that may be written. Programs that are no file tools are stand-ins that note their words.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { FILES, HOME, OTHERS } from './tree.ts'

export interface Ran {
  readonly effect: string
  readonly tree: readonly string[]
  readonly calls: string
  readonly code: number | null
  readonly error: string
  readonly late: boolean
}

/** Programs that run as they are: they touch files and texts, and the sandbox has only its own. */
const REAL =
  'awk base64 basename bash cat chmod chown cmp cp cut diff dirname du echo env expr false find grep head install ionice join link ln ls mawk mkdir mktemp mv nice nl nohup od paste perl printf pwd python3 readlink realpath rev rm rmdir sed seq setsid sh shred sleep sort stat stdbuf tac tail tar tee timeout touch tr true truncate uniq unlink wc xargs'.split(
    ' ',
  )

const STAND_IN = `#!/bin/sh
{ printf '%s ' "\${0##*/}"; printf '[%s]' "$@"; printf ' in %s\\n' "$PWD"; } >> /tmp/.calls
`

/** What cannot be tried even there: it would end the shell that tries, or ask for places that the sandbox does not have. */
export function canRun(text: string): boolean {
  if (
    /\bkill\b|\bkillall5\b|:\(\)|\bfg\b|\bdd\b.*\/dev\/(?!null)|\/dev\/(?!null|stdin|stdout|stderr|fd)|\/proc|\/sys\//.test(
      text,
    )
  )
    return false
  if (/~(?!\+)|\bHOME\b|\.\.\/\.\.|\byes\b|\bsleep\b/.test(text)) return false
  for (const [, path = ''] of text.matchAll(/(?:^|[\s'"=:>(<])(\/[^\s'";)>]*)/g))
    if (
      !/^\/(?:srv\/app|srv\/?$|srv\/\.\/|srv\/\.\.\/srv|tmp\/|dev\/(?:null|stdin|stdout|stderr|fd)|bin\/bash|$)/.test(
        path,
      )
    )
      return false
  return !/(?:^|\s)\/(?:\s|$|\*)/.test(text)
}

const BASE =
  '--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/sbin /sbin --symlink usr/lib /lib --symlink usr/lib64 /lib64 --ro-bind-try /etc/alternatives /etc/alternatives --proc /proc --dev /dev --remount-ro /dev --size 33554432 --tmpfs /tmp --size 33554432 --tmpfs /srv --unshare-all --cap-drop ALL --die-with-parent --new-session --clearenv'.split(
    ' ',
  )
const START = '--remount-ro / --setenv PATH /programs --chdir /tmp /node /worker.ts'.split(' ')

let able: boolean | undefined
/** Whether this host lets us have such a place. */
export function hasSandbox(): boolean {
  able ??= existsSync('/usr/bin/bwrap') && spawnSync('bwrap', [...BASE, '/bin/true']).status === 0
  return able
}

/** Each text in a tree of its own, one after the other. `programs`: names that a stand-in is made for. */
export async function runAll(
  texts: readonly string[],
  programs: ReadonlySet<string>,
): Promise<readonly Ran[]> {
  const directory = mkdtempSync(join(tmpdir(), 'sekisho-respelling-'))
  try {
    const stand = join(directory, 'programs')
    mkdirSync(stand)
    writeFileSync(join(stand, '.stand-in'), STAND_IN)
    chmodSync(join(stand, '.stand-in'), 0o755)
    for (const name of programs) if (!REAL.includes(name)) symlinkSync('.stand-in', join(stand, name))
    for (const name of REAL)
      if (existsSync(`/usr/bin/${name}`)) symlinkSync(`/usr/bin/${name}`, join(stand, name))
    const worker = join(import.meta.dirname, 'worker.ts')
    const bound = [stand, '/programs', '--ro-bind', execPath, '/node', '--ro-bind', worker, '/worker.ts']
    const words = [...BASE, '--ro-bind', ...bound, ...START]
    return await exchange(words, JSON.stringify({ home: HOME, files: FILES, others: OTHERS, texts }))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function exchange(words: readonly string[], input: string): Promise<readonly Ran[]> {
  return new Promise((resolve, reject) => {
    const child = spawn('bwrap', words, { stdio: ['pipe', 'pipe', 'pipe'] })
    let out = ''
    let error = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      out += part
    })
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      error += part
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0)
        resolve(
          out
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as Ran),
        )
      else reject(new Error(`the sandbox ended with ${code}: ${error.slice(0, 2_000)}`))
    })
    child.stdin.end(input)
  })
}
