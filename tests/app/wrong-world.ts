// A world that is set up wrongly, for real: the runner lives in a mount namespace of its own, in which programs can be put away and small disks mounted
// while it runs; the command line is the real one, over HTTP to the scene's door.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExitCode } from '../../src/base/error-codes.ts'
import { main } from '../../src/cli/main.ts'
import { written } from '../../src/cli/test-streams.ts'
import { run } from '../../src/sys/process.ts'
import type { Language } from '../../src/words/words.ts'
import { RUNNER } from '../bundle.ts'
import type { Scene, Who } from './scene.ts'

export interface Namespace {
  /** For `openScene({ runner })`. */
  readonly runner: string
  /** From the next start on it may read only what its own user may. */
  readonly weaken: (weak: boolean) => void
  readonly end: () => void
  /** A command in the runner's namespace. */
  readonly inside: (scene: Scene, ...argv: string[]) => Promise<void>
}

/** Its /usr/bin is an overlay: what is moved there is moved for the runner alone. */
export function ownNamespace(): Namespace {
  const directory = mkdtempSync(join(tmpdir(), 'sekisho-wrong-'))
  for (const name of ['upper', 'work']) mkdirSync(join(directory, name))
  const runner = join(directory, 'runner.mjs')
  const flag = join(directory, 'weak')
  writeFileSync(flag, '')
  const mount = `mount -t overlay none -o lowerdir=/usr/bin,upperdir=${directory}/upper,workdir=${directory}/work /usr/bin`
  const weak =
    'exec setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search -- "$@"'
  const script = `${mount} && if [ -s ${flag} ]; then ${weak}; else exec "$@"; fi`
  writeFileSync(
    runner,
    `process.execve('/usr/bin/unshare', ['unshare', '-m', '--propagation', 'private', 'sh', '-c', ${JSON.stringify(script)}, 'sh', process.execPath, ${JSON.stringify(RUNNER)}, ...process.argv.slice(2)], process.env)\n`,
  )
  return {
    runner,
    end: () => rmSync(directory, { recursive: true, force: true }),
    weaken: (is) => writeFileSync(flag, is ? 'weak' : ''),
    inside: async (scene, ...argv) => {
      const done = await run(['nsenter', '-t', String(scene.runnerPid()), '-m', '--', ...argv])
      if (done.code !== 0) throw new Error(`${argv.join(' ')}: ${done.stderr}`)
    },
  }
}

export interface Typed {
  readonly exit: ExitCode
  readonly out: string
  readonly err: string
}

/** The real command line, as somebody who is logged in. */
export async function commandLine(
  scene: Scene,
  who: Who = 'ops1',
): Promise<{
  readonly type: (language: Language, ...words: string[]) => Promise<Typed>
  /** The same, with Ctrl-C at that signal. */
  readonly typeUntil: (interrupted: AbortSignal, language: Language, ...words: string[]) => Promise<Typed>
  /** What the gate has answered so far: `GET /who`. */
  readonly answered: readonly string[]
  readonly close: () => Promise<void>
}> {
  const answered: string[] = []
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      const headers = Object.fromEntries(
        ['accept-language', 'idempotency-key'].flatMap((name) => {
          const value = request.headers[name]
          return typeof value === 'string' ? [[name, value]] : []
        }),
      )
      const path = (request.url ?? '').replace(/^\/api\/v1/, '')
      void scene
        .call(who, request.method ?? 'GET', path, body === '' ? undefined : JSON.parse(body), headers)
        .then((answer) => {
          response.writeHead(answer.status, { 'content-type': answer.header('content-type') ?? 'text/plain' })
          response.end(answer.text)
          answered.push(`${request.method} ${path}`)
        })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const typeUntil = async (interrupted: AbortSignal, language: Language, ...words: string[]) => {
    const to = written()
    const exit = await main([...words, '--lang', language], {
      environment: {
        SEKISHO_URL: `http://127.0.0.1:${port}`,
        SEKISHO_TOKEN: 'of-this-test',
        HOME: '/nonexistent',
      },
      streams: to.streams,
      stdin: async () => Buffer.alloc(0),
      uid: 1000,
      interrupted,
    })
    return { exit, out: to.out(), err: to.err() }
  }
  return {
    typeUntil,
    answered,
    type: (language, ...words) => typeUntil(new AbortController().signal, language, ...words),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** An sshd of the test's own: its host key, the key that may come in, its port. */
export async function startSshd(directory: string): Promise<{
  readonly port: number
  readonly key: string
  readonly hostKey: string
  readonly stop: () => void
}> {
  mkdirSync(directory, { mode: 0o700 })
  mkdirSync('/run/sshd', { recursive: true })
  for (const name of ['host', 'key', 'other']) {
    const made = await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(directory, name)])
    if (made.code !== 0) throw new Error(made.stderr)
  }
  const port = await freePort()
  const config = join(directory, 'sshd_config')
  const lines = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${directory}/host`,
    'PidFile none',
    `AuthorizedKeysFile ${directory}/key.pub`,
    'StrictModes no',
    'PasswordAuthentication no',
    'UsePAM no',
    'Subsystem sftp internal-sftp',
  ]
  const write = (more: readonly string[]) => writeFileSync(config, [...lines, ...more, ''].join('\n'))
  // From OpenSSH 9.8 on a client that fails several times is sent away for a while, and these tests fail on purpose.
  write(['PerSourcePenalties no'])
  const checked = await run(['/usr/sbin/sshd', '-t', '-f', config])
  if (checked.code !== 0) write([])
  const child: ChildProcess = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], { stdio: 'ignore' })
  return { port, key: join(directory, 'key'), hostKey: join(directory, 'host.pub'), stop: () => child.kill() }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}
