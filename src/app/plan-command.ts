// What the plan of a declared command is made of: the files of its directory as the runner reads them, with what of them approvers are shown.
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import type { ChangeId } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { Wishes } from '../change/change.ts'
import type { WishedCommand } from '../plans/actions/exec.ts'
import type { ToolFile } from '../plans/actions/tool-file.ts'
import type { Plan } from '../plans/plan.ts'
import { commandNamed, commandPlan } from '../plans/playbooks/command.ts'
import type { CompiledPolicy, Service } from '../plans/policy.ts'
import type { Gate } from './gate.ts'
import { readShownFiles } from './shown-files.ts'

export interface CommandRead {
  readonly files: Digest
  readonly changed: readonly ToolFile[]
  /** Texts that `changed` names, by digest. */
  readonly texts: ReadonlyMap<Digest, Uint8Array>
}

/** Throws exec.not_declared, and what cannot be read. */
export async function readCommand(
  gate: Gate,
  service: Service,
  { name }: WishedCommand,
): Promise<CommandRead> {
  const { directory } = declared(service, name)
  return readShownFiles(directory, (from) =>
    gate.runner.read({ kind: 'commandFiles', service: service.name, name, from }),
  )
}

/** Throws exec.not_declared, exec.no_back, exec.only_restore. */
export function planCommand(
  policy: CompiledPolicy,
  service: Service,
  work: {
    readonly change: ChangeId
    readonly revision: number
    readonly wish: Wishes['command']
    readonly window?: { readonly from: Instant; readonly until: Instant }
  },
  read: CommandRead | undefined,
): Plan {
  const { wish, ...common } = work
  const command = declared(service, wish?.name ?? '')
  if (command.back === undefined && wish?.turned === true)
    throw new SekishoError('exec.only_restore', { service: service.name, command: command.name })
  // S11: nothing is planned that only a restore could take back, unless its author says so.
  if (command.back === undefined && wish?.irreversible !== true)
    throw new SekishoError('exec.no_back', { service: service.name, command: command.name })
  if (read === undefined) throw new SekishoError('runner.protocol', { why: `${command.directory}: no files` })
  const { files, changed } = read
  return commandPlan(policy, service, command, {
    ...common,
    files,
    changed,
    ...(wish?.turned === true ? { turned: true } : {}),
  })
}

function declared(service: Service, name: string) {
  const command = commandNamed(service, name)
  if (command !== undefined) return command
  throw new SekishoError('exec.not_declared', {
    service: service.name,
    command: name,
    declared: (service.commands ?? []).map((one) => one.name),
  })
}
