// The tools of an agent, by name and input, as questions. What is not known by name is walked like any other tool's input.

import { shellWord } from '../base/shell-word.ts'
import type { FileAction, Request } from './request.ts'

/** Tools that change nothing and start nothing on this machine. */
const IDLE = new Set([
  'Task',
  'Agent',
  'TodoWrite',
  'WebSearch',
  'BashOutput',
  'TaskOutput',
  'ExitPlanMode',
  'EnterPlanMode',
  'AskUserQuestion',
  'ListMcpResourcesTool',
  'ToolSearch',
  'Skill',
  'Glob',
  'LS',
])
const SHELLS = new Set(['Bash', 'Monitor', 'PowerShell'])
const FILES: Readonly<Record<string, readonly [FileAction, string]>> = {
  Read: ['read', 'file_path'],
  NotebookRead: ['read', 'notebook_path'],
  Edit: ['write', 'file_path'],
  MultiEdit: ['write', 'file_path'],
  Write: ['write', 'file_path'],
  NotebookEdit: ['write', 'notebook_path'],
  Grep: ['read', 'path'],
  Delete: ['delete', 'file_path'],
}

/** False where the input has no shape that a tool takes: then nobody can say what it would do. */
export function isInput(tool: string, input: unknown): boolean {
  const key = SHELLS.has(tool) ? 'command' : Object.hasOwn(FILES, tool) ? FILES[tool]?.[1] : undefined
  if (key === undefined && input === undefined) return true
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return false
  const given = key === undefined ? undefined : (input as Readonly<Record<string, unknown>>)[key]
  return given === undefined || typeof given === 'string'
}

/** Undefined: nothing to judge. A known tool whose input has another shape than we know is walked, never waved through. */
export function requestOfTool(tool: string, input: unknown, cwd: string): Request | undefined {
  if (IDLE.has(tool)) return undefined
  const record =
    typeof input === 'object' && input !== null ? (input as Readonly<Record<string, unknown>>) : {}
  if (SHELLS.has(tool)) {
    const { command } = record
    if (typeof command === 'string') {
      const text = tool === 'PowerShell' ? `pwsh -Command ${shellWord(command)}` : command
      return { kind: 'shell', text, cwd, actor: 'agent' }
    }
  }
  // It is a ripgrep with another face: the files that it names count, wherever it starts.
  if (tool === 'Grep' && typeof record['glob'] === 'string') {
    const { glob, path } = record
    // Several of them stand side by side; a comma parts them where it stands in no braces.
    const globs = glob
      .split(/\s+/)
      .flatMap((one) => (one.includes('{') ? [one] : one.split(',')))
      .filter((one) => one !== '')
    const words = [
      'rg',
      ...globs.flatMap((one) => ['-g', one]),
      '-e',
      '…',
      ...(typeof path === 'string' ? [path] : []),
    ]
    return { kind: 'shell', text: words.map(shellWord).join(' '), cwd, actor: 'agent' }
  }
  const file = Object.hasOwn(FILES, tool) ? FILES[tool] : undefined
  if (file !== undefined) {
    const [action, key] = file
    const path = record[key]
    if (typeof path === 'string') return { kind: 'file', action, paths: [path], cwd, actor: 'agent' }
    // A search without a path looks through the directory, and aims at nothing.
    if (path === undefined && tool === 'Grep') return undefined
  }
  const mcp = /^mcp__(.+?)__(.+)$/.exec(tool)
  return { kind: 'call', server: mcp?.[1] ?? '', name: mcp?.[2] ?? tool, input, cwd, actor: 'agent' }
}
