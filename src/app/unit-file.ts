// The few things of a systemd unit file that an inventory asks for. Not systemd's own reading: what is not certain is left out.
export interface UnitFile {
  readonly environmentFiles: readonly string[]
  readonly workingDirectory?: string
  readonly logs: readonly string[]
  /** Where it may write and keep things: StateDirectory and ReadWritePaths. */
  readonly writes: readonly string[]
  /** All of ExecStart and Environment, in which a port may stand. */
  readonly command: string
  readonly description?: string
  readonly user?: string
  /** The program of the first ExecStart, without the signs in front; its words may hold secrets. */
  readonly start?: string
  /** Names of variables that stand in the unit itself. */
  readonly environment: readonly string[]
}

/** Total. Continued lines are joined, comments dropped, an empty value forgets what stood before (as systemd does). */
export function readUnitFile(text: string): UnitFile {
  const values = new Map<string, string[]>()
  for (const line of joined(text)) {
    const match = /^([A-Za-z]+)\s*=\s*(.*)$/.exec(line)
    const [, key, value] = match ?? []
    if (key === undefined || value === undefined) continue
    values.set(key, value === '' ? [] : [...(values.get(key) ?? []), value])
  }
  const all = (key: string) => values.get(key) ?? []
  const workingDirectory = all('WorkingDirectory').at(-1)?.replace(/^-/, '')
  const description = all('Description').at(-1)
  const user = all('User').at(-1)
  const start = all('ExecStart')[0]
    ?.replace(/^[-@:+!]+/, '')
    .split(/\s/)[0]
  const names = [
    ...new Set(
      all('Environment').flatMap((value) =>
        [...value.matchAll(/(?:^|[\s"'])([A-Za-z_][A-Za-z0-9_]*)=/g)].map(([, name = '']) => name),
      ),
    ),
  ]
  const appended = [...all('StandardOutput'), ...all('StandardError')].flatMap(
    (value) => /^(?:append|file|truncate):(\/\S+)$/.exec(value)?.[1] ?? [],
  )
  const wordsOf = (key: string) => all(key).flatMap((value) => value.split(/\s+/).filter((one) => one !== ''))
  const paths = wordsOf('ReadWritePaths')
    .map((one) => one.replace(/^[-+]+/, '').replace(/(.)\/+$/, '$1'))
    .filter((one) => one.startsWith('/'))
  return {
    environmentFiles: all('EnvironmentFile').map((value) => value.replace(/^-/, '')),
    ...(workingDirectory?.startsWith('/') ? { workingDirectory } : {}),
    logs: [...new Set(appended)],
    writes: [...new Set([...wordsOf('StateDirectory').map((name) => `/var/lib/${name}`), ...paths])],
    command: [...all('ExecStart'), ...all('Environment')].join(' '),
    ...(description === undefined ? {} : { description }),
    ...(user === undefined ? {} : { user }),
    ...(start === undefined ? {} : { start }),
    environment: names,
  }
}

function joined(text: string): readonly string[] {
  const lines: string[] = []
  let open = ''
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line.startsWith('#') || line.startsWith(';')) continue
    if (line.endsWith('\\')) open += `${line.slice(0, -1)} `
    else {
      lines.push(open + line)
      open = ''
    }
  }
  return [...lines, open]
}
