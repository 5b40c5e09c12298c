// A declared command runs as the user of the service in a unit of its own: words and no line for a shell, from the rules and never from the gate.
import { list, literal, matching, object, optional, text } from '../../base/decode.ts'
import { type Digest, isDigest } from '../../base/hash.ts'
import { COMMAND_NAME, commandWords, WRITES_MAX } from '../command-rules.ts'
import { absolutePath } from '../file-state.ts'
import type { ActionKind } from './action-kind.ts'
import { shownWord } from './shown-word.ts'
import { TOOL_FILES_MAX, type ToolFile, toolFile } from './tool-file.ts'
import { unitName } from './unit.ts'

/** What a command is that is a change of its own. */
export interface OwnCommand {
  /** Of the directory as it was when this was planned: these bytes run, from a copy that only root writes, or none. */
  readonly files: Digest
  /** What approvers are shown of them. */
  readonly changed: readonly ToolFile[]
  /** Directories that it may write. */
  readonly writes: readonly string[]
  /** What takes it back. Absent: nothing but a restore does. */
  readonly back?: readonly string[]
  /** It takes an earlier run back: `argv` is the declared way back, and `back` the declared command. */
  readonly turned?: true
}

export interface Exec {
  readonly kind: 'exec'
  /** Which declared command it is: `smoke`, or the name of one that is a change of its own. */
  readonly name: string
  readonly argv: readonly string[]
  readonly directory: string
  /** Whose user, group and environment it gets. */
  readonly unit?: string
  readonly own?: OwnCommand
}

/** What is wished for of a declared command. */
export interface WishedCommand {
  readonly name: string
  /** It has no way back: only a restore takes it back. */
  readonly irreversible?: true
  /** Its way back is run, and the command takes that back. Only a rollback wishes for it. */
  readonly turned?: true
}

export const exec: ActionKind<Exec> = {
  decode: object({
    kind: literal('exec'),
    name: text({ max: 50, pattern: COMMAND_NAME, what: 'a name of a command' }),
    argv: commandWords,
    directory: absolutePath,
    unit: optional(unitName),
    own: optional(
      object({
        files: matching(isDigest, 'a digest'),
        changed: list(toolFile, TOOL_FILES_MAX),
        writes: list(absolutePath, WRITES_MAX),
        back: optional(commandWords),
        turned: optional(literal(true)),
      }),
    ),
  }),
  lines: ({ argv, directory, own }, words) => [
    words.exec(shownArgv(argv), directory),
    ...(own === undefined
      ? []
      : [words.execSealed(own.files), ...own.writes.map((path) => words.execWrites(path))]),
  ],
  difference: ({ argv, directory, own }) =>
    own === undefined
      ? []
      : [
          `${directory}$ ${shownArgv(argv)}`,
          ...(own.back === undefined ? [] : [`back: ${shownArgv(own.back)}`]),
          ...own.writes.map((path) => `writes: ${path}`),
        ],
  putBackLines: ({ directory, own }, words) =>
    own?.back === undefined ? [] : [words.exec(shownArgv(own.back), directory)],
  summary: ({ kind, name, argv, directory }) => ({ kind, name, argv: [...argv], directory }),
  settings: ({ argv }) => [shownArgv(argv)],
  places: ({ own }) => own?.writes ?? [],
  shown: ({ own }) =>
    (own?.changed ?? []).flatMap(({ before, after }) =>
      [before?.text, after?.text].filter((one) => one !== undefined),
    ),
}

const shownArgv = (argv: readonly string[]) => argv.map(shownWord).join(' ')
