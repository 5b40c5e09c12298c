// Git as a reader: the history holds every file that was ever committed, and some options write or run something.
import type { Field } from '../expand.ts'
import type { Path } from '../path.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import { touch } from '../tool.ts'
import { after, literal, prefix, suffix } from '../value.ts'
import { type GitCall, plainOf, vcs } from './git-arguments.ts'
import { riskOf } from './git-config.ts'
import { nothing, type Sub } from './git-sub.ts'

/** `HEAD:path` and `:path`: counted from the root of the repository, which may be any directory above this one. */
function inHistory({ call }: GitCall, field: Field): Stream {
  const start = prefix(field.value)
  const at = start.indexOf(':')
  const rest = at === -1 ? undefined : after(field.value, start.slice(0, at + 1))
  if (rest === undefined || rest.length === 0) return FROM_PROGRAM
  const name = after(rest, './') ?? after(rest, '0:') ?? rest
  touch(call, 'path.read', { ...field, value: name })
  const { shell } = call
  for (const cwd of shell.state.cwd)
    for (let depth = cwd.segments.length - 1; depth > 0; depth--) {
      const above: Path = { ...cwd, segments: cwd.segments.slice(0, depth) }
      for (const path of shell.fork({ cwd: [above] }).paths(name))
        shell.emit({ verb: 'path.read', on: { kind: 'path', path }, certainty: 'possible' }, field.span)
    }
  // As it was committed, which nobody sees here.
  return { origins: shell.paths(name).map((path) => ({ from: 'file', path, recursive: false })) }
}

/** Every operand: a revision with a path, or a path (behind `--` it is nothing else). */
function reads(git: GitCall): Stream | undefined {
  const { call, operands, before, args } = git
  let out: Stream | undefined
  for (const [i, field] of operands.entries())
    if (i < before && prefix(field.value).includes(':')) out = inHistory(git, field)
    else if (i >= before || looksLikePath(field)) touch(call, 'path.read', field)
  for (const field of args.values('output o output-directory')) touch(call, 'path.write', field)
  for (const field of args.values('x extcmd ext-cmd')) {
    vcs(call, 'configure-code', undefined, 'extcmd')
    const source = literal(field.value)
    if (source !== undefined) call.shell.fork().code(source, field.span)
  }
  return out
}

const looksLikePath = ({ value }: Field): boolean => {
  const end = suffix(value)
  return end.includes('.') && !end.includes('..') ? true : literal(value) === undefined
}

const DIFF =
  'output diff-filter inter-hunk-context unified src-prefix dst-prefix line-prefix word-diff-regex format pretty since until after before author committer grep max-count skip encoding date ignore-matching-lines anchored rotate-to skip-to'

function config({ call, args, operands, on }: GitCall): undefined {
  for (const field of args.values('f file')) {
    touch(call, 'path.read', field)
    if (operands.length > 1 || on('unset unset-all remove-section rename-section add replace-all e edit'))
      touch(call, 'path.write', field)
  }
  if (on('e edit') || (operands.length > 0 && plainOf(operands[0]) === 'edit')) {
    vcs(call, 'configure-code', undefined, 'edit')
    return undefined
  }
  if (on('get get-all get-regexp get-urlmatch list l get-color get-colorbool unset unset-all remove-section'))
    return undefined
  const words = plainOf(operands[0]) === 'set' ? operands.slice(1) : operands
  if (/^(get|list|unset|remove-section|rename-section)$/.test(plainOf(operands[0]) ?? '')) return undefined
  const [first, given] = words
  if (first === undefined) return undefined
  const start = prefix(first.value)
  const at = start.indexOf('=')
  const key = at === -1 ? start : start.slice(0, at)
  const value = at === -1 ? given?.value : after(first.value, start.slice(0, at + 1))
  if (value === undefined) return undefined
  // An editor that does nothing is harmless for one call; as a setting it signs every later message.
  if (riskOf(key, value) !== undefined || /\.editor$/i.test(key)) vcs(call, 'configure-code', first, key)
  return undefined
}

export const READS: readonly Sub[] = [
  {
    names:
      'show diff log whatchanged format-patch range-diff diff-tree diff-index diff-files shortlog rev-list',
    short: 'nLSGOUo',
    long: `${DIFF} output-directory start-number subject-prefix`,
    does: reads,
  },
  {
    names: 'difftool',
    short: 'xt',
    long: 'extcmd tool',
    flags: 'no-prompt prompt gui dir-diff tool-help',
    does: reads,
  },
  { names: 'mergetool', short: 't', long: 'tool', does: nothing },
  {
    names: 'cat-file',
    flags: 'batch batch-check batch-command textconv filters follow-symlinks',
    long: 'path',
    does: reads,
  },
  {
    names: 'blame annotate',
    short: 'LSMC',
    long: 'date contents ignore-rev ignore-revs-file since',
    does: reads,
  },
  {
    names: 'grep',
    short: 'efABCmO',
    attached: 'O',
    long: 'max-depth max-count after-context before-context context threads parent-basename',
    flags: 'open-files-in-pager no-index untracked cached',
    does: (git) => {
      const { call, args, operands, before } = git
      const pager = args.options.find(({ name }) => name === 'O' || name === 'open-files-in-pager')
      const program = pager?.value === undefined ? undefined : literal(pager.value.value)
      if (pager !== undefined && program !== undefined && !/^(cat|less|more|vi|vim)$/.test(program)) {
        vcs(call, 'configure-code', undefined, 'pager')
        call.shell.fork().code(program, call.span)
      }
      for (const field of args.values('f')) touch(call, 'path.read', field)
      for (const field of operands.slice(before)) touch(call, 'path.read', field)
      return undefined
    },
  },
  {
    names: 'archive',
    short: 'o',
    long: 'format prefix output remote exec add-file add-virtual-file mtime',
    does: (git) => {
      const { call, args, operands } = git
      if (args.value('exec') !== undefined) {
        vcs(call, 'configure-code', undefined, 'transport')
        const source = literal(args.value('exec')?.value ?? [])
        if (source !== undefined) call.shell.fork().code(source, call.span)
      }
      for (const field of args.values('o output')) touch(call, 'path.write', field)
      for (const field of args.values('add-file')) touch(call, 'path.read', field)
      const [tree, ...paths] = operands
      if (tree !== undefined && prefix(tree.value).includes(':')) inHistory(git, tree)
      for (const field of paths) touch(call, 'path.read', field)
      return undefined
    },
  },
  {
    names: 'hash-object',
    short: 't',
    long: 'path',
    does: ({ call, operands }) => {
      for (const field of operands) touch(call, 'path.read', field)
      return undefined
    },
  },
  {
    names: 'bundle',
    does: ({ call, operands }) => {
      if (plainOf(operands[0]) === 'create' && operands[1] !== undefined)
        touch(call, 'path.write', operands[1])
      return undefined
    },
  },
  {
    names: 'init',
    short: 'b',
    long: 'template separate-git-dir initial-branch object-format shared',
    does: ({ call, args }) => {
      if (args.value('template') !== undefined) vcs(call, 'configure-code', undefined, 'template')
      return undefined
    },
  },
  {
    names: 'config',
    short: 'f',
    long: 'file blob type default comment value',
    flags:
      'global system local worktree get get-all get-regexp get-urlmatch replace-all add unset unset-all rename-section remove-section list edit bool int path null name-only show-origin show-scope includes all regexp fixed-value',
    does: config,
  },
]
