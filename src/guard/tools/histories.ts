// Version control beside git: what throws changes away, cleans a tree, or makes a history that others have another one.
import { type Arguments, type Grammar, readArguments } from '../arguments.ts'
import type { Verb } from '../effect.ts'
import type { Call } from '../shell.ts'
import { nameOf, type Tool } from '../tool.ts'
import { literal, prefix } from '../value.ts'

interface Act {
  readonly does: Extract<Verb, `vcs.${string}`>
  /** Only with one of these options; a word stands for an operand. */
  readonly when?: string
  /** Never with one of these. */
  readonly unless?: string
  /** Only where an operand is the address of a repository. */
  readonly remote?: true
}
interface System extends Grammar {
  readonly names: string
  /** By subcommand (names may be alternatives); the first that fits. */
  readonly verbs: Readonly<Record<string, readonly Act[]>>
  /** A subcommand may be shortened where it stays unique: hg, darcs, fossil. */
  readonly shortened?: true
}

const act = (does: Act['does'], when?: string, unless?: string): Act => ({
  does,
  ...(when === undefined ? {} : { when }),
  ...(unless === undefined ? {} : { unless }),
})

const SYSTEMS: readonly System[] = [
  {
    names: 'svn',
    short: 'mFrcNx',
    long: 'message file revision change username password depth set-depth accept targets changelist cl config-dir config-option encoding limit with-revprop diff-cmd diff3-cmd editor-cmd extensions native-eol search show-item strip',
    verbs: {
      revert: [act('vcs.discard')],
      'delete del remove rm': [
        { does: 'vcs.delete-remote-ref', remote: true },
        act('vcs.discard', 'force', 'keep-local'),
      ],
      cleanup: [act('vcs.clean', 'remove-unversioned remove-ignored')],
      'move mv rename ren': [{ does: 'vcs.rewrite', remote: true }],
      'resolve resolved': [act('vcs.discard', 'accept')],
      'switch sw relocate': [act('vcs.discard', 'force relocate')],
      'propdel pdel pd propset pset ps propedit pedit pe': [act('vcs.rewrite', 'revprop')],
    },
  },
  {
    names: 'svnadmin svndumpfilter',
    short: 'rMF',
    long: 'revision parent-dir memory-cache-size file',
    verbs: {
      'rmtxns rmlocks unlock': [act('vcs.expire')],
      'setrevprop setlog setuuid load load-revprops delrevprop': [act('vcs.rewrite')],
    },
  },
  {
    names: 'hg chg sl',
    shortened: true,
    short: 'RrmldubXIteBs',
    long: 'repository cwd rev message logfile date user branch exclude include tool config base source dest bookmark keep-date similarity template style encoding',
    verbs: {
      'strip debugstrip': [act('vcs.rewrite', undefined, 'k keep')],
      'purge clean': [act('vcs.clean', undefined, 'p print')],
      'update up checkout co goto': [act('vcs.discard', 'C clean')],
      revert: [act('vcs.discard', undefined, 'n dry-run i interactive')],
      'rollback unbundle undo uncommit unamend': [act('vcs.rewrite', undefined, 'n dry-run')],
      push: [act('vcs.force-push', 'f force')],
      'histedit rebase evolve fold prune amend absorb hide metaedit': [
        act('vcs.rewrite', undefined, 'n dry-run l list continue'),
      ],
      'commit ci': [act('vcs.rewrite', 'amend')],
      'bookmark bookmarks book': [act('vcs.delete-ref', 'd delete D')],
      tag: [act('vcs.delete-ref', 'remove'), act('vcs.rewrite', 'f force')],
      shelve: [act('vcs.drop-stash', 'd delete cleanup')],
      'qdelete qremove qrm qstrip': [act('vcs.rewrite')],
      forget: [],
    },
  },
  {
    names: 'jj',
    short: 'Rrmsbd',
    long: 'repository revision revisions message source branch destination at-operation config config-file color remote bookmark change from to into onto insert-after insert-before',
    verbs: {
      abandon: [act('vcs.rewrite')],
      restore: [act('vcs.discard', undefined, 'i interactive')],
      undo: [act('vcs.rewrite')],
      'op operation': [act('vcs.expire', 'abandon'), act('vcs.rewrite', 'restore undo revert')],
      'bookmark b': [act('vcs.delete-ref', 'delete d forget f')],
      git: [act('vcs.delete-remote-ref', 'deleted')],
      workspace: [act('vcs.discard', 'forget')],
      util: [act('vcs.expire', 'gc')],
    },
  },
  {
    names: 'bzr brz',
    short: 'rmdF',
    long: 'revision message directory file change',
    verbs: {
      revert: [act('vcs.discard')],
      uncommit: [act('vcs.rewrite', undefined, 'dry-run')],
      push: [act('vcs.force-push', 'overwrite')],
      'clean-tree': [act('vcs.clean', undefined, 'dry-run')],
      'remove-branch rmbranch': [act('vcs.delete-ref')],
      unshelve: [act('vcs.drop-stash', 'delete-only')],
      'remove rm del delete': [act('vcs.discard', 'force no-backup')],
    },
  },
  {
    names: 'fossil',
    shortened: true,
    short: 'Rmc',
    long: 'repository comment user branch tag',
    verbs: {
      purge: [act('vcs.expire', undefined, 'list ls cat')],
      close: [act('vcs.discard', 'force f')],
      revert: [act('vcs.discard')],
      clean: [act('vcs.clean', 'force f x allckouts emptydirs verily', 'dry-run n')],
      'undo redo': [act('vcs.discard')],
      shun: [act('vcs.rewrite')],
      stash: [act('vcs.drop-stash', 'drop rm clear')],
      amend: [act('vcs.rewrite')],
      scrub: [act('vcs.rewrite')],
    },
  },
  {
    names: 'p4',
    style: 'posix',
    short: 'cCdHpPQuvxLzr',
    verbs: {
      obliterate: [act('vcs.rewrite', 'y')],
      revert: [act('vcs.discard', undefined, 'n k')],
      clean: [act('vcs.clean', undefined, 'n')],
      'sync update': [act('vcs.discard', 'f')],
      'client workspace branch label job user group depot stream change changelist': [
        act('vcs.delete-ref', 'd'),
      ],
      'shelve unshelve': [act('vcs.drop-stash', 'd')],
      'reconcile rec': [act('vcs.clean', 'w')],
      'archive purge': [act('vcs.expire', 'p')],
      admin: [act('vcs.expire', 'restore stop journal resetpassword')],
      protect: [act('vcs.rewrite', 'i')],
    },
  },
  {
    names: 'darcs',
    shortened: true,
    short: 'pmhot',
    long: 'patch patches match matches hash repo repodir last tag name author message',
    verbs: {
      'obliterate unpull unrecord amend amend-record rollback rebase': [
        act('vcs.rewrite', undefined, 'dry-run'),
      ],
      revert: [act('vcs.discard')],
      'clean remove-unrecorded': [act('vcs.clean')],
    },
  },
  {
    names: 'cvs',
    style: 'posix',
    short: 'dez',
    verbs: {
      'remove rm delete': [act('vcs.discard', 'f')],
      'update up': [act('vcs.discard', 'C')],
      'admin adm rcs': [act('vcs.rewrite', 'o')],
      'release re': [act('vcs.discard', 'd')],
      'tag rtag': [act('vcs.delete-ref', 'd')],
    },
  },
  {
    names: 'pijul',
    short: 'mr',
    long: 'message repository channel',
    verbs: {
      'unrecord archive': [act('vcs.rewrite', 'reset hash')],
      reset: [act('vcs.discard', undefined, 'dry-run')],
    },
  },
  {
    names: 'repo',
    style: 'posix',
    verbs: {
      abandon: [act('vcs.delete-ref')],
      sync: [act('vcs.discard', 'force-sync force-checkout d detach')],
      prune: [act('vcs.delete-ref')],
    },
  },
]

const ADDRESS = /^(?:[a-z][a-z+.-]*:\/\/|\^\/)/i

const run =
  (system: System): NonNullable<Tool['act']> =>
  (call) => {
    const outer = readArguments(call.args, { ...system, style: 'posix' })
    if (outer.has('help h version')) return undefined
    const [first, ...rest] = outer.operands
    const name = first === undefined ? undefined : literal(first.value)
    const found = name === undefined ? undefined : actsOf(system, name)
    if (found === undefined || name === undefined) return undefined
    const args = readArguments(rest, { ...system, style: 'gnu' })
    if (args.has('help')) return undefined
    for (const one of found)
      if (fits(one, args)) {
        tell(call, one.does, name)
        break
      }
    return undefined
  }

function actsOf({ verbs, shortened }: System, name: string): readonly Act[] | undefined {
  let begun: readonly Act[] | undefined
  for (const [names, acts] of Object.entries(verbs))
    for (const one of names.split(' ')) {
      if (one === name) return acts
      if (shortened === true && name.length > 2 && one.startsWith(name)) begun ??= acts
    }
  return begun
}

function fits({ when, unless, remote }: Act, args: Arguments): boolean {
  const word = args.word(0)
  if (remote === true && !args.operands.some(({ value }) => ADDRESS.test(prefix(value)))) return false
  if (unless !== undefined && args.has(unless)) return false
  return when === undefined || args.has(when) || (word !== undefined && when.split(' ').includes(word))
}

const tell = (call: Call, verb: Act['does'], what: string): void =>
  call.shell.emit({ verb, on: { kind: 'repository', what } }, call.span)

/** `git-filter-repo …`: a subcommand of git by its file. */
const DASHED =
  'git-filter-repo git-filter-branch git-lfs git-push git-reset git-clean git-checkout git-rebase git-gc git-prune git-reflog git-update-ref git-stash git-branch git-restore git-rm git-send-pack'

export const HISTORIES: readonly Tool[] = [
  ...SYSTEMS.map(
    (system): Tool => ({ names: system.names, style: 'posix', harmless: '-', act: run(system) }),
  ),
  {
    names: DASHED,
    style: 'posix',
    harmless: '-',
    act: (call) => {
      const name = nameOf(call)
      const sub = { ...call.name, value: [name.slice('git-'.length)] }
      return call.shell.start({ ...call.name, value: ['git'] }, [sub, ...call.args], call.stdin, call.span)
    },
  },
  {
    // `repo forall -c TEXT`
    names: 'repo',
    style: 'posix',
    harmless: '-',
    act: (call) => {
      const at = call.args.findIndex(({ value }) => literal(value) === '-c')
      const [program, ...rest] = call.args.slice(at + 1)
      if (at > 0 && literal(call.args[0]?.value ?? []) === 'forall' && program !== undefined)
        call.shell.fork().start(program, rest, call.stdin, call.span)
      return undefined
    },
  },
  {
    names: 'bfg bfg.jar',
    style: 'gnu',
    long: 'delete-files delete-folders replace-text strip-blobs-bigger-than strip-blobs-with-ids protect-blobs-from massive-non-file-objects-sized-up-to filter-content-size-threshold',
    act: (call, args) => {
      if (args.options.some(({ name }) => /^(?:delete-|replace-|strip-)/.test(name)))
        tell(call, 'vcs.rewrite', 'bfg')
      return undefined
    },
  },
]
