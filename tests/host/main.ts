// Test hosts from the command line, for script/demo and for a person who wants to look around in one.
import { environment } from '../../src/sys/config.ts'
import { PATH, start } from '../../src/sys/process.ts'
import { type Bind, boot, crash, type Disk, newDisk, reboot } from './boot.ts'
import { ALWAYS, handle } from './host.ts'
import { type HostPlace, hostPid, hostPlace, placeOf } from './place.ts'
import { missing, NEEDS, type Need } from './platform.ts'
import { down, hostsOf, sweep, up } from './set.ts'

const USAGE = `node tests/host/main.ts VERB [--set NAME] …     (NAME: default "hand")
  up [COUNT] [--owner PID] [--bind FROM:TO[:rw]]… [--disk AT:SIZE:xfs|ext4|tmpfs]… [--keep]
  exec HOST [--user USER] -- COMMAND…      streams and exit code passed on
  put HOST PATH [MODE]  ·  read HOST PATH  bytes from stdin, to stdout
  run -- COMMAND…                          in the control network, which reaches 10.88.0.11 (h1) …
  reset|crash|boot|reboot HOST
  json  ·  down  ·  sweep                  sweep: sets whose owner is gone
  platform                                 what this machine lacks; exit 1 if anything`

interface Line {
  readonly verb: string
  readonly words: readonly string[]
  readonly set: string
  readonly user: string | undefined
  readonly owner: number | undefined
  readonly keep: boolean
  readonly binds: readonly Bind[]
  readonly disks: readonly Disk[]
  readonly command: readonly string[]
}

class Usage extends Error {}

function parse(argv: readonly string[]): Line {
  const dash = argv.indexOf('--')
  const head = dash === -1 ? [...argv] : argv.slice(0, dash)
  const words: string[] = []
  const flags = new Map<string, string[]>()
  let keep = false
  for (let i = 0; i < head.length; i++) {
    const word = head[i] ?? ''
    if (word === '--keep') keep = true
    else if (word.startsWith('--')) {
      const value = head[++i]
      if (!['--set', '--user', '--owner', '--bind', '--disk'].includes(word) || value === undefined)
        throw new Usage(`${word}: unknown, or without its value`)
      flags.set(word, [...(flags.get(word) ?? []), value])
    } else words.push(word)
  }
  const owner = flags.get('--owner')?.[0]
  return {
    verb: words[0] ?? '',
    words: words.slice(1),
    set: flags.get('--set')?.[0] ?? 'hand',
    user: flags.get('--user')?.[0],
    owner: owner === undefined ? undefined : Number(owner),
    keep,
    binds: (flags.get('--bind') ?? []).map(parseBind),
    disks: (flags.get('--disk') ?? []).map(parseDisk),
    command: dash === -1 ? [] : argv.slice(dash + 1),
  }
}

function parseBind(text: string): Bind {
  const [from, to, access] = text.split(':')
  if (from === undefined || to === undefined || (access !== undefined && access !== 'rw' && access !== 'ro'))
    throw new Usage(`--bind ${text}: write FROM:TO or FROM:TO:rw`)
  return { from, to, access: access ?? 'ro' }
}

function parseDisk(text: string): Disk {
  const [at, size, kind] = text.split(':')
  if (at === undefined || size === undefined || (kind !== 'xfs' && kind !== 'ext4' && kind !== 'tmpfs'))
    throw new Usage(`--disk ${text}: write AT:SIZE:xfs, :ext4 or :tmpfs`)
  return { at, size, kind }
}

function hostOf(line: Line): HostPlace {
  const index = /^h([1-9])$/.exec(line.words[0] ?? '')?.[1]
  if (index === undefined) throw new Usage(`${line.verb}: which host? h1, h2 …`)
  return hostPlace(placeOf(line.set), Number(index))
}

/** Hands our streams to the program and takes over its exit code. */
function pass(argv: readonly string[]): Promise<number> {
  const child = start(argv, {
    env: { PATH, TERM: environment['TERM'] ?? 'dumb' },
    stdio: ['inherit', 'inherit', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 130)))
  })
}

function describeSet(line: Line): string {
  const place = placeOf(line.set)
  const all = hostsOf(place).map((host) => ({
    name: host.name,
    address: host.address,
    netns: host.netns,
    pid: hostPid(host.directory) ?? null,
  }))
  return JSON.stringify({ set: line.set, directory: place.directory, control: place.control, hosts: all })
}

async function bytesFromStdin(): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

async function act(line: Line): Promise<number> {
  switch (line.verb) {
    case 'up':
      await up(line.set, {
        count: Number(line.words[0] ?? '1'),
        binds: [...ALWAYS, ...line.binds],
        disks: line.disks,
        fresh: !line.keep,
        ...(line.owner === undefined ? {} : { owner: line.owner }),
      })
      console.log(describeSet(line))
      return 0
    case 'json':
      console.log(describeSet(line))
      return 0
    case 'exec':
      if (line.command.length === 0) throw new Usage('exec: the command comes after --')
      return pass(handle(hostOf(line)).argv(line.command, line.user === undefined ? {} : { user: line.user }))
    case 'run':
      if (line.command.length === 0) throw new Usage('run: the command comes after --')
      return pass(['ip', 'netns', 'exec', placeOf(line.set).control, ...line.command])
    case 'put': {
      const [, path, mode] = line.words
      if (path === undefined) throw new Usage('put HOST PATH [MODE]')
      await handle(hostOf(line)).put(
        path,
        await bytesFromStdin(),
        mode === undefined ? undefined : parseInt(mode, 8),
      )
      return 0
    }
    case 'read': {
      const path = line.words[1]
      if (path === undefined) throw new Usage('read HOST PATH')
      process.stdout.write(await handle(hostOf(line)).read(path))
      return 0
    }
    case 'reset':
      await crash(hostOf(line))
      await newDisk(hostOf(line))
      await boot(hostOf(line))
      return 0
    case 'crash':
      await crash(hostOf(line))
      return 0
    case 'boot':
      await boot(hostOf(line))
      return 0
    case 'reboot':
      await reboot(hostOf(line))
      return 0
    case 'down':
      await down(line.set)
      return 0
    case 'sweep':
      for (const set of await sweep()) console.log(`took down ${set}`)
      return 0
    case 'platform': {
      const lacking = (Object.keys(NEEDS) as Need[]).filter((need) => missing(need).length > 0)
      for (const need of lacking) console.log(`${need}: ${missing(need).join(', ')}`)
      return lacking.length === 0 ? 0 : 1
    }
    default:
      throw new Usage(line.verb === '' ? USAGE : `${line.verb}: unknown verb\n${USAGE}`)
  }
}

try {
  process.exitCode = await act(parse(process.argv.slice(2)))
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = error instanceof Usage ? 64 : 1
}
