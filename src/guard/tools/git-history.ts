// Git's history: what rewrites it, what throws away the way back, and what joins it.
import type { Field } from '../fields.ts'
import { fieldFor, touch } from '../tool.ts'
import { literal, type Value } from '../value.ts'
import { type GitCall, plainOf, vcs } from './git-arguments.ts'
import { readSpecs } from './git-paths.ts'
import { nothing, type Sub, unpackedInto } from './git-sub.ts'

/** Texts for a shell, given as options. */
function runs({ call, args }: GitCall, options: string): void {
  for (const field of args.values(options)) {
    const source = literal(field.value)
    if (source === undefined) vcs(call, 'configure-code', undefined, 'exec')
    else call.shell.fork().code(source, field.span)
  }
}

/** `--abort`, `--skip` and `--quit` of what is under way: the first two throw work away. */
function ending({ call, on }: GitCall): boolean {
  if (on('abort skip')) vcs(call, 'discard', undefined, 'abort')
  return on('abort skip quit continue show-current-patch edit-todo')
}

const integrate = (git: GitCall): undefined => {
  for (const field of git.args.values('F file')) touch(git.call, 'path.read', field)
  // With nothing but a step forward there is nothing to join.
  if (!ending(git) && !git.on('ff-only')) vcs(git.call, 'integrate', git.operands[0])
  return undefined
}

/** A time at which nothing is old enough to be kept. */
const isNow = (field: Field | undefined): boolean => {
  const plain = plainOf(field)
  return plain === undefined ? field !== undefined : /^(now|all|0|0\..*|today)$/.test(plain)
}

const fieldOr = (call: GitCall['call'], value: Value | undefined) =>
  value === undefined ? undefined : fieldFor(call, value)

function collect({ call, args, on, setting }: GitCall): undefined {
  const { options } = args
  const given = options.findLast(({ name }) => name === 'prune' || name === 'no-prune')
  if (given?.name === 'no-prune') return undefined
  const expire = given?.value?.value ?? setting('gc.pruneexpire')
  if (expire !== undefined && isNow(fieldFor(call, expire))) vcs(call, 'expire', undefined, 'gc')
  else if (
    ['gc.reflogexpire', 'gc.reflogexpireunreachable'].some((key) => isNow(fieldOr(call, setting(key))))
  )
    vcs(call, 'expire', undefined, 'reflog')
  else if (on('expire-to')) vcs(call, 'expire', undefined, 'gc')
  return undefined
}

const MERGE = 'strategy strategy-option message file into-name cleanup gpg-sign'
const ENDINGS = 'abort continue quit skip'

export const HISTORY: readonly Sub[] = [
  {
    names: 'rebase',
    short: 'xsXC',
    long: 'exec onto strategy strategy-option whitespace empty',
    flags: `abort continue quit skip edit-todo show-current-patch interactive keep-base apply merge root autosquash no-autosquash autostash update-refs rebase-merges fork-point verify no-verify force-rebase no-ff committer-date-is-author-date reset-author-date quiet verbose stat`,
    does: (git) => {
      runs(git, 'x exec')
      if (!ending(git)) vcs(git.call, 'rewrite', git.operands[0], 'rebase')
      return undefined
    },
  },
  {
    names: 'merge',
    short: 'msXF',
    long: MERGE,
    flags: `${ENDINGS} ff no-ff ff-only squash no-squash commit no-commit edit no-edit verify no-verify stat quiet verbose allow-unrelated-histories autostash overwrite-ignore`,
    does: integrate,
  },
  {
    names: 'cherry-pick',
    short: 'msX',
    long: `mainline ${MERGE} empty`,
    flags: `${ENDINGS} edit no-commit signoff ff allow-empty keep-redundant-commits`,
    does: integrate,
  },
  {
    names: 'am',
    short: 'pC',
    long: 'directory exclude include whitespace patch-format empty',
    flags: `${ENDINGS} show-current-patch signoff keep 3way quiet interactive`,
    does: (git) => {
      ending(git)
      // Mails with changes in them, and the directory that those are made in.
      for (const field of git.operands) touch(git.call, 'path.read', field)
      for (const field of git.args.values('directory')) unpackedInto(git.call, field)
      return undefined
    },
  },
  {
    names: 'revert',
    short: 'msX',
    long: `mainline ${MERGE}`,
    flags: `${ENDINGS} edit no-edit no-commit signoff`,
    does: (git) => {
      ending(git)
      vcs(git.call, 'checkout', git.operands[0], 'revert')
      return undefined
    },
  },
  {
    names: 'commit',
    short: 'mFCct',
    long: 'message file reuse-message reedit-message fixup squash author date template cleanup trailer pathspec-from-file',
    flags:
      'all amend no-amend dry-run patch signoff verify no-verify allow-empty allow-empty-message edit no-edit quiet verbose status include only untracked-files reset-author gpg-sign no-gpg-sign branch porcelain short long',
    dry: 'dry-run',
    does: (git) => {
      const { call, args, on } = git
      for (const field of args.values('F file t template')) touch(call, 'path.read', field)
      // What is named goes into the history as it lies there.
      readSpecs(call, git.operands)
      if (on('amend')) vcs(call, 'rewrite', undefined, 'amend')
      else vcs(call, 'commit')
      return undefined
    },
  },
  {
    names: 'filter-branch',
    short: 'd',
    long: 'env-filter tree-filter index-filter parent-filter msg-filter commit-filter tag-name-filter subdirectory-filter original setup state-branch',
    flags: 'force prune-empty',
    does: (git) => {
      runs(
        git,
        'env-filter tree-filter index-filter parent-filter msg-filter commit-filter tag-name-filter setup',
      )
      vcs(git.call, 'rewrite', undefined, 'filter')
      return undefined
    },
  },
  {
    names: 'filter-repo',
    long: 'path path-glob path-regex path-rename paths-from-file replace-text replace-message subdirectory-filter to-subdirectory-filter strip-blobs-bigger-than strip-blobs-with-ids mailmap tag-rename refs source target blob-callback commit-callback message-callback name-callback email-callback filename-callback refname-callback reset-callback tag-callback file-info-callback',
    flags: 'force analyze dry-run partial debug invert-paths use-base-name',
    dry: 'analyze dry-run',
    does: ({ call }) => {
      vcs(call, 'rewrite', undefined, 'filter')
      return undefined
    },
  },
  {
    names: 'fast-import',
    flags: 'force quiet stats done',
    does: ({ call, on }) => {
      if (on('force')) vcs(call, 'rewrite', undefined, 'import')
      return undefined
    },
  },
  {
    names: 'reflog',
    long: 'expire expire-unreachable',
    flags: 'all dry-run verbose rewrite updateref stale-fix single-worktree',
    dry: 'n dry-run',
    does: ({ call, operands }) => {
      if (/^(expire|delete|drop)$/.test(plainOf(operands[0]) ?? ''))
        vcs(call, 'expire', operands[1], 'reflog')
      return undefined
    },
  },
  {
    names: 'gc',
    flags: 'aggressive auto quiet prune no-prune cruft no-cruft force keep-largest-pack detach no-detach',
    long: 'max-cruft-size expire-to',
    does: collect,
  },
  {
    names: 'prune prune-packed',
    long: 'expire',
    flags: 'dry-run verbose progress',
    dry: 'n dry-run',
    does: ({ call, args }) => {
      const expire = args.value('expire')
      if (expire === undefined || isNow(expire)) vcs(call, 'expire', undefined, 'prune')
      return undefined
    },
  },
  {
    names: 'bisect',
    style: 'posix',
    does: ({ call, operands }) => {
      const [what, program, ...args] = operands
      if (plainOf(what) !== 'run' || program === undefined) return undefined
      return call.shell.fork().start(program, args, call.stdin, call.span)
    },
  },
  { names: 'status tag-list version', does: nothing },
]
