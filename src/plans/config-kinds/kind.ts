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
  readonly validator: Validator
  readonly shown: Shown
  /** How the reach of a change is computed: from the files of nginx, or from the unit that reads the file. */
  readonly impact: 'nginx' | 'unit'
}

/** Who reads the file before it stands there. `none`: nobody does, and the card says so. */
export type Validator = { readonly by: 'nginx' } | { readonly by: 'systemd' } | { readonly by: 'none' }

/** What shows that the new file is in effect: the plan holds this proof, and the judge asks for it. */
export type Shown =
  | { readonly by: 'nginx'; readonly stableMs: number }
  | { readonly by: 'unit' }
  /** The declared probe of the application; without one a person keeps the change. */
  | { readonly by: 'probe'; readonly afterRestart: boolean }
