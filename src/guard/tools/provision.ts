// Tools that make infrastructure what a text says: applying is a change of production, destroying has no way back.
import { readArguments } from '../arguments.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import { type Tool, touch } from '../tool.ts'
import { literal } from '../value.ts'
import { type Hosted, hosted } from './hosted.ts'

function infra(call: Call, verb: 'destroy' | 'delete' | 'apply' | 'change', type: string): void {
  call.shell.emit(
    {
      verb: `infra.${verb}`,
      on: { kind: 'infra', platform: literal(call.name.value) ?? '', type },
      ...(verb === 'destroy' ? { reversible: 'no' as const } : {}),
    },
    call.span,
  )
}

const TERRAFORM = {
  style: 'words',
  long: 'chdir var-file target replace exclude out state state-out backup lock-timeout parallelism plugin-dir from-module backend-config terragrunt-working-dir terragrunt-config working-dir config',
  flags:
    'auto-approve force force-copy migrate-state reconfigure destroy dry-run refresh-only refresh compact-warnings json no-color input lock help version terragrunt-non-interactive non-interactive all',
} as const

function terraform(call: Call): Stream {
  const args = readArguments(call.args, TERRAFORM)
  const dry = args.options.findLast(({ name }) => name === 'dry-run')
  if (
    args.has('help h version v') ||
    (dry !== undefined && literal(dry.value?.value ?? ['true']) !== 'false')
  )
    return FROM_PROGRAM
  const words = args.operands.map(({ value }) => literal(value) ?? '')
  // `terragrunt run-all destroy`, `terragrunt run --all destroy`, `tofu stack apply`.
  while (/^(run-all|run|stack|stacks|exec)$/.test(words[0] ?? '')) words.shift()
  const [verb, second = ''] = words
  switch (verb ?? '') {
    case 'destroy':
    case 'destroy-all':
      infra(call, 'destroy', 'all')
      break
    case 'apply':
    case 'apply-all':
      infra(call, args.has('destroy') ? 'destroy' : 'apply', 'all')
      break
    case 'state':
      // All that the file holds, wherever it is kept.
      if (second === 'pull') return call.shell.contents(call.shell.paths(['terraform.tfstate']))
      if (/^(rm|mv|push|replace-provider|remove)$/.test(second)) infra(call, 'change', `state ${second}`)
      break
    case 'workspace':
      if (second === 'delete') infra(call, 'delete', 'workspace')
      break
    case 'force-unlock':
      if (args.has('force')) infra(call, 'change', 'lock')
      break
    // The state is copied to where it is kept from now on, over what is there.
    case 'init':
      if (args.has('migrate-state') || args.has('force-copy')) infra(call, 'change', 'state')
      break
    case 'taint':
    case 'untaint':
    case 'import':
      infra(call, 'change', verb ?? '')
      break
    default:
      break
  }
  return FROM_PROGRAM
}

const PULUMI: Hosted = { names: 'pulumi', changes: 'cancel unprotect', short: 'sCm' }

/** What one word applies, and what one word takes down again. */
const appliers = (names: string, apply: string, destroy: string, dry: string): Tool => ({
  names,
  style: 'gnu',
  short: 'sCaocpfmnier',
  long: 'stack cwd app output profile context env stage region config chdir file environment template template-file stack-name selector namespace',
  harmless: `help version ${dry}`,
  aims: true,
  act: (call, args): Stream => {
    const [verb] = args.operands
    const word = verb === undefined ? undefined : literal(verb.value)
    if (args.word(1) === 'list') return FROM_PROGRAM
    if (word !== undefined && ` ${destroy} `.includes(` ${word} `)) infra(call, 'destroy', 'all')
    else if (word !== undefined && ` ${apply} `.includes(` ${word} `)) infra(call, 'apply', 'all')
    return FROM_PROGRAM
  },
})

const ANSIBLE =
  'become-method become-user connection extra-vars forks inventory limit module-path private-key ssh-common-args ssh-extra-args timeout user vault-id vault-password-file tags skip-tags start-at-task args module-name background poll task-timeout'

/** Modules that write a file over there, and those that change accounts or the system. */
const WRITES =
  /^(?:copy|template|lineinfile|blockinfile|replace|ini_file|get_url|unarchive|assemble|patch|xml|synchronize)$/
const SETS =
  /^(?:user|group|authorized_key|known_hosts|cron|sysctl|mount|iptables|ufw|firewalld|selinux|seboolean|hostname|timezone|lvol|lvg|filesystem|parted|modprobe|sefcontext|acl|alternatives|pamd|pam_limits|postgresql_\w+|mysql_\w+)$/

/** `ansible HOSTS -m shell -a 'rm x'`: a text for the shell of other hosts. */
function ansible(call: Call): Stream {
  const args = readArguments(call.args, {
    short: 'aBefilmMpPtuTc',
    long: ANSIBLE,
    flags: 'check diff list-hosts syntax-check version help',
  })
  if (args.has('C check list-hosts syntax-check help h version')) return FROM_PROGRAM
  const module = literal(args.value('m module-name')?.value ?? ['command']) ?? ''
  const given = args.value('a args')
  const name = module.slice(module.lastIndexOf('.') + 1)
  // What it does needs no words.
  if (/^(?:win_)?(?:reboot|shutdown)$/.test(name)) infra(call, 'change', name)
  if (given === undefined) return FROM_PROGRAM
  const text = literal(given.value)
  if (WRITES.test(name) && text !== undefined) {
    const there: Call = { ...call, shell: call.shell.fork({ host: 'ansible:' }) }
    for (const [, path = ''] of text.matchAll(/(?:^|\s)(?:dest|path|destfile)=["']?([^\s"']+)/g))
      touch(there, 'path.write', { ...given, value: [path] })
  } else if (SETS.test(name)) infra(call, 'change', name)
  if (/^(shell|command|raw|script|win_shell|win_command)$/.test(name)) {
    if (text !== undefined) call.shell.fork({ host: 'ansible:' }).code(text, given.span)
  } else if (text !== undefined && /\bstate=(absent|stopped|restarted|rebooted)\b/.test(text))
    infra(call, 'change', name)
  return FROM_PROGRAM
}

function playbook(call: Call): Stream {
  const args = readArguments(call.args, {
    short: 'efilMtu',
    long: ANSIBLE,
    flags: 'check diff list-hosts list-tasks list-tags syntax-check version help step',
  })
  if (
    args.has('C check list-hosts list-tasks list-tags syntax-check help h version') ||
    args.operands.length === 0
  )
    return FROM_PROGRAM
  infra(call, 'apply', 'playbook')
  return FROM_PROGRAM
}

export const PROVISION: readonly Tool[] = [
  { names: 'terraform tofu terragrunt tf', style: 'words', harmless: 'help version', act: terraform },
  {
    ...hosted(PULUMI),
    act: (call, args, tool): Stream => {
      const all = readArguments(call.args, {
        short: 'sCm',
        long: 'stack cwd message target',
        flags: 'yes preview-only',
      })
      const verb = literal(all.operands[0]?.value ?? []) ?? ''
      if (all.has('preview-only help')) return FROM_PROGRAM
      if (verb === 'destroy' || verb === 'down') infra(call, 'destroy', 'all')
      else if (/^(up|update|refresh|import)$/.test(verb)) infra(call, 'apply', 'all')
      else hosted(PULUMI).act?.(call, args, tool)
      return FROM_PROGRAM
    },
  },
  appliers('cdk cdktf cdk8s', 'deploy rollback gc', 'destroy', 'no-execute'),
  // The same stacks of a cloud, written in other words.
  appliers('serverless sls sst', 'deploy rollback', '', 'noDeploy package'),
  appliers('sam samlocal', 'deploy sync', '', 'no-execute-changeset'),
  appliers('amplify', 'push publish', '', 'dry-run'),
  appliers('helmfile', 'apply sync', 'destroy delete', 'dry-run'),
  appliers('kapp ytt vcluster-platform', 'deploy', 'delete', 'diff-run'),
  { names: 'ansible', act: ansible, style: 'posix' },
  { names: 'ansible-playbook ansible-pull', act: playbook, style: 'posix' },
]
