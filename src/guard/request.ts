// What can be asked: a shell text, a file tool, a call of some other tool. Parsed at the door; from here on these shapes hold.

export type Actor = 'agent' | 'person'

export interface ShellRequest {
  readonly kind: 'shell'
  readonly text: string
  readonly cwd: string
  readonly environment?: Readonly<Record<string, string>>
  /** Scripts that the text starts, by their path, where somebody looked (decide-with.ts). */
  readonly files?: Readonly<Record<string, string>>
  readonly links?: Links
  readonly actor?: Actor
}

/** Links of the machine with what they lead to, where somebody looked (decide-with.ts). */
export type Links = Readonly<Record<string, string>>

export type FileAction = 'read' | 'write' | 'delete' | 'move'
export interface FileRequest {
  readonly kind: 'file'
  readonly action: FileAction
  readonly paths: readonly string[]
  readonly cwd: string
  readonly links?: Links
  readonly actor?: Actor
}

/** A tool that is not the agent's own: an MCP server's, or one that nobody knows. */
export interface CallRequest {
  readonly kind: 'call'
  readonly server: string
  readonly name: string
  readonly input: unknown
  readonly cwd: string
  readonly links?: Links
  readonly actor?: Actor
}

export type Request = ShellRequest | FileRequest | CallRequest
