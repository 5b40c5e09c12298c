// What is known of one kind of configuration file. Gate, judge, runner and card read it from here and from nowhere else.
import type { Both } from '../../words/words.ts'

/** What a change of this file makes necessary for the running service. */
export type Activation = 'none' | 'reload' | 'restart'

export interface KindRow {
  /** As the card names it. */
  readonly name: Both<string>
  /** A file in one of these places is of this kind where the inventory says nothing. */
  readonly places: readonly RegExp[]
  readonly activation: Activation
  /** Without activation such a file has no effect: the inventory may not say `none`. */
  readonly mustActivate?: true
  /** What makes the old file effective again; otherwise the activation. Who dies of a file in a reload is not there to be reloaded. */
  readonly undone?: 'restart'
  /** Which unit reads it; otherwise the unit of the service. */
  readonly unit?: string
  /** A unit file or a drop-in of one: PID 1 reads it again (daemon-reload), and a link to /dev/null masks it. */
  readonly unitFile?: true
  /** Changed variable by variable, never as a whole; its values are secrets. */
  readonly byKey?: true
  /** Its files are one configuration: a change of one of them touches this target too. */
  readonly target?: 'nginx'
  /** A link of such a file may lead to any file below this directory. */
  readonly linksBelow?: string
  /** Whose the file is, whatever it was: the program ignores another one. */
  readonly owned?: { readonly mode: number; readonly uid: number; readonly gid: number }
  /** What a wrong file can do beside its service: stands on the card. */
  readonly risk?: Both<string>
  readonly validator: Validator
  readonly shown: Shown
  /** How the reach of a change is computed: from the files of nginx, from the unit that reads the file, or no running service reads it. */
  readonly impact: 'nginx' | 'unit' | 'none'
}

/** Who reads the file before it stands there. `none`: nobody does, and the card says so. */
export type Validator =
  | { readonly by: 'nginx' }
  | { readonly by: 'systemd' }
  | ({ readonly by: 'program' } & ProgramValidator)
  | ({ readonly by: 'reading' } & ReadingValidator)
  | { readonly by: 'none' }

/** The program that uses the file tells its faults, in the sandbox and on a copy of all that it reads. Where it is not installed nobody has looked. */
export interface ProgramValidator {
  /** As the card names it: `logrotate -d`. */
  readonly name: string
  /** In /usr/sbin or /usr/bin. */
  readonly program: string
  readonly argv: readonly string[]
  /** Files and directories of the configuration: staged at their own places. */
  readonly reads: readonly string[]
  /** Directories that it wants to find, empty. */
  readonly places?: readonly string[]
  /** A line of its text about a file: groups `path`, `text` and, where it tells one, `line`. */
  readonly fault: RegExp
  /** Such a line that is no fault. */
  readonly remark?: RegExp
  /** It says with such a line that it has read the file of group `path`: of a changed file it must. */
  readonly seen: RegExp
  /** Its exit alone decides too. Otherwise it also ends with a failure over what only the live machine has. */
  readonly exitDecides: boolean
  /** Each file stands for itself: what is said of another file, and was before, is no fault of the change. */
  readonly readAlone: boolean
}

/** There is no program that could be asked: we read the text ourselves, and the card says that this is all. */
export interface ReadingValidator {
  readonly name: string
  /** What was looked at, and what was not. */
  readonly looked: Both<string>
  readonly read: (file: FileRead) => readonly ReadFault[]
}
export interface FileRead {
  readonly path: string
  readonly text: string
  readonly mode: number
  readonly uid: number
  /** Undefined where the accounts of the machine cannot be read. */
  readonly users: ReadonlySet<string> | undefined
}
export interface ReadFault {
  readonly code: ReadCode
  readonly line?: number
  /** The words that are wrong. */
  readonly text: string
}
/** Sentences stand in words/validation.ts. */
export type ReadCode =
  | 'crontab.owner'
  | 'crontab.file_name'
  | 'crontab.last_line'
  | 'crontab.fields'
  | 'crontab.time'
  | 'crontab.nickname'
  | 'crontab.user'

/** What shows that the new file is in effect: the plan holds this proof, and the judge asks for it. */
export type Shown =
  | { readonly by: 'nginx'; readonly stableMs: number }
  | { readonly by: 'unit' }
  /** Who connects to a port of its unit is greeted with these characters. */
  | { readonly by: 'answers'; readonly greeting: string }
  /** It is read anew each time that it is used: bytes, owner and mode in place are all there is to see. */
  | { readonly by: 'place' }
  /** The declared probe of the application; without one a person keeps the change. */
  | { readonly by: 'probe'; readonly afterRestart: boolean }
