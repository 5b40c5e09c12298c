// At boot, before any service: what was armed in an earlier boot and not kept is put back. And the unit that runs this.
import { armedExecutions, readArmed } from './armed.ts'
import { type SettleContext, type Settled, settle } from './settle.ts'

/** Only what another boot armed: in the same boot the deadline still runs. One that fails does not keep the others. */
export async function revertAtBoot(c: SettleContext): Promise<readonly Settled[]> {
  const settled: Settled[] = []
  for (const execution of await armedExecutions(c.state)) {
    try {
      const armed = await readArmed(c.state, execution)
      if (armed === undefined || armed.deadline.boot === c.clock.boot()) continue
      // The cluster runs only later, and so does its service: the runner takes it up when it starts.
      if (
        armed.actions.some(
          ({ swap, migration, waits }) => swap !== undefined || migration !== undefined || waits,
        )
      )
        continue
      settled.push(await settle(execution, 'boot', 'reboot', { ...c, phase: 'boot' }))
    } catch (cause) {
      settled.push({ state: 'stuck', execution, detail: { why: String(cause).slice(0, 500) } })
    }
  }
  return settled
}

export interface BootUnit {
  /** Program and arguments; all absolute. */
  readonly command: readonly string[]
  /** State, code and every directory of the inventory: mounted before this runs. */
  readonly mounts: readonly string[]
}

export const BOOT_UNIT = 'sekisho-boot.service'

/** The text of the boot unit (spine §7). */
export function bootUnitText({ command, mounts }: BootUnit): string {
  return `[Unit]
Description=Sekisho: put back what was not kept before the host went down
DefaultDependencies=no
After=local-fs.target
RequiresMountsFor=${[...new Set(mounts)].sort().map(quoted).join(' ')}
Before=sysinit.target network-pre.target nftables.service shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${command.map(quotedArgument).join(' ')}
TimeoutStartSec=300
StandardOutput=journal+console

[Install]
WantedBy=sysinit.target
`
}

/** Quotes as systemd.syntax(7) reads them; `%` begins a specifier, `$` a variable of a command line. */
function quoted(word: string): string {
  return `"${word.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%')}"`
}
function quotedArgument(word: string): string {
  return quoted(word).replaceAll('$', '$$$$')
}
