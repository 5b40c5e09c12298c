// How Claude Code asks and wants to be answered (agents §3; payloads recorded from 2.1.331). Unknown fields are kept out of the way.
import { isInput, requestOfTool } from '../guard/agent-tools.ts'
import type { Request } from '../guard/request.ts'

export interface Asked {
  readonly event: string
  readonly session: string
  readonly call: string | undefined
  readonly cwd: string
  readonly tool: string
  /** Nothing to judge where undefined. */
  readonly request: Request | undefined
  /** Of a changed settings file. */
  readonly source: string | undefined
}

/** Undefined: not what Claude Code writes. */
export function readAsked(text: string): Asked | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const {
    hook_event_name: event,
    session_id: session,
    tool_use_id: call,
    cwd,
    tool_name: tool,
    tool_input: input,
    source,
  } = value as Readonly<Record<string, unknown>>
  if (typeof event !== 'string' || typeof session !== 'string') return undefined
  const about = {
    event,
    session,
    call: typeof call === 'string' ? call : undefined,
    source: typeof source === 'string' ? source : undefined,
  }
  if (event !== 'PreToolUse')
    return {
      ...about,
      cwd: typeof cwd === 'string' ? cwd : '/',
      tool: typeof tool === 'string' ? tool : '',
      request: undefined,
    }
  if (typeof cwd !== 'string' || !cwd.startsWith('/') || typeof tool !== 'string' || tool === '')
    return undefined
  if (!isInput(tool, input)) return undefined
  return { ...about, cwd, tool, request: requestOfTool(tool, input, cwd) }
}

/** The exact form of an answer; no opinion is nothing at all. */
export function answerTo(decision: 'deny' | 'ask', reason: string): string {
  return JSON.stringify({
    hookSpecificOutput: {
      hookEventName: 'PreToolUse',
      permissionDecision: decision,
      permissionDecisionReason: reason,
    },
  })
}
