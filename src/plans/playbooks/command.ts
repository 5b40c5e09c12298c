// The one plan that the command playbook makes of a declared command. The gate makes it, and the judge makes it again and compares: words, places and limits
// are the rules', and which bytes of its directory run is what was approved.
import { type ChangeId, commandTarget } from '../../base/id.ts'
import { canonical, type Json } from '../../base/json.ts'
import type { Instant } from '../../base/time.ts'
import type { Exec, OwnCommand } from '../actions/exec.ts'
import type { DeclaredCommand } from '../command-rules.ts'
import { BACKUP_LEVEL } from '../data-directory.ts'
import type { Plan } from '../plan.ts'
import type { CompiledPolicy, Service } from '../policy.ts'

export interface CommandWork {
  readonly change: ChangeId
  readonly revision: number
  readonly files: OwnCommand['files']
  readonly changed: OwnCommand['changed']
  /** A run before is taken back: what runs is the way back. */
  readonly turned?: true
  readonly window?: { readonly from: Instant; readonly until: Instant }
}

/** What a command has beside the time of its own program: the copy of its files, and the service that is waited for. */
const AROUND_MS = 120_000

export function commandNamed(
  { commands = [] }: Pick<Service, 'commands'>,
  name: string,
): DeclaredCommand | undefined {
  return commands.find((one) => one.name === name)
}

export function commandPlan(
  policy: { readonly rules: Pick<CompiledPolicy['rules'], 'keepSeconds'> },
  service: Pick<Service, 'name' | 'host' | 'unit' | 'health' | 'backup' | 'data' | 'databases'>,
  command: DeclaredCommand,
  { change, revision, files, changed, turned, window }: CommandWork,
): Plan {
  const { name, directory, writes, withinMs } = command
  const isTurned = turned === true && command.back !== undefined
  const [argv, back] = isTurned ? [command.back, command.argv] : [command.argv, command.back]
  const { unit, health, backup, data = [], databases = [] } = service
  const action: Exec = {
    kind: 'exec',
    name,
    argv,
    directory,
    ...(unit === undefined ? {} : { unit }),
    own: {
      files,
      changed,
      writes,
      ...(back === undefined ? {} : { back }),
      ...(isTurned ? { turned } : {}),
    },
  }
  const hasData = backup !== undefined && data.length + databases.length > 0
  return {
    v: 1,
    change,
    revision,
    host: service.host,
    service: service.name,
    pattern: 'command',
    playbook: 'command/1',
    targets: [commandTarget(service.host, directory)],
    actions: [
      {
        id: '1',
        action,
        undo: back === undefined ? [] : [{ kind: 'putBack' }],
        timeoutMs: withinMs + AROUND_MS,
      },
    ],
    pre: [
      ...(health === undefined ? [] : [{ kind: 'health' } as const]),
      ...(hasData ? [{ kind: 'backup', level: BACKUP_LEVEL } as const] : []),
    ],
    proof: health === undefined ? [] : [{ kind: 'health' }],
    diagnostics: false,
    // Its exit code is what the program says of itself: where nothing else can be looked at, a person keeps it.
    keep: { by: health === undefined ? 'person' : 'proof', seconds: policy.rules.keepSeconds },
    ...(window === undefined ? {} : { window }),
  }
}

/** A command as it stands in a plan of its own. */
export type CommandStep = Exec & { readonly own: OwnCommand }

export function commandIn({ actions }: Pick<Plan, 'actions'>): CommandStep | undefined {
  const [action, ...more] = actions.map((one) => one.action)
  if (action?.kind !== 'exec' || action.own === undefined || more.length > 0) return undefined
  return { ...action, own: action.own }
}

/** Is this exactly the plan that the playbook makes of the command that it names? */
export function isCommandPlan(plan: Plan, policy: CompiledPolicy, service: Service): boolean {
  const action = commandIn(plan)
  const command = action === undefined ? undefined : commandNamed(service, action.name)
  if (action === undefined || command === undefined) return false
  const { change, revision, window } = plan
  const { files, changed, turned } = action.own
  const own = commandPlan(policy, service, command, {
    change,
    revision,
    files,
    changed,
    ...(turned === undefined ? {} : { turned }),
    ...(window === undefined ? {} : { window }),
  })
  return canonical(own as unknown as Json) === canonical(plan as unknown as Json)
}
