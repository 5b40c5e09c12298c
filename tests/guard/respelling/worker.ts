// Runs inside the sandbox: each text by real bash in a fresh tree, and what is different afterwards. Nothing of the host is in reach here.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { env, stdin, stdout } from 'node:process'
import { text } from 'node:stream/consumers'

interface Order {
  readonly home: string
  readonly files: Readonly<Record<string, string>>
  readonly others: Readonly<Record<string, string>>
  readonly texts: readonly string[]
}

const CALLS = '/tmp/.calls'
const PAST = new Date('2024-05-05T05:05:05Z')
/** Names that spellings make for themselves: theirs are no effect. */
const OWN = new Set([
  '/tmp/.calls',
  '/tmp/spelled',
  '/tmp/spelled.sh',
  '/tmp/link',
  '/tmp/node-compile-cache',
])

/** Takes a whole tree away, whatever modes it was left with. */
function clear(path: string): void {
  const status = lstatSync(path)
  if (status.isDirectory()) {
    chmodSync(path, 0o755)
    for (const name of readdirSync(path)) clear(join(path, name))
  }
  rmSync(path, { recursive: true, force: true })
}

function build({ home, files, others }: Order): void {
  for (const directory of ['/srv', '/tmp'])
    for (const name of readdirSync(directory)) clear(join(directory, name))
  mkdirSync(home, { recursive: true })
  const all = [
    ...Object.entries(files).map(([name, content]) => [join(home, name), content] as const),
    ...Object.entries(others),
  ]
  for (const [path, content] of all) {
    if (path.endsWith('/')) mkdirSync(path, { recursive: true })
    else {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content)
      chmodSync(path, 0o644)
      utimesSync(path, PAST, PAST)
    }
  }
}

/** Everything that can be seen of a tree; of times only whether they are the old ones. */
function list(path: string, into: string[]): void {
  const status = lstatSync(path)
  const mode = (status.mode & 0o7777).toString(8)
  if (status.isSymbolicLink()) into.push(`${path} -> ${readlinkSync(path)}`)
  else if (status.isDirectory()) {
    into.push(`${path}/ ${mode}`)
    chmodSync(path, 0o755)
    for (const name of readdirSync(path).sort()) if (!OWN.has(join(path, name))) list(join(path, name), into)
  } else if (status.isFile()) {
    const touched = status.mtimeMs === PAST.getTime() ? 'old' : 'new'
    chmodSync(path, 0o644)
    // An archive holds times of its own.
    const content = path.endsWith('.tar') ? 'archive' : readFileSync(path, 'latin1')
    into.push(`${path} ${mode} ${status.nlink} ${touched} ${content}`)
  } else into.push(`${path} other`)
}

const order = JSON.parse(await text(stdin)) as Order
for (const one of order.texts) {
  build(order)
  const before: string[] = []
  for (const root of ['/srv', '/tmp']) list(root, before)
  const ran = spawnSync('/bin/bash', ['--norc', '--noprofile', '-c', one], {
    cwd: order.home,
    env: { PATH: env['PATH'], HOME: '/tmp/home', LC_ALL: 'C' },
    timeout: 5_000,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 20,
    encoding: 'latin1',
  })
  const after: string[] = []
  for (const root of ['/srv', '/tmp']) if (existsSync(root)) list(root, after)
  const calls = existsSync(CALLS) ? readFileSync(CALLS, 'latin1') : ''
  const tree = [
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
  ]
  const effect = tree.length === 0 && calls === '' ? `printed ${ran.stdout}` : [...tree, calls].join('\n')
  stdout.write(
    `${JSON.stringify({ effect, tree, calls, code: ran.status, error: ran.stderr.slice(0, 300), late: ran.signal !== null })}\n`,
  )
}
