// The acts of a migration by a declared tool. What the rehearsal saw of its status decides what was applied.
import { join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { isDigest, sha256 } from '../../base/hash.ts'
import { isSecret } from '../../host/file-facts.ts'
import type { MigrateByTool } from '../../plans/actions/migrate-by-tool.ts'
import type { RoomPorts } from '../../room/walls.ts'
import { actionName, type MigrateResult } from '../../schema/migrate.ts'
import {
  hasFiles,
  runByTool,
  standing,
  type ToolMigrateHands,
  type ToolMigration,
  takeBackByTool,
} from '../../schema/tool-migrate.ts'
import {
  type ActContext,
  type ActResult,
  applied,
  failed,
  failedBy,
  failedOr,
  type ProbeResult,
} from './context.ts'

/** Among the copies of an execution: its own copy of the files of a tool. */
export const TOOL_TREE = 'tool-'

/** What runs the tool. */
export interface ToolRooms {
  readonly ports: () => Promise<RoomPorts>
  /** What `status` said on both sides of the sealed rehearsal. */
  readonly status?: { readonly before: string; readonly after: string }
}

async function partsOf(
  action: MigrateByTool,
  c: ActContext,
): Promise<{ readonly of: ToolMigration; readonly hands: ToolMigrateHands } | undefined> {
  const { before, after } = c.tools?.status ?? {}
  if (c.tools === undefined || !isDigest(before) || !isDigest(after)) return undefined
  const { kind: _kind, changed: _changed, stage, ...rest } = action
  const ports = await c.tools.ports()
  const name = actionName(action.database, sha256(action.argv.join('\0')))
  return {
    of: {
      ...rest,
      execution: c.execution,
      action: name,
      rehearsed: { before, after },
      ...(stage === undefined ? {} : { from: () => laidBy(stage, c) }),
      leave: (path) => isSecret(c.policy, path),
      tree: join(c.copies, `${TOOL_TREE}${sha256(name).slice(0, 16)}`),
    },
    hands: {
      clock: c.clock,
      killPoint: c.killPoint,
      keyed: c.keyed,
      signal: c.signal,
      ports,
      command: ports.command,
    },
  }
}

/** Throws deploy.stage_gone. */
async function laidBy(stage: string, { code }: ActContext): Promise<string> {
  if (code === undefined) throw new SekishoError('deploy.stage_gone', { stage })
  return code.toolFiles(await code.record(stage))
}

async function answered(
  action: MigrateByTool,
  c: ActContext,
  work: (of: ToolMigration, hands: ToolMigrateHands) => Promise<MigrateResult>,
): Promise<ActResult> {
  try {
    const parts = await partsOf(action, c)
    if (parts === undefined) return failed('not_rehearsed')
    const result = await work(parts.of, parts.hands)
    return result.ok ? applied(result.detail) : failedBy(result.error)
  } catch (cause) {
    return failedOr(cause, action.database)
  }
}

export const applyByTool = (action: MigrateByTool, c: ActContext): Promise<ActResult> =>
  answered(action, c, runByTool)

/** Undo is never called off. */
export const putBackByTool = (action: MigrateByTool, c: ActContext): Promise<ActResult> =>
  answered(action, c, (of, { signal: _signal, ...hands }) => takeBackByTool(of, hands))

async function probed(
  action: MigrateByTool,
  c: ActContext,
  other: 'unknown' | 'mixed',
): Promise<ProbeResult> {
  const parts = await partsOf(action, c)
  if (parts === undefined) return { found: other, detail: { why: 'not_rehearsed' } }
  if (!(await hasFiles(parts.of))) return { found: 'not_applied', detail: { files: 'not taken' } }
  const { at, detail } = await standing(parts.of, parts.hands)
  return { found: at === 'after' ? 'applied' : at === 'before' ? 'not_applied' : other, detail }
}

export const probeByTool = (action: MigrateByTool, c: ActContext): Promise<ProbeResult> =>
  probed(action, c, 'unknown')

export const probeByToolBack = (action: MigrateByTool, c: ActContext): Promise<ProbeResult> =>
  probed(action, c, 'mixed')
