// What a text of SQL would do, before anybody says where: effects on databases, files it names, code it starts.
import type { Verb } from '../effect.ts'
import type { Engine } from './lex.ts'

export type DatabaseVerb = Extract<Verb, `db.${string}`>

export type Found =
  | {
      readonly found: 'database'
      readonly verb: DatabaseVerb
      readonly object?: string
      readonly bounded?: boolean
      /** A part of the statement is not known. */
      readonly possible?: true
      readonly note?: string
    }
  | {
      readonly found: 'file'
      readonly access: 'read' | 'write' | 'append' | 'delete'
      readonly name: string
      /** A database that later statements may speak to. */
      readonly opens?: true
    }
  // A command line for a shell.
  /** `feeds`: what the database answers goes into it. */
  | { readonly found: 'shell'; readonly code: string; readonly feeds?: true }
  /** Another file of SQL. */
  | { readonly found: 'script'; readonly name: string }

/** Where the reader puts what it finds. */
export type Tell = (found: Found) => void

export interface Around {
  readonly engine: Engine
  readonly tell: Tell
  readonly depth: number
}
