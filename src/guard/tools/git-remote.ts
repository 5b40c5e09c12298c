// Git and other repositories: what is pushed over what, and what a transport runs.
import type { Field } from '../fields.ts'
import { FROM_NETWORK } from '../stream.ts'
import { touch } from '../tool.ts'
import { after, concat, literal, prefix, show, suffix, text } from '../value.ts'
import { reveal } from './container-shows.ts'
import { type GitCall, plainOf, vcs } from './git-arguments.ts'
import { isRevision } from './git-paths.ts'
import type { Sub } from './git-sub.ts'

/** Helpers that a transport runs, and transports that are a program: `ext::sh`. */
function transport({ call, args }: GitCall, programs: string, urls: readonly Field[]): void {
  for (const field of args.values(programs)) {
    vcs(call, 'configure-code', undefined, 'transport')
    const source = literal(field.value)
    if (source !== undefined) call.shell.fork().code(source, field.span)
  }
  for (const field of urls)
    if (/^(ext|fd)::/i.test(prefix(field.value))) vcs(call, 'configure-code', field, 'transport')
  for (const field of args.values('c config')) configured(call, field)
}

function configured(call: GitCall['call'], field: Field): void {
  if (/^(core|alias|filter|http|credential|protocol|include)\./i.test(prefix(field.value)))
    vcs(call, 'configure-code', undefined, prefix(field.value).split('=')[0])
}

/** The name that a refspec gives to the other side. */
function destination(field: Field): Field {
  const end = suffix(field.value)
  const at = end.lastIndexOf(':')
  if (at !== -1) return { ...field, value: text(end.slice(at + 1).replace(/^\+/, '')) }
  return { ...field, value: after(field.value, '+') ?? field.value }
}

function push(git: GitCall): undefined {
  const { call, args, operands, on } = git
  transport(git, 'receive-pack exec', operands.slice(0, 1))
  const specs = args.value('repo') === undefined || operands.length > 1 ? operands.slice(1) : operands
  const everything = on('mirror')
  if (everything) vcs(call, 'force-push', undefined, 'mirror')
  if (on('prune')) vcs(call, 'delete-remote-ref', undefined, 'prune')
  const leases = args.options.filter(({ name }) => name === 'force-with-lease')
  const leased = (name: string) =>
    leases.some(({ value }) => value === undefined || prefix(value.value).split(':')[0] === name)
  const forced = on('f force')
  const lease = leases.length > 0 && on('force-with-lease')
  if (forced && specs.length === 0 && !everything)
    vcs(call, 'force-push', undefined, on('all branches') ? 'all' : 'bare')
  for (const spec of specs) {
    const start = prefix(spec.value)
    const to = destination(spec)
    if (on('d delete')) {
      vcs(call, 'delete-remote-ref', to)
      continue
    }
    if (/^\+?:./.test(start)) vcs(call, 'delete-remote-ref', to)
    else if (forced) vcs(call, 'force-push', to)
    else if (start.startsWith('+') || start.includes(':+')) {
      const name = (plainOf(to) ?? '').replace(/^refs\/heads\//, '')
      if (!lease || !leased(name)) vcs(call, 'force-push', to)
      else vcs(call, 'push', to, 'lease')
    } else vcs(call, 'push', to, lease ? 'lease' : undefined)
  }
  if (on('d delete') && specs.length === 0) vcs(call, 'delete-remote-ref', operands[0])
  return undefined
}

/** What lies in a clone from afar is code from afar where it is started. */
function keepClone({ shell }: GitCall['call'], [from, to]: readonly Field[]): void {
  const source = from === undefined ? '' : show(from.value)
  if (!/^(?:[a-z+]+:\/\/(?!\/)|[\w.-]+@[\w.-]+:|[\w.-]+\.\w+:)/i.test(source) || source.startsWith('file:'))
    return
  const name = source
    .replace(/[?#].*$/, '')
    .replace(/\/+$/, '')
    .replace(/(?:\/\.git|\.git)$/, '')
    .split(/[/:]/)
    .at(-1)
  const target = to?.value ?? (name === undefined ? [] : text(name))
  if (target.length > 0)
    shell.remember(shell.paths(concat(target, ['/', { wild: 'deep' }])), FROM_NETWORK, false)
}

const FETCH =
  'upload-pack depth deepen shallow-since shallow-exclude refmap negotiation-tip jobs server-option recurse-submodules-default filter'

export const REMOTES: readonly Sub[] = [
  {
    names:
      'credential credential-store credential-cache credential-libsecret credential-gnome-keyring credential-osxkeychain credential-wincred credential-manager credential-manager-core credential-oauth credential-netrc',
    long: 'file timeout socket',
    does: ({ call, operands }) => {
      // The password itself is printed.
      if (/^(?:fill|get)$/.test(plainOf(operands[0]) ?? '')) reveal(call, 'git', 'credential', undefined)
      return undefined
    },
  },
  {
    names: 'push',
    worst: '--force',
    short: 'o',
    long: 'repo receive-pack exec push-option',
    flags:
      'force force-with-lease force-if-includes mirror delete all branches tags follow-tags dry-run porcelain prune quiet verbose progress set-upstream thin no-thin atomic signed verify no-verify recurse-submodules ipv4 ipv6',
    dry: 'n dry-run',
    does: push,
  },
  {
    names: 'fetch fetch-pack',
    short: 'jo',
    long: FETCH,
    flags:
      'all append atomic dry-run force keep multiple auto-maintenance prune prune-tags tags no-tags recurse-submodules quiet verbose progress update-head-ok unshallow update-shallow porcelain',
    does: (git) => {
      transport(git, 'upload-pack exec', git.operands.slice(0, 1))
      // `+refs/heads/*:refs/heads/*`: branches of one's own become what the other side has, whatever they held.
      for (const field of git.operands.slice(1)) {
        const spec = /^(\+?)[^:]*:(?:refs\/heads\/|(?!refs\/)\w)/.exec(show(field.value))
        if (spec !== null && (spec[1] === '+' || git.on('f force'))) vcs(git.call, 'rewrite', field, 'fetch')
      }
      return undefined
    },
  },
  {
    names: 'pull',
    short: 'sXjo',
    long: `strategy strategy-option ${FETCH}`,
    flags:
      'rebase no-rebase ff no-ff ff-only commit edit squash verify autostash all tags force dry-run quiet verbose prune',
    does: (git) => {
      transport(git, 'upload-pack', git.operands.slice(0, 1))
      if (!git.on('dry-run')) vcs(git.call, 'checkout', undefined, 'pull')
      return undefined
    },
  },
  {
    names: 'ls-remote',
    short: 'o',
    long: 'upload-pack exec sort server-option',
    flags: 'heads tags refs quiet exit-code get-url symref branches',
    does: (git) => {
      transport(git, 'upload-pack exec', git.operands.slice(0, 1))
      return undefined
    },
  },
  {
    names: 'clone',
    short: 'obucj',
    long: 'origin branch upload-pack receive-pack config depth reference reference-if-able separate-git-dir template server-option shallow-since shallow-exclude jobs filter bundle-uri revision ref-format',
    flags:
      'bare mirror local no-hardlinks shared quiet verbose progress no-checkout recursive recurse-submodules single-branch no-single-branch tags no-tags sparse dissociate shallow-submodules',
    does: (git) => {
      const { call, args } = git
      transport(git, 'upload-pack u receive-pack', git.operands.slice(0, 1))
      if (args.value('template') !== undefined) vcs(call, 'configure-code', undefined, 'template')
      for (const field of [...git.operands.slice(1, 2), ...args.values('separate-git-dir')])
        touch(call, 'path.create', field, { note: 'unpacked' })
      keepClone(call, git.operands)
      return { origins: [{ from: 'network' }] }
    },
  },
  {
    names: 'send-pack receive-pack upload-pack upload-archive http-push daemon shell',
    flags: 'force all mirror dry-run',
    long: 'receive-pack exec',
    dry: 'dry-run',
    does: (git) => {
      transport(git, 'receive-pack exec', [])
      if (git.on('f force mirror')) vcs(git.call, 'force-push', undefined, 'mirror')
      return undefined
    },
  },
  {
    names: 'send-email',
    long: 'sendmail-cmd smtp-server to cc bcc from subject to-cmd cc-cmd header-cmd smtp-user smtp-pass',
    dry: 'dry-run',
    does: (git) => {
      transport(git, 'sendmail-cmd to-cmd cc-cmd header-cmd', [])
      for (const field of git.operands) if (!isRevision(field)) touch(git.call, 'path.read', field)
      return undefined
    },
  },
  {
    names: 'lfs',
    style: 'posix',
    does: ({ call, operands }) => {
      if (plainOf(operands[0]) === 'prune') vcs(call, 'expire', undefined, 'lfs')
      if (plainOf(operands[0]) === 'migrate' && /^(?:import|export)$/.test(plainOf(operands[1]) ?? ''))
        vcs(call, 'rewrite', undefined, 'lfs')
      return undefined
    },
  },
  {
    names: 'svn p4',
    style: 'posix',
    does: ({ call, operands }) => {
      const what = plainOf(operands[0])
      if (what === 'reset') vcs(call, 'rewrite')
      if (what === 'rebase') vcs(call, 'rewrite')
      return undefined
    },
  },
]
