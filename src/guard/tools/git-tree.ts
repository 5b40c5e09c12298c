// Git's working tree: what throws changes away that nobody has committed.
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { touch } from '../tool.ts'
import { literal, prefix, text } from '../value.ts'
import { type GitCall, plainOf, vcs } from './git-arguments.ts'
import { touchSpec } from './git-paths.ts'
import { type Sub, unpackedInto } from './git-sub.ts'

const HERE: Field = { value: text('.'), span: [0, 0], open: false }

/** A word that can only be a path: a branch is never called so. */
function isPath(field: Field): boolean {
  const plain = literal(field.value)
  if (plain === undefined)
    return field.value.some((piece) => typeof piece !== 'string' && piece.wild === 'name')
  if (plain === '.' || plain === '..' || /^(\.\.?\/|\/|:)/.test(plain) || plain.endsWith('/')) return true
  if (plain.includes('*')) return true
  const name = plain.slice(plain.lastIndexOf('/') + 1)
  return /^[^.]*\.[A-Za-z]{1,5}$/.test(name) || /^\.[a-z]/.test(name)
}

/** Files of the working tree are overwritten from the history. */
function overwrite({ call }: GitCall, paths: readonly Field[]): void {
  vcs(call, 'discard', paths[0])
  for (const field of paths) {
    const plain = plainOf(field)
    // A word of git's own for the whole tree: only what git itself keeps in it.
    if (plain === '*' || prefix(field.value).startsWith(':')) continue
    touch(call, 'path.write', field)
  }
}

/** Ways of an option that git takes after `=` alone; written apart they are no branch, and git does nothing. */
const MODES: Readonly<Record<string, readonly string[]>> = {
  track: ['direct', 'inherit'],
  'recurse-submodules': ['checkout', 'on-demand'],
}

function withoutModes({ args, operands }: GitCall): readonly Field[] {
  const first = plainOf(operands[0])
  const isMode = args.options.some(
    ({ name, value }) =>
      value === undefined &&
      first !== undefined &&
      Object.hasOwn(MODES, name) &&
      MODES[name]?.includes(first) === true,
  )
  return isMode ? operands.slice(1) : operands
}

/** A branch that may be there already is put elsewhere, as `branch -f` would; without a word about where, what is checked out stays in it. */
function moved(call: Call, branch: Field | undefined, start: Field | undefined): void {
  if (branch !== undefined && start !== undefined) vcs(call, 'rewrite', branch, 'branch')
}

function checkout(git: GitCall): undefined {
  const { call, args, before, on } = git
  const operands = before === git.operands.length ? withoutModes(git) : git.operands
  if (on('f force')) vcs(call, 'discard')
  moved(call, args.value('B'), operands[0])
  const creates = args.options.some(({ name }) => name === 'b' || name === 'B' || name === 'orphan')
  const fromFile = args.value('pathspec-from-file')
  const behind = operands.slice(before)
  // A branch that begins where the tree stands changes no file.
  if (operands.length > 0) vcs(call, 'checkout', operands[0])
  if (fromFile !== undefined) vcs(call, 'discard', fromFile)
  else if (behind.length > 0) overwrite(git, behind)
  else if (!creates && operands.length > 1) overwrite(git, operands.slice(1))
  else if (!creates && operands[0] !== undefined && !on('ours theirs') && isPath(operands[0]))
    overwrite(git, operands.slice(0, 1))
  else if (on('p patch') && !on('f force')) vcs(call, 'discard', undefined, 'patch')
  return undefined
}

function restore(git: GitCall): undefined {
  const { args, operands, on } = git
  const staged = on('S staged')
  const worktree = on('W worktree')
  const named = args.options.some(({ name }) => /^(no-)?(worktree|W)$/.test(name))
  // Without either of the two it is the working tree that is restored.
  if (named ? !worktree : staged) return undefined
  const fromFile = args.value('pathspec-from-file')
  vcs(git.call, 'checkout', operands[0])
  if (operands.length > 0) overwrite(git, operands)
  else if (fromFile !== undefined || on('p patch')) vcs(git.call, 'discard', fromFile)
  return undefined
}

function reset({ call, on, before, operands }: GitCall): undefined {
  if (on('hard')) vcs(call, 'discard', operands[0], 'hard')
  else if (on('merge keep')) vcs(call, 'discard', operands[0])
  else vcs(call, 'unstage', before > 0 ? operands[0] : undefined)
  return undefined
}

function clean({ call, args, operands, on, setting }: GitCall): undefined {
  const required = setting('clean.requireforce')
  const asks = required === undefined || /^(true|1|yes|on)$/i.test(literal(required) ?? '')
  const forced = isForced(args.options.map(({ name }) => name)) || (!asks && !on('i interactive'))
  if (!forced || on('i interactive')) return undefined
  vcs(call, 'clean', operands[0])
  for (const field of operands.length === 0 ? [{ ...HERE, span: call.span }] : operands)
    if (!prefix(field.value).startsWith(':'))
      touch(call, 'path.delete', field, { recursive: true, reversible: 'no', note: 'filtered' })
  return undefined
}

const isForced = (names: readonly string[]) =>
  names.lastIndexOf('no-force') < Math.max(names.lastIndexOf('f'), names.lastIndexOf('force'))

function remove({ call, operands, on }: GitCall): undefined {
  if (on('cached')) return undefined
  const recursive = on('r')
  const whole = operands.find((field) => {
    const plain = plainOf(field)
    return plain === undefined ? isPath(field) : /^(\.|\.\/|\*|\/|:\/|\.\.)$/.test(plain)
  })
  if (on('f force')) vcs(call, 'discard', operands[0], 'rm')
  else if (whole !== undefined) vcs(call, 'discard', whole, 'rm')
  for (const field of operands)
    if (whole !== field)
      touch(call, 'path.delete', field, {
        ...(recursive ? { recursive: true } : {}),
        ...(on('f force') ? {} : { reversible: 'yes' as const }),
      })
  return undefined
}

/** Subcommands of stash that change no file of the working tree. */
const KEEPS_TREE = new Set(['list', 'show', 'create', 'store'])

function stash(git: GitCall): undefined {
  const { call, operands, before, on } = git
  const what = plainOf(operands[0])
  if (what === 'drop' || what === 'clear') vcs(call, 'drop-stash', operands[1], what)
  else if (what === undefined || !KEEPS_TREE.has(what)) vcs(call, 'checkout', undefined, 'stash')
  // What is named is put away: its file is again as it was committed.
  const named = before === 0 ? operands : what === 'push' ? operands.slice(1) : []
  for (const field of named) touchSpec(call, 'path.write', field)
  // Together with what is ignored: the files themselves go, until somebody takes them out again.
  if (on('a all') && (operands.length === 0 || what === 'push' || what === 'save' || before === 0))
    for (const field of named.length === 0 ? [{ ...HERE, span: call.span }] : named)
      touch(call, 'path.move', field, { recursive: true, reversible: 'yes' })
  if (what === 'show' && on('p u patch'))
    for (const field of operands.slice(before)) touchSpec(call, 'path.read', field)
  return undefined
}

function worktree({ call, operands, on }: GitCall): undefined {
  if (plainOf(operands[0]) === 'remove') {
    vcs(call, 'discard', operands[1], on('f force') ? 'worktree --force' : 'worktree')
    for (const field of operands.slice(1))
      touch(call, 'path.delete', field, { recursive: true, reversible: 'no' })
  }
  if (plainOf(operands[0]) === 'add' && operands[1] !== undefined) unpackedInto(call, operands[1])
  if (plainOf(operands[0]) === 'move' && operands[2] !== undefined) {
    for (const field of operands.slice(1, 2)) touch(call, 'path.move', field)
    unpackedInto(call, operands[2])
  }
  return undefined
}

function submodule({ call, operands, on }: GitCall): ReturnType<Sub['does']> {
  const [what, ...rest] = operands
  switch (plainOf(what) ?? '') {
    case 'foreach': {
      // What stands behind it belongs to the program, options too.
      const at = call.args.findIndex(({ value }) => literal(value) === 'foreach')
      const words = call.args.slice(at + 1)
      const [program, ...args] = words.slice(words.findIndex(({ value }) => !prefix(value).startsWith('-')))
      if (program === undefined || words.length === 0) return undefined
      const source = args.length === 0 ? literal(program.value) : undefined
      return source === undefined
        ? call.shell.fork().start(program, args, call.stdin, call.span)
        : call.shell.fork().code(source, program.span)
    }
    case 'deinit':
      vcs(call, 'discard', rest[0], 'submodule')
      return undefined
    case 'add':
      if (rest[1] !== undefined) unpackedInto(call, rest[1])
      return undefined
    case 'update':
      if (on('f force')) vcs(call, 'discard', rest[0], 'submodule')
      return undefined
    default:
      return undefined
  }
}

const PATHSPECS = 'pathspec-from-file pathspec-file-nul'
const CONFLICT = 'conflict unified inter-hunk-context'

export const TREE: readonly Sub[] = [
  {
    names: 'checkout',
    worst: '--force',
    short: 'bBU',
    long: `orphan pathspec-from-file ${CONFLICT}`,
    flags:
      'force quiet detach ours theirs merge patch guess no-guess track no-track overlay no-overlay progress ignore-skip-worktree-bits ignore-other-worktrees recurse-submodules no-recurse-submodules pathspec-file-nul overwrite-ignore',
    does: checkout,
  },
  {
    names: 'switch',
    worst: '--discard-changes',
    short: 'cC',
    long: 'create force-create orphan conflict',
    flags:
      'force discard-changes detach guess no-guess track no-track merge progress quiet recurse-submodules ignore-other-worktrees',
    does: ({ call, args, operands, on }) => {
      if (on('f force discard-changes')) vcs(call, 'discard', operands[0])
      if (operands.length > 0) vcs(call, 'checkout', operands[0])
      moved(call, args.value('C force-create'), operands[0])
      return undefined
    },
  },
  {
    names: 'restore',
    short: 'sU',
    long: `source pathspec-from-file ${CONFLICT}`,
    flags:
      'staged no-staged worktree no-worktree patch no-patch quiet progress ours theirs merge ignore-unmerged ignore-skip-worktree-bits overlay no-overlay recurse-submodules no-source pathspec-file-nul',
    does: restore,
  },
  {
    names: 'reset',
    worst: '--hard',
    short: 'U',
    long: `pathspec-from-file unified inter-hunk-context`,
    flags:
      'hard soft mixed merge keep quiet patch refresh intent-to-add recurse-submodules pathspec-file-nul',
    does: reset,
  },
  {
    names: 'clean',
    worst: '--force',
    short: 'e',
    long: 'exclude',
    flags: 'force no-force dry-run interactive quiet',
    dry: 'n dry-run',
    does: clean,
  },
  {
    names: 'rm',
    long: PATHSPECS,
    flags: 'force no-force dry-run no-dry-run cached ignore-unmatch quiet sparse',
    dry: 'n dry-run',
    does: remove,
  },
  {
    names: 'mv',
    flags: 'force dry-run verbose sparse',
    dry: 'n dry-run',
    does: ({ call, operands }) => {
      for (const field of operands.slice(0, -1)) touch(call, 'path.move', field)
      for (const field of operands.slice(-1)) touch(call, 'path.write', field)
      return undefined
    },
  },
  {
    names: 'stash',
    short: 'm',
    long: 'message pathspec-from-file',
    flags: 'index quiet patch keep-index include-untracked all staged only-untracked',
    does: stash,
  },
  {
    names: 'worktree',
    worst: '--force',
    short: 'bB',
    long: 'reason expire',
    flags: 'force detach checkout lock porcelain',
    does: worktree,
  },
  {
    names: 'submodule',
    style: 'gnu',
    short: 'bj',
    long: 'branch name reference depth jobs',
    flags: 'force recursive init remote all quiet checkout merge rebase',
    does: submodule,
  },
  {
    names: 'checkout-index',
    flags: 'all force no-create quiet index stdin temp',
    long: 'prefix stage',
    does: ({ call, args, operands, on }) => {
      if (on('f force')) vcs(call, 'discard', operands[0])
      const before = args.value('prefix')
      if (before !== undefined) touch(call, 'path.create', before, { note: 'unpacked' })
      // A copy under another name of what is in the index.
      for (const field of operands)
        if (before !== undefined || on('temp')) touch(call, 'path.read', field)
        else touch(call, 'path.write', field)
      return undefined
    },
  },
  {
    names: 'read-tree',
    flags: 'reset empty trivial aggressive',
    long: 'prefix',
    dry: 'n dry-run',
    does: ({ call, args, operands, on }) => {
      for (const field of on('u') ? args.values('prefix') : []) unpackedInto(call, field)
      if (on('reset') && on('u')) vcs(call, 'discard', operands[0])
      return undefined
    },
  },
  {
    names: 'apply',
    short: 'pC',
    long: 'directory exclude include whitespace build-fake-ancestor',
    dry: 'stat numstat summary check',
    does: ({ call, operands, args }) => {
      for (const field of operands) touch(call, 'path.read', field)
      for (const field of args.values('directory')) touch(call, 'path.create', field, { note: 'unpacked' })
      return undefined
    },
  },
  {
    names: 'add stage',
    flags: 'all force dry-run update interactive patch edit intent-to-add',
    long: 'pathspec-from-file chmod',
    dry: 'n dry-run',
    does: ({ call, operands }) => {
      // What is staged goes into the history: by its own name it is a copy of that file.
      for (const field of operands)
        if (!/^(\.\/?|\*)$/.test(plainOf(field) ?? '*')) touchSpec(call, 'path.read', field)
      return undefined
    },
  },
  {
    names: 'update-index',
    long: 'cacheinfo chmod index-version',
    flags:
      'add remove refresh really-refresh assume-unchanged no-assume-unchanged skip-worktree no-skip-worktree force-remove again unresolve info-only replace stdin index-info',
    does: ({ call, operands, on }) => {
      // Marks alone, and what is only forgotten.
      if (on('refresh really-refresh assume-unchanged skip-worktree force-remove')) return undefined
      for (const field of operands) touch(call, 'path.read', field)
      return undefined
    },
  },
]
