// Dependencies and build of a tree in a room, at the path at which it will run. What comes out is written anew and belongs to us.
import { cp, lstat, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import type { CommandRule } from '../../plans/code-rules.ts'
import { type Room, type RoomRun, withRoom } from '../../room/room.ts'
import type { RoomPorts } from '../../room/walls.ts'
import { passableDirectory } from '../../sys/files.ts'
import type { RunnerParts } from '../parts.ts'
import { Redactor } from '../redact.ts'
import { secretValues } from '../verbs/read.ts'
import type { CodeContext } from './context.ts'

/** The step that reaches a registry sees these and no other code. */
const MANIFESTS: ReadonlySet<string> = new Set([
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'requirements.txt',
  'requirements-dev.txt',
  'pyproject.toml',
  'poetry.lock',
  'uv.lock',
  'go.mod',
  'go.sum',
])
const SHOWN = 1500

export async function roomPorts(parts: RunnerParts): Promise<RoomPorts> {
  const values = await secretValues(parts)
  return {
    process: parts.process,
    scratch: parts.place.rooms,
    uid: process.geteuid?.() ?? -1,
    command: parts.command,
    redact: (text) => {
      const redactor = new Redactor(values)
      return Buffer.concat([redactor.push(Buffer.from(text)), redactor.end()]).toString('utf8')
    },
  }
}

/** The same, with the place of rooms: whoever stages code has made it before. */
export async function openRooms(parts: RunnerParts): Promise<RoomPorts> {
  const ports = await roomPorts(parts)
  await passableDirectory(ports.scratch)
  return ports
}

/** `tree` as git has it → `to`, with dependencies and what the build made. Throws deploy.step_failed, deploy.step_ended, room.*. */
export async function build(tree: string, at: string, to: string, context: CodeContext): Promise<void> {
  const { rules, directory, note, signal, parts } = context
  const ports = await roomPorts(parts)
  const { dependencies } = rules
  if (dependencies?.registry !== undefined) {
    const only = (await readdir(tree)).filter((name) => MANIFESTS.has(name))
    const fetched = join(directory, `fetched-${to.split('/').at(-1)}`)
    await withRoom(ports, { tree, at, only }, async (room) => {
      await step(room, 'dependencies', dependencies, signal)
      await room.takeOut(fetched, signal)
    })
    for (const name of await readdir(fetched))
      if ((await lstat(join(tree, name)).catch(() => undefined)) === undefined)
        await cp(join(fetched, name), join(tree, name), { recursive: true, verbatimSymlinks: true })
  }
  await note(to)
  await withRoom(ports, { tree, at }, async (room) => {
    if (dependencies !== undefined && dependencies.registry === undefined)
      await step(room, 'dependencies', dependencies, signal)
    if (rules.build !== undefined) await step(room, 'build', rules.build, signal)
    await room.takeOut(to, signal)
  })
}

async function step(
  room: Room,
  name: 'dependencies' | 'build',
  { argv, withinMs, registry }: CommandRule,
  signal: AbortSignal,
): Promise<void> {
  const run = await room.run({
    argv,
    seconds: Math.ceil(withinMs / 1000),
    signal,
    ...(registry === undefined ? {} : { registry }),
  })
  signal.throwIfAborted()
  const fault = faultOf(name, run)
  if (fault !== undefined) throw fault
}

/** What ended a step; undefined where it ended well by itself. */
export function faultOf(name: string, run: RoomRun): SekishoError | undefined {
  if (run.ended === 'unavailable') return new SekishoError('room.unavailable', { why: run.detail ?? '' })
  if (run.ended !== 'exit')
    return new SekishoError('deploy.step_ended', { step: name, ended: run.ended, output: tail(run.output) })
  if (run.exit === 0) return undefined
  return new SekishoError('deploy.step_failed', {
    step: name,
    exit: run.exit ?? -1,
    output: tail(run.output),
  })
}

export function tail(output: string): string {
  return output.trim().slice(-SHOWN)
}

export async function emptyDirectory(path: string, context: CodeContext): Promise<string> {
  await context.note(path)
  await mkdir(path, { mode: 0o711 })
  return path
}
