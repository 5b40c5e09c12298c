// A world for the tests of the sandbox: a tree that stands for /etc/nginx, canaries, victims, and a way to run a program
// unsandboxed on the same tree (the positive control), without touching the machine's own nginx.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { FileChange, FileView } from '../../src/host/file-view.ts'
import { liveFiles } from '../../src/host/live-files.ts'
import { type NginxValidation, validateNginx } from '../../src/runner/try/validate-nginx.ts'
import { type Availability, openScratch, sandboxAvailable } from '../../src/sandbox/sandbox.ts'
import { type ProcessResult, run } from '../../src/sys/process.ts'

export const MAIN = `user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
events { worker_connections 64; }
http { include sites/*.conf; }
`

export interface World {
  readonly directory: string
  readonly tree: string
  readonly scratch: string
  readonly sandbox: Availability
  readonly view: FileView
  /** Writes a file of the tree that is in force. */
  readonly write: (name: string, text: string | Uint8Array, mode?: number) => void
  readonly remove: (name: string) => void
  readonly validate: (changes: Readonly<Record<string, string | undefined>>) => Promise<NginxValidation>
  /** The same tree, as root, without any sandbox. */
  readonly bare: (argv: readonly string[], options?: BareOptions) => Promise<ProcessResult>
  readonly digest: () => string
  readonly close: () => void
}

interface BareOptions {
  readonly ownNetwork?: boolean
  readonly env?: Readonly<Record<string, string>>
  readonly systemd?: string
}

const PRIVATE_PLACES =
  'mount --bind "$1" /etc/nginx && for place in /run /var/log/nginx /var/lib/nginx; do mount -t tmpfs none $place; done; ' +
  '[ -z "$2" ] || mount --bind "$2" /etc/systemd; shift 2; exec "$@"'

export async function makeWorld(): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'sekisho-sandbox-'))
  execFileSync('chmod', ['711', directory])
  const tree = join(directory, 'tree')
  const scratch = join(directory, 'scratch')
  mkdirSync(join(tree, 'sites'), { recursive: true })
  execFileSync('chmod', ['-R', '755', tree])
  await openScratch(scratch)
  const sandbox = await sandboxAvailable({ process: run, scratch, uid: process.getuid?.() ?? -1 })
  const view = viewOf({ '/etc/nginx': tree })
  const write = (name: string, text: string | Uint8Array, mode = 0o644) => {
    const path = join(tree, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    execFileSync('chmod', [mode.toString(8), path])
  }
  write('nginx.conf', MAIN)
  write('sites/shop.conf', 'server { listen 80; server_name shop.test; }\n')
  return {
    directory,
    tree,
    scratch,
    sandbox,
    view,
    write,
    remove: (name) => rmSync(join(tree, name), { force: true }),
    validate: (changes) =>
      validateNginx({
        changes: Object.entries(changes).map(([name, text]) => changeOf(`/etc/nginx/${name}`, text)),
        sandbox,
        scratch,
        process: run,
        hostAddresses: [],
        live: view,
      }),
    bare: (argv, options = {}) =>
      run(
        [
          'unshare',
          '--mount',
          '--propagation',
          'private',
          ...(options.ownNetwork ? ['--net'] : []),
          '--',
          'sh',
          '-c',
          PRIVATE_PLACES,
          'sh',
          tree,
          options.systemd ?? '',
          ...argv,
        ],
        options.env === undefined ? {} : { env: options.env },
      ),
    digest: () => treeDigest(tree),
    close: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** The machine, with other directories in the place of some. */
export function viewOf(places: Readonly<Record<string, string>>): FileView {
  return {
    look(path, known) {
      for (const [place, directory] of Object.entries(places))
        if (path === place || path.startsWith(`${place}/`))
          return liveFiles.look(directory + path.slice(place.length), known)
      return liveFiles.look(path, known)
    },
  }
}

export function changeOf(path: string, text: string | undefined, mode = 0o644): FileChange {
  if (text === undefined) return { path, after: { kind: 'absent' } }
  return { path, after: { kind: 'file', bytes: Buffer.from(text), mode, uid: 0, gid: 0 } }
}

/** By sha256sum and stat: bytes, type, owner and mode of everything in the tree. */
export function treeDigest(tree: string): string {
  const script =
    'cd "$1" && { find . -type f -print0 | sort -z | xargs -0 -r sha256sum; find . -printf "%p %y %U %G %m %l\\n" | sort; } | sha256sum'
  return execFileSync('sh', ['-c', script, 'sh', tree]).toString()
}

export interface Attack {
  readonly module: Uint8Array
  readonly canary: string
  readonly victim: number
  readonly connections: () => number
  readonly victimLives: () => boolean
  readonly close: () => void
}

/** Compiles the module of tests/fixtures/attacks against fresh canaries, a listener and a victim process. */
export async function makeAttack(world: World, name: string, key: string): Promise<Attack> {
  const canary = join(world.directory, `canary-${name}`)
  const secret = join(world.directory, 'secret')
  writeFileSync(secret, 'SECRET-CANARY-WORD\n', { mode: 0o600 })
  let connections = 0
  const server: Server = createServer((socket) => {
    connections++
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const victim: ChildProcess = spawn('sleep', ['600'], { stdio: 'ignore' })
  let dead = false
  victim.on('exit', () => {
    dead = true
  })
  const object = join(world.directory, `evil-${name}.so`)
  const defines = [`-DCANARY="${canary}"`, `-DSECRET="${secret}"`, `-DKEY="${key}"`, `-DPORT=${port}`]
  const source = new URL('../fixtures/attacks/evil-module.c', import.meta.url).pathname
  execFileSync('gcc', ['-shared', '-fPIC', '-o', object, ...defines, `-DVICTIM=${victim.pid ?? 0}`, source])
  return {
    module: readFileSync(object),
    canary,
    victim: victim.pid ?? 0,
    connections: () => connections,
    victimLives: () => !dead,
    close: () => {
      server.close()
      victim.kill('SIGKILL')
    },
  }
}

/** A self-signed pair by openssl, and its paths. */
export function makePair(
  directory: string,
  name: string,
  kind: 'rsa' | 'ec',
): { readonly certificate: string; readonly key: string } {
  const certificate = join(directory, `${name}.pem`)
  const key = join(directory, `${name}.key`)
  const algorithm = kind === 'rsa' ? ['rsa:2048'] : ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const names = `subjectAltName=DNS:${name}.test`
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      ...algorithm,
      '-nodes',
      '-days',
      '30',
      '-subj',
      `/CN=${name}.test`,
      '-addext',
      names,
      '-keyout',
      key,
      '-out',
      certificate,
    ],
    { stdio: 'ignore' },
  )
  execFileSync('chmod', ['600', key])
  return { certificate, key }
}

/** Waits for a fact, with a limit. */
export async function until(fact: () => boolean, limitMs = 10_000): Promise<boolean> {
  const end = performance.now() + limitMs
  while (performance.now() < end) {
    if (fact()) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return fact()
}

/** Processes whose command line holds the text. */
export function processesWith(text: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const path = `/proc/${pid}/cmdline`
      try {
        return existsSync(path) && readFileSync(path, 'utf8').includes(text)
      } catch {
        return false
      }
    })
    .map(Number)
}
