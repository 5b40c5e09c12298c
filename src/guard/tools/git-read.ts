// Git as a reader: the history holds every file that was ever committed, and some options write or run something.
import type { Field } from '../fields.ts'
import { gathered, type Stream } from '../stream.ts'
import { fieldFor, touch } from '../tool.ts'
import { after, literal, prefix, split } from '../value.ts'
import { type GitCall, plainOf, vcs } from './git-arguments.ts'
import { forgets, riskOf } from './git-config.ts'
import { inHistory, isRevision, readSpecs } from './git-paths.ts'
import { nothing, type Sub } from './git-sub.ts'

/** Options that show what is in the files, and those that only count or name them. */
const PATCH =
  'p u patch patch-with-stat patch-with-raw U unified c cc dd L W function-context word-diff word-diff-regex color-words check'
const SUMMARY =
  's no-patch stat numstat shortstat dirstat X cumulative summary name-only name-status raw quiet'

/** `always`: it does nothing else. `shows`: unless it is told to count. `asked`: only when it is told to. */
type Content = 'always' | 'shows' | 'asked'

function showsContent({ args }: GitCall, how: Content): boolean {
  if (how === 'always' || args.has(PATCH)) return true
  return how === 'shows' && !args.has(SUMMARY)
}

/** Every operand: a revision with a path, or a path (behind `--` it is nothing else). */
const reads =
  (how: Content) =>
  (git: GitCall): Stream | undefined => {
    const { call, operands, before, args } = git
    const named: Field[] = []
    let out: Stream | undefined
    for (const [i, field] of operands.entries())
      if (i < before && prefix(field.value).includes(':')) {
        // A blob is shown whatever else is counted.
        if (how !== 'asked' || showsContent(git, how)) out = inHistory(call, field)
      } else if (i >= before || !isRevision(field)) named.push(field)
    if (showsContent(git, how) && named.length > 0) {
      const read = readSpecs(call, named)
      out = out === undefined ? read : { origins: gathered(out.origins, read.origins) }
    }
    // `-L 1,5:file`
    for (const field of args.values('L')) {
      const name = (literal(field.value) ?? '').replace(/^.*:/s, '')
      if (name !== '' && literal(field.value) !== name) touch(call, 'path.read', { ...field, value: [name] })
    }
    for (const field of args.values('output o output-directory')) touch(call, 'path.write', field)
    for (const field of args.values('x extcmd ext-cmd')) {
      vcs(call, 'configure-code', undefined, 'extcmd')
      const source = literal(field.value)
      if (source !== undefined) call.shell.fork().code(source, field.span)
    }
    return out
  }

/** What `--batch` is asked for: names of objects, one a line. */
function batched({ call, args }: GitCall): Stream | undefined {
  if (!args.has('batch batch-command')) return undefined
  let out: Stream | undefined
  for (const one of call.stdin.texts ?? [])
    for (const line of split(one, '\n').slice(0, LINES)) {
      const name = after(line, 'contents ') ?? line
      if (prefix(name).includes(':')) out = inHistory(call, fieldFor(call, name))
    }
  return out
}
const LINES = 64

/** A pattern, revisions, then paths; with `-e` or `-f` there is no pattern among its words. */
function grep({ call, args, operands, before }: GitCall): Stream {
  const pager = args.options.find(({ name }) => name === 'O' || name === 'open-files-in-pager')
  const program = pager?.value === undefined ? undefined : literal(pager.value.value)
  if (pager !== undefined && program !== undefined && !/^(cat|less|more|vi|vim)$/.test(program)) {
    vcs(call, 'configure-code', undefined, 'pager')
    call.shell.fork().code(program, call.span)
  }
  for (const field of args.values('f')) touch(call, 'path.read', field)
  const words = args.has('e f and or not') ? operands : operands.slice(Math.min(1, before))
  return readSpecs(call, words)
}

const DIFF =
  'output diff-filter inter-hunk-context unified src-prefix dst-prefix line-prefix word-diff-regex format pretty since until after before author committer grep max-count skip encoding date ignore-matching-lines anchored rotate-to skip-to'
const FLAGS =
  'patch no-patch stat numstat shortstat dirstat summary name-only name-status raw quiet oneline graph all follow no-index cached staged word-diff color-words color no-color patch-with-stat function-context full-history exit-code check'

function config({ call, args, operands, on }: GitCall): undefined {
  for (const field of args.values('blob')) inHistory(call, field)
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
  if (forgets(key, value)) vcs(call, 'expire', undefined, key)
  if (riskOf(key, value) !== undefined || /\.editor$/i.test(key)) vcs(call, 'configure-code', first, key)
  return undefined
}

/** Letters with an attached value if any: how far names and copies are looked for. */
const SIMILAR = 'MCB'

export const READS: readonly Sub[] = [
  {
    names: 'show diff range-diff',
    short: 'nLSGOUlo',
    attached: SIMILAR,
    long: DIFF,
    flags: FLAGS,
    does: reads('shows'),
  },
  {
    names: 'log whatchanged diff-tree diff-index diff-files',
    short: 'nLSGOUlo',
    attached: SIMILAR,
    long: DIFF,
    flags: FLAGS,
    does: reads('asked'),
  },
  // Names, counts and authors; nothing of what is in a file.
  {
    names: 'shortlog rev-list',
    short: 'nw',
    long: DIFF,
    does: ({ call, args }) => {
      for (const field of args.values('output')) touch(call, 'path.write', field)
      return undefined
    },
  },
  {
    names: 'format-patch fast-export',
    short: 'nLSGOUlo',
    attached: SIMILAR,
    long: `${DIFF} output-directory start-number subject-prefix`,
    does: reads('always'),
  },
  {
    names: 'difftool',
    short: 'xt',
    long: 'extcmd tool',
    flags: 'no-prompt prompt gui dir-diff tool-help',
    does: reads('always'),
  },
  { names: 'mergetool', short: 't', long: 'tool', does: nothing },
  {
    names: 'cat-file',
    flags: 'batch batch-check batch-command textconv filters follow-symlinks',
    long: 'path',
    // That it is there, how large and of which kind it is: none of what is in it.
    does: (git) => {
      if (git.args.has('e s t batch-check')) return undefined
      for (const field of git.args.values('path')) touch(git.call, 'path.read', field)
      return batched(git) ?? reads('always')(git)
    },
  },
  { names: 'unpack-file', does: reads('always') },
  {
    names: 'blame annotate',
    short: 'LS',
    attached: SIMILAR,
    long: 'date contents ignore-rev ignore-revs-file since',
    does: (git) => {
      for (const field of git.args.values('contents')) touch(git.call, 'path.read', field)
      return reads('always')(git)
    },
  },
  {
    names: 'grep',
    short: 'efABCm',
    attached: 'O',
    long: 'max-depth max-count after-context before-context context threads parent-basename',
    flags: 'open-files-in-pager no-index untracked cached and or not',
    does: grep,
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
      for (const field of args.values('remote'))
        if (/^(?:ext|fd)::/i.test(prefix(field.value))) vcs(call, 'configure-code', field, 'transport')
      for (const field of args.values('o output')) touch(call, 'path.write', field)
      for (const field of args.values('add-file')) touch(call, 'path.read', field)
      const [tree, ...paths] = operands
      if (tree !== undefined && prefix(tree.value).includes(':')) inHistory(call, tree)
      readSpecs(call, paths)
      return undefined
    },
  },
  {
    names: 'hash-object',
    short: 't',
    long: 'path',
    flags: 'stdin stdin-paths literally no-filters',
    does: ({ call, operands, on }) => {
      const lists = on('stdin-paths') ? (call.stdin.texts ?? []) : []
      const listed = lists.flatMap((one) => split(one, '\n').slice(0, LINES))
      for (const value of listed) if (value.length > 0) touch(call, 'path.read', fieldFor(call, value))
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
    does: ({ call, args, operands }) => {
      if (args.value('template') !== undefined) vcs(call, 'configure-code', undefined, 'template')
      for (const field of [...operands.slice(0, 1), ...args.values('separate-git-dir')])
        touch(call, 'path.create', field)
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
