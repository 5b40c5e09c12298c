// What a command would do: a verb on a resource. Everything that is decided is decided about these (guard §5).
import type { Path } from './path.ts'
import type { Span } from './tree.ts'
import type { Value } from './value.ts'

export type Verb =
  | `path.${'read' | 'list' | 'write' | 'append' | 'create' | 'delete' | 'move' | 'chmod' | 'chown' | 'link' | 'mount' | 'exec'}`
  | `service.${'stop' | 'restart' | 'reload' | 'start' | 'disable' | 'mask'}`
  | `host.${'shutdown' | 'reboot' | 'change' | 'fill'}`
  | 'process.kill'
  | `db.${'read' | 'insert' | 'update' | 'delete' | 'truncate' | 'drop' | 'alter' | 'grant' | 'admin' | 'unclear'}`
  | `vcs.${'discard' | 'clean' | 'rewrite' | 'force-push' | 'push' | 'delete-ref' | 'delete-remote-ref' | 'drop-stash' | 'expire' | 'configure-code' | 'commit' | 'integrate' | 'unstage' | 'checkout'}`
  | `infra.${'destroy' | 'delete' | 'scale-down' | 'drain' | 'apply' | 'prune' | 'change' | 'exec' | 'expose' | 'reveal'}`
  | `net.${'download' | 'upload' | 'listen' | 'mutate' | 'firewall' | 'configure'}`
  | `privilege.${'escalate' | 'account' | 'install' | 'remove' | 'publish'}`
  | `device.${'overwrite' | 'partition' | 'format' | 'volume'}`
  | `exec.${'known' | 'downloaded' | 'decoded' | 'unknown' | 'option' | 'shell-server' | 'bomb' | 'script'}`
  /** A debugger on a running process; a program started so that it can be debugged; code of the moment beside a service; one more server of its tree. */
  | `debug.${'attach' | 'server' | 'script' | 'second'}`
  | 'schedule.remove'
  | 'history.destroy'
  | 'guard.change'
  | `gate.${'approve' | 'policy' | 'key'}`
  /** Text that could not be read as a command, and has something in it that matters. */
  | 'unclear'

export type Resource =
  | { readonly kind: 'path'; readonly path: Path }
  /** A service by the name that its manager knows; `all` for every service of the manager. */
  | { readonly kind: 'service'; readonly manager: string; readonly name: Value; readonly all?: boolean }
  | { readonly kind: 'host' }
  | {
      readonly kind: 'process'
      readonly by: 'pid' | 'name' | 'pattern' | 'port' | 'user' | 'all'
      readonly value: Value
    }
  | {
      readonly kind: 'database'
      readonly engine: string
      readonly database?: string
      readonly object?: string
      readonly bounded?: boolean
    }
  | { readonly kind: 'repository'; readonly at?: Path; readonly ref?: Value; readonly what?: string }
  | { readonly kind: 'infra'; readonly platform: string; readonly type?: string; readonly name?: Value }
  | { readonly kind: 'url'; readonly url: Value; readonly method?: string }
  | { readonly kind: 'program'; readonly name: string }

/** `exact`: happens when the line runs. `possible`: depends on a branch, a glob, a file. `unknown`: anything could be the target. */
export type Certainty = 'exact' | 'possible' | 'unknown'

export interface Effect {
  readonly verb: Verb
  readonly on: Resource
  readonly certainty: Certainty
  /** The subtree too. */
  readonly recursive?: boolean
  /** All of an archive comes out there: whatever lies below may be written over. */
  readonly over?: true
  /** Of the subtree, the names that an option leaves out; `*.key` for an ending. */
  readonly except?: readonly string[]
  readonly reversible: 'yes' | 'no' | 'unknown'
  /** The word that names it came out of a file, a download or an encoding. */
  readonly hidden?: true
  /** The account that it runs as, where the line changes it. */
  readonly as?: string
  /** The host or container that it happens on, where that is not this one. */
  readonly host?: string
  /** Programs between the shell and the effect: sudo, xargs, python. */
  readonly via: readonly string[]
  readonly span: Span
  /** What the words room needs to say it: an option, a count. */
  readonly note?: string
}

/** A note: the place that a copy has if its target is a directory, which nobody can tell. */
export const PERHAPS = 'perhaps'
/** A file with scripts in it by their names: a makefile, a package.json. */
export const HOLDS_SCRIPTS = 'scripts'
/** A file that a shell runs, unless its first line names somebody else. */
export const AS_SHELL = 'shell'
/** A directory that is shown to whoever asks: what is declared by its place lies in it or does not. */
export const SERVED = 'served'
