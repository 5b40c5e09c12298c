// Pagers and editors: a variable of the environment names a program, and many others start it.
import type { Call } from '../shell.ts'
import type { Tool } from '../tool.ts'
import { fieldFor } from '../tool.ts'
import { runOption } from './options.ts'

/** What a line puts into these variables for its own command is run by it, as a text for a shell. */
function starts(call: Call, names: readonly string[]): undefined {
  for (const name of names) {
    const variable = call.shell.state.variables.get(name)
    if (variable?.exported !== true) continue
    for (const value of variable.values) runOption(call, fieldFor(call, value), 'shell')
  }
  return undefined
}

const calls = (programs: string, variables: string): Tool => {
  const names = variables.split(' ')
  return { names: programs, harmless: '-', act: (call) => starts(call, names) }
}

/** Git has its own list: git-config.ts. */
export const CALLED_PROGRAMS: readonly Tool[] = [
  calls('man', 'MANPAGER PAGER BROWSER'),
  calls('less', 'LESSOPEN LESSCLOSE EDITOR VISUAL'),
  calls('psql pgcli', 'PSQL_PAGER PAGER PSQL_EDITOR EDITOR VISUAL'),
  calls('mysql mariadb mycli sqlite3 litecli', 'PAGER EDITOR VISUAL'),
  calls(
    'systemctl journalctl loginctl machinectl timedatectl',
    'SYSTEMD_PAGER PAGER SYSTEMD_EDITOR EDITOR VISUAL',
  ),
  calls('aws', 'AWS_PAGER PAGER'),
  calls('gh', 'GH_PAGER PAGER GH_EDITOR GH_BROWSER EDITOR VISUAL BROWSER'),
  calls('glab', 'GLAB_PAGER PAGER GIT_EDITOR EDITOR VISUAL BROWSER'),
  calls('bat batcat', 'BAT_PAGER PAGER'),
  calls('kubectl oc', 'KUBE_EDITOR EDITOR VISUAL'),
  calls('crontab visudo vipw sudoedit', 'SUDO_EDITOR VISUAL EDITOR'),
  calls('xdg-open sensible-browser www-browser', 'BROWSER'),
  calls('sensible-pager', 'PAGER'),
  calls('sensible-editor edit', 'VISUAL EDITOR'),
  calls('rsync', 'RSYNC_RSH'),
  calls('svn', 'SVN_SSH SVN_EDITOR EDITOR VISUAL'),
  calls('cvs', 'CVS_RSH'),
  calls('hg', 'HGEDITOR EDITOR VISUAL PAGER'),
]
